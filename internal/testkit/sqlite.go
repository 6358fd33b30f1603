// Package testkit holds what tests of several packages build on.
package testkit

import (
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// SQLite opens a SQLite engine on a file, for storetest.NewFixture.
func SQLite(file string) storetest.Opener {
	return func(t testing.TB) store.Engine {
		t.Helper()
		engine, err := sqlite.Open(t.Context(), file, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return engine
	}
}
