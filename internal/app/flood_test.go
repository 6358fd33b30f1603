package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A database that is away for a minute under load is some lines, not a flood;
// other lines are not held back, and nothing below a warning is.
func TestLogIsNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(newFloodGate(slog.NewTextHandler(&out, nil))).With("part", "x")
		for range 1000 {
			log.Error("request failed", "error", "gone")
			log.Info("told")
		}
		log.Warn("something else")
		time.Sleep(floodWindow) // in the bubble's time
		log.Error("request failed", "error", "gone")
		log.WithGroup("g").Error("request failed", "error", "gone")
		for text, want := range map[string]int{
			"request failed": floodLines + 2, "told": 1000, "something else": 1, "left_out=990": 1, "part=x": floodLines + 1003,
		} {
			if got := strings.Count(out.String(), text); got != want {
				t.Errorf("%q is there %d times, want %d", text, got, want)
			}
		}
	})
}
