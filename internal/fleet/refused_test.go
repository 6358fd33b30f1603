package fleet_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// admit shows a password, which must be accepted.
func (f *fixture) admit(t testing.TB, password string) fleet.Admission {
	t.Helper()
	a, err := f.fleet.Authenticate(t.Context(), storetest.MachineNo, password)
	must(t, err)
	return a
}

// connectWith connects the machine with a password.
func (f *fixture) connectWith(t testing.TB, password string) fleet.Connection {
	t.Helper()
	c, err := f.fleet.Connected(t.Context(), storetest.MachineNo, f.admit(t, password))
	must(t, err)
	return c
}

func (f *fixture) revoke(t testing.TB, password string) {
	t.Helper()
	must(t, f.fleet.RevokePassword(t.Context(), f.machine(t).Machine, password))
}

// wantEnded looks for refused connections, each of which is there.
func (f *fixture) wantEnded(t testing.TB, epochs ...int64) {
	t.Helper()
	var ended []int64
	must(t, f.fleet.EndRefused(t.Context(), func(machineNo string, epoch int64) bool {
		if machineNo != storetest.MachineNo {
			t.Errorf("the connection of %s was ended", machineNo)
		}
		ended = append(ended, epoch)
		return true
	}))
	if !slices.Equal(ended, epochs) {
		t.Errorf("ended %v, want %v", ended, epochs)
	}
}

// A revoked password ends the connection that runs on it at once; that of the new
// one stays.
func TestRevokedPasswordEndsTheConnection(t *testing.T) {
	f := newFixture(t)
	c := f.connectWith(t, password)
	f.wantEnded(t)
	f.revoke(t, "second")
	f.wantEnded(t, c.Epoch)
	f.connectWith(t, "second")
	f.Advance(48 * time.Hour)
	f.wantEnded(t)
}

// So does one in an overlap, whichever of the two passwords it runs on.
func TestRevokedInTheOverlap(t *testing.T) {
	for _, used := range []string{password, "second"} {
		f := newFixture(t)
		f.connectWith(t, password)
		must(t, f.change(t, "second", false))
		c := f.connectWith(t, used)
		f.wantEnded(t)
		f.revoke(t, "third")
		f.wantEnded(t, c.Epoch)
	}
}

// A changed password leaves the connection alone while the old one is accepted,
// also one that came after the change, and ends it then.
func TestOverlapEndsTheConnection(t *testing.T) {
	f := newFixture(t)
	before := f.connectWith(t, password)
	must(t, f.change(t, "second", false))
	f.Advance(24*time.Hour - time.Millisecond)
	f.wantEnded(t)
	after := f.connectWith(t, password)
	f.wantEnded(t)
	f.Advance(time.Millisecond)
	f.wantEnded(t, after.Epoch)
	if after.Epoch <= before.Epoch {
		t.Error("the epochs do not rise")
	}
}

// A forced change counts the overlap anew, for the password the machine has.
func TestForcedChangeKeepsTheConnection(t *testing.T) {
	f := newFixture(t)
	c := f.connectWith(t, password)
	must(t, f.change(t, "second", false))
	f.Advance(23 * time.Hour)
	must(t, f.change(t, "third", true))
	f.Advance(24*time.Hour - time.Millisecond)
	f.wantEnded(t)
	f.Advance(time.Millisecond)
	f.wantEnded(t, c.Epoch)
}

// A machine that has changed over is never ended; while it does so, its old
// connection is left to the take-over, and ended if that does not come.
func TestChangedOver(t *testing.T) {
	f := newFixture(t)
	old := f.connectWith(t, password)
	must(t, f.change(t, "second", false))
	shown := f.admit(t, "second")
	f.Advance(10*time.Second - time.Millisecond)
	f.wantEnded(t)
	f.Advance(time.Millisecond)
	f.wantEnded(t, old.Epoch)
	_, err := f.fleet.Connected(t.Context(), storetest.MachineNo, shown)
	must(t, err)
	f.Advance(48 * time.Hour)
	f.wantEnded(t)
}

// Who has shown a password that was replaced before the connection was noted is
// refused, and may try again.
func TestPasswordChangedWhileConnecting(t *testing.T) {
	for name, change := range map[string]func(f *fixture, t *testing.T){
		"revoked": func(f *fixture, t *testing.T) { f.revoke(t, "second") },
		"changed": func(f *fixture, t *testing.T) { must(t, f.change(t, "second", true)) },
		"overlap ended by the other one": func(f *fixture, t *testing.T) {
			f.admit(t, "first")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			must(t, f.change(t, "first", false))
			shown := f.admit(t, password)
			change(f, t)
			if _, err := f.fleet.Connected(t.Context(), storetest.MachineNo, shown); !errors.Is(err, fleet.ErrPasswordChanged) {
				t.Errorf("%v, want ErrPasswordChanged", err)
			}
			if p := f.presence(t); p.Epoch != 0 {
				t.Errorf("the connection was noted: %+v", p)
			}
		})
	}
}

// Two connections that show the new password at once are both let in: the second
// finds the overlap ended.
func TestNewPasswordShownTwice(t *testing.T) {
	f := newFixture(t)
	must(t, f.change(t, "second", false))
	var first fleet.Admission
	engine := &interlude{Engine: f.Engine, before: func(n int) {
		if n == 1 { // behind the look at the passwords
			first = f.admit(t, "second")
		}
	}}
	s := fleet.New(store.New(engine), f.Box, f.Now, fleet.Config{Zone: time.UTC, PasswordCost: 4}, discard)
	second, err := s.Authenticate(t.Context(), storetest.MachineNo, "second")
	must(t, err)
	for _, a := range []fleet.Admission{first, second} {
		if _, err := f.fleet.Connected(t.Context(), storetest.MachineNo, a); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
}

// A connection that is not there any more is looked for a minute and then
// forgotten.
func TestRefusedConnectionIsForgotten(t *testing.T) {
	f := newFixture(t)
	c := f.connectWith(t, password)
	f.revoke(t, "second")
	looks := 0
	look := func() {
		t.Helper()
		must(t, f.fleet.EndRefused(t.Context(), func(string, int64) bool { looks++; return false }))
	}
	f.Advance(time.Minute - time.Millisecond)
	look()
	look()
	f.wantEnded(t, c.Epoch)
	f.Advance(time.Millisecond)
	look()
	look()
	if looks != 3 {
		t.Errorf("looked %d times, want 3", looks)
	}
	f.wantAccepted(t, false, password)
}

// Each node ends the connections of the machines it holds.
func TestRefusedConnectionsOfANode(t *testing.T) {
	f := newFixture(t)
	c := f.connectWith(t, password)
	f.exec(t, "UPDATE presence SET node = 'b' WHERE machine_id = $1", f.Machine.ID)
	f.revoke(t, "second")
	f.wantEnded(t)
	f.fleet = fleet.New(f.Store, f.Box, f.Now, fleet.Config{Zone: time.UTC, PasswordCost: 4, Node: "b"}, discard)
	f.wantEnded(t, c.Epoch)
}
