package alerts_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is the fixture with a log, as an operator sees it.
type desk struct {
	*storetest.Fixture
	t        *testing.T
	database *testkit.Database
	said     bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	database := testkit.NewDatabase(t)
	return &desk{t: t, database: database, Fixture: storetest.NewFixture(t, database.Open)}
}

func (d *desk) raise(tx *store.Tx, a alerts.Alert) error {
	return alerts.Raise(d.t.Context(), tx, slog.New(slog.NewTextHandler(&d.said, nil)), a)
}

func (d *desk) mustRaise(a alerts.Alert) {
	d.t.Helper()
	d.Write(d.t, func(tx *store.Tx) error { return d.raise(tx, a) })
}

func (d *desk) resolve(kind vending.AlertKind, subject string, at int64) {
	d.t.Helper()
	d.Write(d.t, func(tx *store.Tx) error {
		return alerts.Resolve(d.t.Context(), tx, d.Machine.ID, kind, subject, at)
	})
}

// want compares the machine's alerts, oldest first, and how many were logged.
func (d *desk) want(logged int, want ...string) {
	d.t.Helper()
	rows, err := d.Store.AlertsOfMachine(d.t.Context(), d.Machine.ID, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	slices.Reverse(rows)
	got := []string{}
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%s %s %q %d–%d", row.Kind, row.Subject, row.Detail, row.OpenedAt, row.ResolvedAt))
	}
	if !slices.Equal(got, want) {
		d.t.Errorf("alerts\n%q\nwant\n%q", got, want)
	}
	if got := strings.Count(d.said.String(), "msg=alert "); got != logged {
		d.t.Errorf("%d alerts are logged, want %d:\n%s", got, logged, d.said.String())
	}
}

// An alert is raised and logged once while it is open, and again after it was
// over.
func TestAlertLife(t *testing.T) {
	d := newDesk(t)
	jam := alerts.Alert{MachineID: d.Machine.ID, Kind: vending.AlertChannel, Subject: "131", Detail: "jam", At: 1000}
	d.mustRaise(jam)
	d.want(1, `CHANNEL_FAULT 131 "jam" 1000–0`)
	again := jam
	again.Detail, again.At = "motor", 2000
	d.mustRaise(again)
	d.want(1, `CHANNEL_FAULT 131 "jam" 1000–0`)
	d.resolve(vending.AlertChannel, "131", 3000)
	d.resolve(vending.AlertChannel, "131", 4000) // nothing is open
	d.want(1, `CHANNEL_FAULT 131 "jam" 1000–3000`)
	again.At = 5000
	d.mustRaise(again)
	d.want(2, `CHANNEL_FAULT 131 "jam" 1000–3000`, `CHANNEL_FAULT 131 "motor" 5000–0`)
}

// Alerts of another kind, subject or machine stand for themselves.
func TestAlertsAreApart(t *testing.T) {
	d := newDesk(t)
	neighbour, err := d.Store.MachineByNo(t.Context(), "16327130")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []alerts.Alert{
		{MachineID: d.Machine.ID, Kind: vending.AlertChannel, Subject: "131"},
		{MachineID: d.Machine.ID, Kind: vending.AlertChannel, Subject: "132"},
		{MachineID: d.Machine.ID, Kind: vending.AlertDelivery, Subject: "131"},
		{MachineID: d.Machine.ID, Kind: vending.AlertOffline},
		{MachineID: neighbour.Machine.ID, Kind: vending.AlertChannel, Subject: "131"},
	} {
		a.At = 1000
		d.mustRaise(a)
	}
	d.resolve(vending.AlertChannel, "131", 2000)
	d.resolve(vending.AlertTemperature, "", 2000)
	d.want(5, `CHANNEL_FAULT 131 "" 1000–2000`, `CHANNEL_FAULT 132 "" 1000–0`,
		`DELIVERY_CONFLICT 131 "" 1000–0`, `MACHINE_OFFLINE  "" 1000–0`)
	rows, err := d.Store.AlertsOfMachine(t.Context(), neighbour.Machine.ID, 100)
	if err != nil || len(rows) != 1 || rows[0].ResolvedAt != 0 {
		t.Errorf("the neighbour's alerts %+v, %v", rows, err)
	}
}

// An alert belongs to the change it tells of: if that is undone, so is the
// alert.
func TestAlertOfUndoneChange(t *testing.T) {
	d := newDesk(t)
	no := errors.New("no")
	err := d.Store.InTx(t.Context(), func(tx *store.Tx) error {
		if err := d.raise(tx, alerts.Alert{MachineID: d.Machine.ID, Kind: vending.AlertOffline, At: 1}); err != nil {
			return err
		}
		return no
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	if rows, err := d.Store.AlertsOfMachine(t.Context(), d.Machine.ID, 100); err != nil || len(rows) != 0 {
		t.Errorf("alerts %+v, %v", rows, err)
	}
	if err := d.Store.InTx(t.Context(), func(tx *store.Tx) error {
		return d.raise(tx, alerts.Alert{MachineID: 999, Kind: vending.AlertOffline, At: 1})
	}); err == nil {
		t.Error("raised for a machine that is not there")
	}
}
