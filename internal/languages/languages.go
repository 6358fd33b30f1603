// Package languages chooses the language of a page that people read in a browser.
package languages

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Preferred is the offered language that an Accept-Language header likes best, by
// its weights (RFC 9110 §12.5.4); regions do not matter. Without one it is the
// first that is offered. A language of weight 0, or of a weight that is no number,
// is not taken.
func Preferred(accept string, offered ...string) string {
	type wish struct {
		tag    string
		weight float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(accept, ",") {
		tag, parameter, _ := strings.Cut(part, ";")
		w := wish{strings.TrimSpace(tag), 1}
		if text, weighted := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q="); weighted {
			w.weight, _ = strconv.ParseFloat(text, 64)
		}
		if w.weight > 0 {
			wishes = append(wishes, w)
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.weight, a.weight) })
	for _, w := range wishes {
		for _, tag := range offered {
			if strings.EqualFold(primary(w.tag), primary(tag)) {
				return tag
			}
		}
	}
	return offered[0]
}

func primary(tag string) string {
	main, _, _ := strings.Cut(tag, "-")
	return main
}
