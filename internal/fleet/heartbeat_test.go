package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/testkit"
)

// addMachines adds n offline machines with the ids 1001 and up.
func (f *fixture) addMachines(t testing.TB, n int) {
	t.Helper()
	f.exec(t, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO machines (id, merchant_id, model_id, machine_no, name, status, machine_type, address, lng_lat, cover_image, contact, tel, timezone, currency_id, pickup_code_enabled, password_hash, created_at)
		SELECT 1000 + i, merchant_id, model_id, CAST(50000000 + i AS TEXT), name, status, 1, '', '', '', '', '', '', 0, FALSE, '', 1 FROM machines, n WHERE machines.id = 1`, n))
	f.exec(t, `INSERT INTO presence (machine_id, is_online, epoch, last_heartbeat_at, notify_message, network_type, network_rssi, uptime_minutes_today)
		SELECT id, FALSE, 0, 1, '', '', '', 0 FROM machines WHERE id > 1000`)
}

// holdWriter keeps heartbeats of machines from being stored until the returned
// function is called: by the store's one writer, or by locks.
func (f *fixture) holdWriter(t testing.TB, machineIDs ...int64) (release func()) {
	t.Helper()
	held, free := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	var err error
	wg.Go(func() {
		err = f.Store.InTx(context.Background(), func(tx *store.Tx) error {
			for _, id := range machineIDs {
				if _, err := tx.MachineConnected(context.Background(), id, 0, 0); err != nil {
					return err
				}
			}
			close(held)
			<-free
			return nil
		})
	})
	<-held
	return sync.OnceFunc(func() {
		close(free)
		wg.Wait()
		if err != nil {
			t.Error(err)
		}
	})
}

// ended is a context that is over.
func ended(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// All heartbeats that arrive at once are stored, more than one transaction
// takes.
func TestConcurrentHeartbeats(t *testing.T) {
	const machines = 300
	f := newFixture(t)
	f.addMachines(t, machines)
	errs := make([]error, machines)
	var wg sync.WaitGroup
	for i := range machines {
		wg.Go(func() {
			errs[i] = f.fleet.TakeHeartbeat(t.Context(), fleet.Heartbeat{
				MachineID: int64(1001 + i), NetworkType: "WIFI", NetworkRSSI: "4", UptimeMinutes: int64(i),
			})
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	var stored int
	err := f.sql.QueryRow(`SELECT COUNT(*) FROM presence WHERE machine_id > 1000 AND is_online AND network_type = 'WIFI'
		AND network_rssi = '4' AND uptime_minutes_today = machine_id - 1001 AND last_heartbeat_at = $1`, f.Now().UnixMilli()).Scan(&stored)
	if err != nil || stored != machines {
		t.Errorf("%d of %d heartbeats are stored (%v)", stored, machines, err)
	}
}

// A heartbeat that cannot be stored is told so; those that share its
// transaction are stored all the same.
func TestHeartbeatThatCannotBeStored(t *testing.T) {
	f := newFixture(t)
	f.addMachines(t, 4)
	f.database.Fail(t, "BEFORE UPDATE ON presence", "NEW.machine_id = 1002")
	release := f.holdWriter(t, 1001, 1003, 1004)
	defer release()
	// While the writer is busy they gather; nobody waits for the first three.
	for _, id := range []int64{1001, 1002, 1003} {
		if err := f.fleet.TakeHeartbeat(ended(t), fleet.Heartbeat{MachineID: id}); !errors.Is(err, context.Canceled) {
			t.Fatalf("heartbeat of a caller that has gone: %v", err)
		}
	}
	var broken, last error
	var wg sync.WaitGroup
	wg.Go(func() { broken = f.fleet.TakeHeartbeat(t.Context(), fleet.Heartbeat{MachineID: 1002}) })
	wg.Go(func() { last = f.fleet.TakeHeartbeat(t.Context(), fleet.Heartbeat{MachineID: 1004}) })
	release()
	wg.Wait()
	if broken == nil || !strings.Contains(broken.Error(), testkit.BrokenWrite) {
		t.Errorf("the heartbeat that cannot be stored: %v", broken)
	}
	must(t, last)
	for id, want := range map[int64]bool{1001: true, 1002: false, 1003: true, 1004: true} {
		p, err := f.Store.PresenceOfMachine(t.Context(), id)
		if err != nil || p.IsOnline != want {
			t.Errorf("machine %d: online %v, want %v (%v)", id, p.IsOnline, want, err)
		}
	}
}

// Who stops waiting gets the end of its context; its heartbeat counts all the
// same, and with the time it came.
func TestHeartbeatOfCallerThatHasGone(t *testing.T) {
	f := newFixture(t)
	f.Online(t, false)
	came := f.Now().UnixMilli()
	release := f.holdWriter(t, f.Machine.ID)
	defer release()
	err := f.fleet.TakeHeartbeat(ended(t), fleet.Heartbeat{MachineID: f.Machine.ID, NetworkType: "NONE"})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want the context's end", err)
	}
	f.Advance(time.Minute)
	release()
	must(t, f.fleet.TakeHeartbeat(t.Context(), fleet.Heartbeat{MachineID: 2})) // comes after it
	if p := f.presence(t); !p.IsOnline || p.NetworkType != "NONE" || p.LastHeartbeatAt != came {
		t.Errorf("%+v", p)
	}
}

// A message of a machine that has no row of presence changes nothing.
func TestHeartbeatOfUnknownMachine(t *testing.T) {
	f := newFixture(t)
	before := f.presence(t)
	must(t, f.fleet.TakeHeartbeat(t.Context(), fleet.Heartbeat{MachineID: 99_999}))
	if after := f.presence(t); after != before {
		t.Errorf("%+v, before %+v", after, before)
	}
}
