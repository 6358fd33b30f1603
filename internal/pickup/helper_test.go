package pickup_test

import (
	"database/sql"
	"testing"

	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is the shop of storetest and a connection that writes past the use
// cases.
type fixture struct {
	*storetest.Fixture
	database *testkit.Database
	sql      *sql.DB
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	database := testkit.NewDatabase(t)
	return &fixture{Fixture: storetest.NewFixture(t, database.Open), database: database, sql: database.SQL(t)}
}

func (f *fixture) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := f.sql.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// value runs a query that returns one value.
func value[T any](t testing.TB, f *fixture, query string, args ...any) T {
	t.Helper()
	var out T
	if err := f.sql.QueryRow(query, args...).Scan(&out); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}
