package app

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// floodWindow and floodLines bound how often one warning or error is
	// written: while the database is away every request and every message of a
	// machine fails in the same way.
	floodWindow = 10 * time.Second
	floodLines  = 10
	// floodTexts bounds the memory of it. Messages are constants of the
	// program, so that many never come.
	floodTexts = 1000
)

// floodGate is a slog.Handler that leaves out repetitions: of the warnings and
// errors with one message it writes the first lines of each window, and in the
// next window how many it has left out.
type floodGate struct {
	slog.Handler
	seen *floodCounts
}

type floodCounts struct {
	mu     sync.Mutex
	byText map[string]floodCount
}

type floodCount struct {
	begun          time.Time
	lines, leftOut int
}

func newFloodGate(h slog.Handler) *floodGate {
	return &floodGate{Handler: h, seen: &floodCounts{byText: map[string]floodCount{}}}
}

// Handle implements slog.Handler.
func (g *floodGate) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		leftOut, pass := g.seen.count(r.Message, r.Time)
		if !pass {
			return nil
		}
		if leftOut > 0 {
			r = r.Clone()
			r.Add("left_out", leftOut)
		}
	}
	return g.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (g *floodGate) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &floodGate{Handler: g.Handler.WithAttrs(attrs), seen: g.seen}
}

// WithGroup implements slog.Handler.
func (g *floodGate) WithGroup(name string) slog.Handler {
	return &floodGate{Handler: g.Handler.WithGroup(name), seen: g.seen}
}

// count tells whether a line passes, and how many like it were left out before.
func (c *floodCounts) count(text string, now time.Time) (leftOut int, pass bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, known := c.byText[text]
	if !known && len(c.byText) >= floodTexts {
		return 0, true
	}
	if now.Sub(n.begun) >= floodWindow {
		leftOut, n = n.leftOut, floodCount{begun: now}
	}
	n.lines++
	pass = n.lines <= floodLines
	if !pass {
		n.leftOut++
	}
	c.byText[text] = n
	return leftOut, pass
}
