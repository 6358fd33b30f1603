package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
)

func TestRetry(t *testing.T) {
	other := errors.New("no")
	for _, c := range []struct {
		name    string
		results []error
		want    error
		calls   int
	}{
		{"at once", []error{nil}, nil, 1},
		{"after two lost races", []error{store.ErrLostRace, fmt.Errorf("x: %w", store.ErrLostRace), nil}, nil, 3},
		{"another error is final", []error{store.ErrLostRace, other}, other, 2},
		{"lost for good", []error{store.ErrLostRace, store.ErrLostRace, store.ErrLostRace, store.ErrLostRace, nil}, store.ErrLostRace, 4},
	} {
		calls := 0
		err := store.Retry("try", func() error {
			calls++
			return c.results[calls-1]
		})
		if !errors.Is(err, c.want) || calls != c.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", c.name, err, calls, c.want, c.calls)
		}
	}
}

func TestChanged(t *testing.T) {
	failure := errors.New("disk")
	if err := store.Changed("write", 1, nil); err != nil {
		t.Errorf("one row: %v", err)
	}
	if err := store.Changed("write", 0, nil); !errors.Is(err, store.ErrLostRace) {
		t.Errorf("no row: %v", err)
	}
	if err := store.Changed("write", 0, failure); !errors.Is(err, failure) || errors.Is(err, store.ErrLostRace) {
		t.Errorf("a failure: %v", err)
	}
}
