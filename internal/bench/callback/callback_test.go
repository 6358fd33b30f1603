package callback

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quick(t *testing.T) Options {
	t.Helper()
	return Options{
		Turns:  bench.Turns{Rounds: 2, Period: time.Second, Quick: true, Progress: t.Output()},
		Folder: t.TempDir(),
	}
}

// Every row has both sides. Nothing is left behind.
func TestQuick(t *testing.T) {
	o := quick(t)
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"endpoints: 1, posts at once: 8", "endpoints: 16, posts at once: 128", "first attempt, p50", "first attempt, p99"}
	for i, name := range names {
		f := r.Figures[i]
		if ratio, ok := f.Ratio(); f.Name != name || !ok || ratio <= 0 || len(f.Vendlane) != 2 {
			t.Errorf("row %d: %+v, want %q", i, f, name)
		}
	}
	if left, err := os.ReadDir(o.Folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	var table strings.Builder
	if err := r.Print(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
}

func TestBadOptions(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no round":       func(o *Options) { o.Rounds = 0 },
		"unknown side":   func(o *Options) { o.Only = []string{"smtp"} },
		"no such folder": func(o *Options) { o.Folder = "/nonexistent" },
	} {
		o := quick(t)
		change(&o)
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A message that the store does not call delivered is noticed, and an
// interruption ends the wait for one.
func TestNotDelivered(t *testing.T) {
	o, err := openOutbox(t.Context(), t.TempDir(), 1, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := o.close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if err := o.queue(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := o.delivered(t.Context(), 2); err == nil || !strings.Contains(err.Error(), "0 are delivered") {
		t.Errorf("error %v", err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if _, err := o.receivers.await(ctx, 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
