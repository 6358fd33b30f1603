package fleet_test

import (
	"fmt"
	"slices"
	"testing"
	_ "time/tzdata" // the zones of the tests must not depend on the host

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// queued are the messages that wait for the machine: method and fields as JSON.
func (f *fixture) queued(t testing.TB) []string {
	t.Helper()
	rows, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, row := range rows {
		if ttl := row.ExpiresAt - row.CreatedAt; ttl != 24*60*60*1000 {
			t.Errorf("%s waits %d ms for its machine, want 24 hours", row.Method, ttl)
		}
		out = append(out, row.Method+" "+row.Fields)
	}
	return out
}

func (f *fixture) wantQueued(t testing.TB, want ...string) {
	t.Helper()
	if got := f.queued(t); !slices.Equal(got, want) {
		t.Errorf("queued\n%q\nwant\n%q", got, want)
	}
}

// alerts are the machine's alerts, oldest first: kind, detail, open or resolved.
func (f *fixture) alerts(t testing.TB) []string {
	t.Helper()
	rows, err := f.Store.AlertsOfMachine(t.Context(), f.Machine.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(rows)
	out := []string{}
	for _, row := range rows {
		state := "open"
		if row.ResolvedAt != 0 {
			state = "resolved"
		}
		out = append(out, fmt.Sprintf("%s %q %s", row.Kind, row.Detail, state))
	}
	return out
}

func (f *fixture) wantAlerts(t testing.TB, want ...string) {
	t.Helper()
	if got := f.alerts(t); !slices.Equal(got, want) {
		t.Errorf("alerts\n%q\nwant\n%q", got, want)
	}
}

// machine reads the fixture's machine afresh.
func (f *fixture) machine(t testing.TB) store.Machine {
	t.Helper()
	m, err := store.OwnMachine(t.Context(), f.Store.Queries, f.Merchant.ID, storetest.MachineNo)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sender is the machine as a message of it is checked with.
func (f *fixture) sender(t testing.TB) store.Sender {
	t.Helper()
	m, err := f.Store.SenderByNo(t.Context(), storetest.MachineNo)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// settings are the machine's settings by name.
func (f *fixture) settings(t testing.TB) map[string]db.MachineConfig {
	t.Helper()
	rows, err := f.fleet.Settings(t.Context(), f.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]db.MachineConfig{}
	for _, row := range rows {
		out[row.Name] = row
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
