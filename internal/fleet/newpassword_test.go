package fleet_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

func (f *fixture) change(t testing.TB, password string, force bool) error {
	t.Helper()
	return f.fleet.ChangePassword(t.Context(), f.machine(t).Machine, password, force)
}

// wantAccepted tries passwords in their order.
func (f *fixture) wantAccepted(t testing.TB, accepted bool, passwords ...string) {
	t.Helper()
	for _, p := range passwords {
		_, err := f.fleet.Authenticate(t.Context(), storetest.MachineNo, p)
		if accepted && err != nil || !accepted && !errors.Is(err, fleet.ErrBadPassword) {
			t.Errorf("password %q: %v, want accepted: %v", p, err, accepted)
		}
	}
}

// Old and new password count until the machine connects with the new one
// (mqtt.md §5.5).
func TestPasswordOverlapEndsWithTheNewOne(t *testing.T) {
	f := newFixture(t)
	must(t, f.change(t, "second", false))
	f.wantAccepted(t, true, password, password, "second")
	f.wantAccepted(t, false, password)
	f.wantAccepted(t, true, "second")
	// Confirmed: the next change needs no force.
	must(t, f.change(t, "third", false))
	f.wantAccepted(t, true, "second", "third")
	f.wantAccepted(t, false, "second", password)
}

// The overlap lasts 24 hours at most.
func TestPasswordOverlapEndsWithTime(t *testing.T) {
	f := newFixture(t)
	must(t, f.change(t, "second", false))
	f.Advance(24*time.Hour - time.Millisecond)
	f.wantAccepted(t, true, password)
	f.Advance(time.Millisecond)
	f.wantAccepted(t, false, password)
	f.wantAccepted(t, true, "second")
}

// A change that waits for its machine is refused another one: the machine knows
// neither. After 24 hours nothing waits any more.
func TestPendingPasswordChange(t *testing.T) {
	f := newFixture(t)
	must(t, f.change(t, "second", false))
	before := len(f.queued(t))
	if err := f.change(t, "third", false); !errors.Is(err, fleet.ErrPasswordPending) {
		t.Errorf("%v, want ErrPasswordPending", err)
	}
	if after := len(f.queued(t)); after != before {
		t.Errorf("%d messages, before %d", after, before)
	}
	f.wantAccepted(t, false, "third")
	f.wantAccepted(t, true, password)
	f.Advance(24 * time.Hour)
	must(t, f.change(t, "third", false))
}

// A forced change keeps the password that the machine is known to have, not
// the one it may never have got.
func TestForcedPasswordChange(t *testing.T) {
	f := newFixture(t)
	must(t, f.change(t, "second", false))
	f.Advance(23 * time.Hour)
	must(t, f.change(t, "third", true))
	f.Advance(24*time.Hour - time.Millisecond) // counted from the last change
	f.wantAccepted(t, false, "second")
	f.wantAccepted(t, true, password, "third")
	f.wantAccepted(t, false, password)
}

// A revoked password is refused at once, like the one before it, and what the
// machine would have been told of a change is not sent.
func TestRevokedPassword(t *testing.T) {
	f := newFixture(t)
	must(t, f.change(t, "second", false))
	must(t, f.fleet.RevokePassword(t.Context(), f.machine(t).Machine, "third"))
	f.wantAccepted(t, false, password, "second")
	f.wantAccepted(t, true, "third")
	rows, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	must(t, err)
	for _, row := range rows {
		if row.State == store.CommandQueued {
			t.Errorf("%s waits for the machine", row.Method)
		}
	}
	for _, plain := range []string{"", strings.Repeat("x", 73)} {
		if err := f.fleet.RevokePassword(t.Context(), f.machine(t).Machine, plain); err == nil {
			t.Errorf("%d characters were taken", len(plain))
		}
	}
	f.wantAccepted(t, true, "third")
}

// The message holds the password sealed while it waits; plain text is neither
// in it nor in the machine's row.
func TestNewPasswordIsSealed(t *testing.T) {
	const plain = "plain-text-of-the-password"
	f := newFixture(t)
	must(t, f.change(t, plain, false))
	rows, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%+v, %v", rows, err)
	}
	var fields map[string]string
	must(t, json.Unmarshal([]byte(rows[0].Fields), &fields))
	if rows[0].Method != "client.machine.password.modified" || len(fields) != 1 || strings.Contains(rows[0].Fields, plain) {
		t.Errorf("%s %s", rows[0].Method, rows[0].Fields)
	}
	if opened, err := f.Box.Open(secrets.PurposeMachinePassword, fields["password"]); err != nil || opened != plain {
		t.Errorf("opened %q, %v", opened, err)
	}
	if _, err := f.Box.Open(secrets.PurposeAppKey, fields["password"]); err == nil {
		t.Error("the password can be taken for an AppKey")
	}
	if hash := f.machine(t).Machine.PasswordHash; strings.Contains(hash, plain) || !fleet.PasswordMatches(plain, hash) {
		t.Error("the stored password is not the hash of the new one")
	}
}

func TestPasswordChangeRefusals(t *testing.T) {
	f := newFixture(t)
	stale := f.machine(t).Machine
	for name, plain := range map[string]string{"empty": "", "73 bytes": strings.Repeat("x", 73)} {
		if err := f.change(t, plain, true); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	f.wantQueued(t)
	f.wantAccepted(t, true, password)
	// Somebody else was faster.
	must(t, f.change(t, "second", false))
	if err := f.fleet.ChangePassword(t.Context(), stale, "third", false); !errors.Is(err, store.ErrLostRace) {
		t.Errorf("a change of a row that has changed: %v", err)
	}
	if n := len(f.queued(t)); n != 1 {
		t.Errorf("%d messages, want one", n)
	}
	f.wantAccepted(t, false, "third")
	f.wantAccepted(t, true, password, "second")
}
