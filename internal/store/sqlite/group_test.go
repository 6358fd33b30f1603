package sqlite_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// Who has run does not wait for all who come after: a group ends when it has run
// for some time, and the next one goes into a transaction of its own.
func TestGroupEnds(t *testing.T) {
	for name, c := range map[string]struct {
		first time.Duration // what the first call takes
		apart bool
	}{
		"quick call": {0, false},
		"slow call":  {time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vendlane.db"), sqlite.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				queued, first, second := make(chan struct{}), make(chan error, 1), make(chan error, 1)
				go func() {
					first <- e.RunInTx(t.Context(), func(*db.Queries) error {
						<-queued
						time.Sleep(c.first)
						return nil
					})
				}()
				synctest.Wait()
				answered := false
				go func() {
					second <- e.RunInTx(t.Context(), func(*db.Queries) error {
						synctest.Wait() // until the first caller has its answer, if it gets one
						answered = len(first) == 1
						return nil
					})
				}()
				synctest.Wait()
				close(queued)
				if err := <-second; err != nil {
					t.Error(err)
				}
				if answered != c.apart {
					t.Errorf("the first was answered before the second ran: %t, want %t", answered, c.apart)
				}
				if err := <-first; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
