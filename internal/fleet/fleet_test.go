package fleet_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fixture struct {
	*storetest.Fixture
	fleet    *fleet.Service
	database *testkit.Database
	sql      *sql.DB
}

const password = "secret-of-the-machine"

var discard = slog.New(slog.DiscardHandler)

func newFixture(t testing.TB) *fixture {
	t.Helper()
	database := testkit.NewDatabase(t)
	f := &fixture{Fixture: storetest.NewFixture(t, database.Open), database: database, sql: database.SQL(t)}
	f.fleet = fleet.New(f.Store, f.Box, f.Now, fleet.Config{Zone: time.UTC, OfflineAfter: 600_000, PasswordCost: 4}, discard)
	hash, err := f.fleet.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	f.exec(t, "UPDATE machines SET password_hash = $1", hash)
	return f
}

func (f *fixture) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := f.sql.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (f *fixture) presence(t testing.TB) db.Presence {
	t.Helper()
	p, err := f.Store.PresenceOfMachine(context.Background(), f.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mqtt.md §2.1.
func TestAuthenticate(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	for range 2 { // the second time from memory
		if _, err := f.fleet.Authenticate(ctx, storetest.MachineNo, password); err != nil {
			t.Fatal(err)
		}
	}
	for name, try := range map[string][2]string{
		"unknown number": {"99999999", password}, "wrong password": {storetest.MachineNo, "x"}, "no password": {storetest.MachineNo, ""},
		"no number": {"", password}, "longer": {storetest.MachineNo, password + "x"}, "case": {storetest.MachineNo, strings.ToUpper(password)},
	} {
		if _, err := f.fleet.Authenticate(ctx, try[0], try[1]); !errors.Is(err, fleet.ErrBadPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A machine in transfer, or of an expired merchant, may connect.
	f.exec(t, "UPDATE machines SET status = 'TRANSFER'")
	f.exec(t, "UPDATE merchants SET expired_at = 1, status = 'PENDING'")
	if _, err := f.fleet.Authenticate(ctx, storetest.MachineNo, password); err != nil {
		t.Error(err)
	}
	// A new password is the only one from then on.
	hash, err := f.fleet.HashPassword("new")
	if err != nil {
		t.Fatal(err)
	}
	f.exec(t, "UPDATE machines SET password_hash = $1", hash)
	if _, err := f.fleet.Authenticate(ctx, storetest.MachineNo, password); !errors.Is(err, fleet.ErrBadPassword) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := f.fleet.Authenticate(ctx, storetest.MachineNo, "new"); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

// After 10 failures within 10 minutes the number is refused for 10 minutes,
// with any password; other numbers are not.
func TestPasswordGuard(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	try := func(machineNo, password string, want bool) {
		t.Helper()
		_, err := f.fleet.Authenticate(ctx, machineNo, password)
		if (err == nil) != want || err != nil && !errors.Is(err, fleet.ErrBadPassword) {
			t.Errorf("%s: %v, want success %v", machineNo, err, want)
		}
	}
	for range 9 {
		try(storetest.MachineNo, "x", false)
	}
	try(storetest.MachineNo, password, true)
	f.Advance(10 * time.Minute) // the nine leave the window
	for range 10 {
		try(storetest.MachineNo, "x", false)
	}
	try(storetest.MachineNo, password, false)
	try("16327130", password, true)
	f.Advance(10*time.Minute - time.Millisecond)
	try(storetest.MachineNo, password, false)
	f.Advance(time.Millisecond)
	try(storetest.MachineNo, password, true)
}

// meanwhile runs something between a question to the store and its answer.
type meanwhile struct {
	store.Engine
	run *func()
}

func (m meanwhile) Reader() db.DBTX { return meanwhileReader{m.Engine.Reader(), m.run} }

type meanwhileReader struct {
	db.DBTX
	run *func()
}

func (r meanwhileReader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if run := *r.run; run != nil {
		*r.run = nil
		run()
	}
	return r.DBTX.QueryRowContext(ctx, query, args...)
}

// Many guesses at once are not more guesses: the right one among them is refused
// as it would be behind them.
func TestPasswordGuessesAtOnce(t *testing.T) {
	f := newFixture(t)
	var run func()
	engine := f.database.Open(t)
	defer engine.Close()
	s := fleet.New(store.New(meanwhile{engine, &run}), f.Box, f.Now, fleet.Config{Zone: time.UTC, PasswordCost: 4}, discard)
	run = func() {
		for range 10 {
			if _, err := s.Authenticate(t.Context(), storetest.MachineNo, "x"); !errors.Is(err, fleet.ErrBadPassword) {
				t.Error(err)
			}
		}
	}
	if _, err := s.Authenticate(t.Context(), storetest.MachineNo, password); !errors.Is(err, fleet.ErrBadPassword) {
		t.Errorf("the eleventh guess was taken: %v", err)
	}
}

func TestPasswordTooLong(t *testing.T) {
	f := newFixture(t)
	if _, err := f.fleet.HashPassword(strings.Repeat("x", 73)); err == nil {
		t.Error("a password of 73 bytes was hashed")
	}
	hash, err := f.fleet.HashPassword(strings.Repeat("x", 72))
	if err != nil || !fleet.PasswordMatches(strings.Repeat("x", 72), hash) || fleet.PasswordMatches("x", hash) || fleet.PasswordMatches("", "") {
		t.Errorf("password of 72 bytes: %v", err)
	}
}

// mqtt.md §4.3 and §4.4.
func TestPresence(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.Online(t, false)
	beat := fleet.Heartbeat{MachineID: f.Machine.ID, NetworkType: "4G", NetworkRSSI: "-67", UptimeMinutes: 864}
	take := func() {
		t.Helper()
		if err := f.fleet.TakeHeartbeat(ctx, beat); err != nil {
			t.Fatal(err)
		}
	}
	take()
	want := db.Presence{
		MachineID: f.Machine.ID, IsOnline: true, LastHeartbeatAt: f.Now().UnixMilli(), NotifyMessage: vending.NoticeOnline,
		NetworkType: "4G", NetworkRssi: "-67", UptimeMinutesToday: 864,
	}
	if got := f.presence(t); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	// A further heartbeat renews the values, not the notice.
	f.exec(t, "UPDATE presence SET notify_message = 'other'")
	f.Advance(5 * time.Minute)
	beat.NetworkRSSI = ""
	take()
	if got := f.presence(t); got.NotifyMessage != "other" || got.NetworkRssi != "" || got.LastHeartbeatAt != f.Now().UnixMilli() {
		t.Errorf("%+v", got)
	}
	// The will of the newest connection counts at once, an older one's never.
	older, newest := f.connect(t), f.connect(t)
	if newest.Epoch <= older.Epoch || newest.TakenFrom != "" {
		t.Errorf("%+v after %+v", newest, older)
	}
	if err := f.fleet.GoneOffline(ctx, f.Machine.ID, older.Epoch, "network_timeout"); err != nil || !f.presence(t).IsOnline {
		t.Errorf("the will of an older connection: %+v, %v", f.presence(t), err)
	}
	if err := f.fleet.GoneOffline(ctx, f.Machine.ID, newest.Epoch, "network_timeout"); err != nil {
		t.Fatal(err)
	}
	if got := f.presence(t); got.IsOnline || got.NotifyMessage != vending.NoticeOffline {
		t.Errorf("%+v", got)
	}
	if _, err := f.fleet.Connected(ctx, "0", fleet.Admission{}); !errors.Is(err, fleet.ErrNoMachine) {
		t.Errorf("a number without a machine: %v", err)
	}
	// Being connected alone is not being online: the heartbeat is.
	if f.presence(t).IsOnline {
		t.Error("online without a heartbeat")
	}
}

// No heartbeat for 10 minutes is offline.
func TestSilentSweep(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.Advance(10*time.Minute - time.Millisecond)
	if err := f.fleet.SilentSweep(ctx); err != nil || !f.presence(t).IsOnline {
		t.Fatalf("a moment early: %+v, %v", f.presence(t), err)
	}
	f.Advance(time.Millisecond)
	for range 2 {
		if err := f.fleet.SilentSweep(ctx); err != nil {
			t.Fatal(err)
		}
		if got := f.presence(t); got.IsOnline || got.NotifyMessage != vending.NoticeOffline {
			t.Errorf("%+v", got)
		}
	}
}

// More silent machines than one batch of the sweep takes.
func TestSilentSweepOfManyMachines(t *testing.T) {
	f := newFixture(t)
	f.exec(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
		INSERT INTO machines (id, merchant_id, model_id, machine_no, name, status, machine_type, address, lng_lat, cover_image, contact, tel, timezone, currency_id, pickup_code_enabled, password_hash, created_at)
		SELECT 1000 + i, merchant_id, model_id, CAST(50000000 + i AS TEXT), name, status, 1, '', '', '', '', '', '', 0, FALSE, '', 1 FROM machines, n WHERE machines.id = 1`)
	f.exec(t, `INSERT INTO presence (machine_id, is_online, epoch, last_heartbeat_at, notify_message, network_type, network_rssi, uptime_minutes_today)
		SELECT id, TRUE, 0, 1, '', '', '', 0 FROM machines WHERE id > 1000`)
	if err := f.fleet.SilentSweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var online int
	if err := f.sql.QueryRow("SELECT COUNT(*) FROM presence WHERE is_online").Scan(&online); err != nil || online != 1 {
		t.Errorf("%d machines online, want the one with a heartbeat (%v)", online, err)
	}
}

func TestClosedStore(t *testing.T) {
	f := newFixture(t)
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, listed := f.fleet.List(ctx, f.Merchant)
	_, detailed := f.fleet.Detail(ctx, f.Merchant, storetest.MachineNo)
	_, authenticated := f.fleet.Authenticate(ctx, storetest.MachineNo, password)
	_, connected := f.fleet.Connected(ctx, "1", fleet.Admission{})
	for name, err := range map[string]error{
		"list": listed, "detail": detailed, "authenticate": authenticated,
		"heartbeat": f.fleet.TakeHeartbeat(ctx, fleet.Heartbeat{MachineID: 1}),
		"connected": connected, "offline": f.fleet.GoneOffline(ctx, 1, 1, "x"), "sweep": f.fleet.SilentSweep(ctx),
		"refused": f.fleet.EndRefused(ctx, func(string, int64) bool { return true }),
	} {
		if err == nil || errors.Is(err, fleet.ErrBadPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.fleet.Authenticate(ctx, "99999999", fmt.Sprint(1)); errors.Is(err, fleet.ErrBadPassword) {
		t.Error("a failing store is no wrong password")
	}
}

// Whatever order connections begin and end in, and however many share a
// transaction, only the end of the newest one counts, and it counts once
// Connected has returned.
func TestConcurrentPresence(t *testing.T) {
	const machines = 300
	f := newFixture(t)
	f.addMachines(t, machines)
	f.exec(t, "UPDATE presence SET is_online = TRUE WHERE machine_id > 1000")
	ctx := t.Context()
	errs := make([]error, machines)
	var wg sync.WaitGroup
	for i := range machines {
		wg.Go(func() {
			no, id := fmt.Sprint(50_000_001+i), int64(1001+i)
			for range 3 {
				_, err := f.fleet.Connected(ctx, no, fleet.Admission{})
				errs[i] = errors.Join(errs[i], err)
			}
			errs[i] = errors.Join(errs[i], f.fleet.GoneOffline(ctx, id, 2, "old"))
			if i%2 == 0 {
				errs[i] = errors.Join(errs[i], f.fleet.GoneOffline(ctx, id, 3, "newest"))
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	var right int
	err := f.sql.QueryRow("SELECT COUNT(*) FROM presence WHERE machine_id > 1000 AND epoch = 3 AND is_online = (machine_id % 2 = 0)").Scan(&right)
	if err != nil || right != machines {
		t.Errorf("%d of %d machines are right (%v)", right, machines, err)
	}
}
