package main

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
)

// Sizes in pixels.
const (
	width     = 1200.0
	row       = 15.0
	head      = 44.0
	narrowest = 2.0 // bars below this are left out
	letter    = 6.3 // about the width of one
)

// kinds are the colours, and what they stand for, by the beginning of a
// function's name. The last one is everything else.
var kinds = []struct{ prefix, title, colour string }{
	{"github.com/vendlane/", "Vendlane", "#e8834a"},
	{"modernc.org/", "SQLite", "#7aa6d8"},
	{"database/sql", "database/sql", "#a9c8a0"},
	{"net", "net, net/http", "#d9b3d9"},
	{"runtime", "Go runtime", "#c9c9c9"},
	{"", "other", "#e6d690"},
}

// draw makes the picture.
func draw(root *frame, title string) []byte {
	d := drawing{whole: root.time, rows: depth(root, root.time)}
	bottom := head + float64(d.rows)*row
	fmt.Fprintf(&d.svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="monospace" font-size="10">`+"\n", width, bottom)
	fmt.Fprintf(&d.svg, `<rect width="%.0f" height="%.0f" fill="#fff"/><text x="4" y="16" font-size="13">%s</text>`+"\n", width, bottom, html.EscapeString(title))
	x := 4.0
	for _, k := range kinds {
		fmt.Fprintf(&d.svg, `<rect x="%.0f" y="24" width="10" height="10" fill="%s"/><text x="%.0f" y="33">%s</text>`+"\n", x, k.colour, x+14, k.title)
		x += 30 + letter*float64(len(k.title))
	}
	d.frame(root, 0, bottom-row)
	d.svg.WriteString("</svg>\n")
	return d.svg.Bytes()
}

type drawing struct {
	svg   bytes.Buffer
	whole time.Duration
	rows  int
}

func share(f *frame, whole time.Duration) float64 { return float64(f.time) / float64(whole) }

// depth counts the rows that are wide enough to be drawn.
func depth(f *frame, whole time.Duration) int {
	deepest := 0
	for _, c := range f.called {
		if share(c, whole)*width >= narrowest {
			deepest = max(deepest, depth(c, whole))
		}
	}
	return deepest + 1
}

// frame draws a function at x, and above it what it called.
func (d *drawing) frame(f *frame, x, y float64) {
	wide := share(f, d.whole) * width
	colour := kinds[len(kinds)-1].colour
	for _, k := range kinds {
		if strings.HasPrefix(f.name, k.prefix) {
			colour = k.colour
			break
		}
	}
	fmt.Fprintf(&d.svg, `<g><title>%s %.1f%%</title><rect x="%.1f" y="%.0f" width="%.1f" height="%.0f" fill="%s"/>`,
		html.EscapeString(f.name), 100*share(f, d.whole), x, y, max(wide-0.5, 0.5), row-1, colour)
	name := short(f.name)
	if room := int((wide - 4) / letter); room >= 4 {
		fmt.Fprintf(&d.svg, `<text x="%.1f" y="%.0f">%s</text>`, x+2, y+11, html.EscapeString(name[:min(len(name), room)]))
	}
	d.svg.WriteString("</g>\n")
	called := make([]*frame, 0, len(f.called))
	for _, c := range f.called {
		called = append(called, c)
	}
	slices.SortFunc(called, func(a, b *frame) int { return strings.Compare(a.name, b.name) })
	for _, c := range called {
		if share(c, d.whole)*width >= narrowest {
			d.frame(c, x, y-row)
		}
		x += share(c, d.whole) * width
	}
}

// short is a function's name without the path of its package.
func short(name string) string {
	head, rest, found := strings.Cut(name, "(")
	if slash := strings.LastIndexByte(head, '/'); slash >= 0 {
		head = head[slash+1:]
	}
	if found {
		return head + "(" + rest
	}
	return head
}
