package fleet

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/crypto/bcrypt"
)

// ErrBadPassword means the machine number or its password is wrong, or the
// machine is refused for a while after too many failures.
var ErrBadPassword = errors.New("machine number or password is wrong")

// Limits of wrong machine passwords (mqtt.md §2.1): after 10 failures within
// 10 minutes the number is refused for 10 minutes.
const (
	maxPasswordFailures = 10
	passwordWindow      = 10 * 60 * 1000
)

// passwordCost is the bcrypt cost of machine passwords. They are generated,
// not chosen, so the cost guards a leaked database for the time a password
// change takes; thousands of machines that reconnect at once must not wait.
const passwordCost = 8

// HashPassword returns the stored form of a machine password, at most 72 bytes.
func (s *Service) HashPassword(password string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), s.cfg.PasswordCost)
	if err != nil {
		return "", fmt.Errorf("hash machine password: %w", err)
	}
	return string(hash), nil
}

// PasswordMatches tells whether a password belongs to a stored hash.
func PasswordMatches(password, hash string) bool {
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
}

// Admission is what a machine has shown to be let in. That of a machine whose
// passwords were never changed is the zero value.
type Admission struct {
	// Version counts the changes of the machine's passwords before it was let in.
	Version int64
	// RefusedFrom is when the password it has shown ceases to be accepted, UTC
	// milliseconds; 0 for the current one.
	RefusedFrom int64
}

// Authenticate checks a machine's password. It returns what Connected wants to
// know if it is right, and ErrBadPassword for an unknown number, a wrong password
// and a number that is refused after too many failures. A machine in transfer, or
// of an expired merchant, may connect (mqtt.md §2.1).
func (s *Service) Authenticate(ctx context.Context, machineNo, password string) (Admission, error) {
	if s.passwords.refused(machineNo) {
		return Admission{}, ErrBadPassword
	}
	m, found, err := store.Find(s.store.PasswordsOfMachine(ctx, machineNo))
	if err != nil {
		return Admission{}, err
	}
	if !found {
		return Admission{}, ErrBadPassword
	}
	current := s.passwords.matches(password, m.PasswordHash)
	previous := !current && s.clock.Millis() < m.PasswordPreviousUntil && s.passwords.matches(password, m.PasswordPreviousHash)
	switch {
	case !current && !previous:
		s.passwords.failed(machineNo)
		return Admission{}, ErrBadPassword
	case s.passwords.refused(machineNo):
		// Guesses that run side by side are no more than those one after another.
		return Admission{}, ErrBadPassword
	case previous:
		return Admission{Version: m.PasswordVersion, RefusedFrom: m.PasswordPreviousUntil}, nil
	case m.PasswordPreviousHash == "":
		return Admission{Version: m.PasswordVersion}, nil
	}
	version, err := s.endOverlap(ctx, m)
	if errors.Is(err, store.ErrLostRace) {
		return s.Authenticate(ctx, machineNo, password) // it has shown it on another connection as well
	}
	return Admission{Version: version}, err
}

// passwordGuard counts failures per machine and remembers passwords that were
// right, as a keyed hash that means nothing outside this process, because
// bcrypt is far too slow for a whole fleet that reconnects.
type passwordGuard struct {
	clock vending.Clock
	key   []byte

	mu       sync.Mutex
	failures map[string]vending.WrongCodes
	known    map[string][sha256.Size]byte // by stored bcrypt hash

	tally *nodes.Tally
}

func newPasswordGuard(clock vending.Clock) *passwordGuard {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails, it ends the process instead
	g := &passwordGuard{
		clock: clock, key: key,
		failures: map[string]vending.WrongCodes{}, known: map[string][sha256.Size]byte{},
	}
	g.tally = nodes.NewTally(func(machineNo string, n int64) {
		for range min(n, maxPasswordFailures) {
			g.add(machineNo)
		}
	})
	return g
}

// WrongPasswords counts failures by machine number, for all nodes together.
func (s *Service) WrongPasswords() *nodes.Tally { return s.passwords.tally }

func (g *passwordGuard) matches(password, hash string) bool {
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte(password))
	sum := [sha256.Size]byte(mac.Sum(nil))

	g.mu.Lock()
	known, ok := g.known[hash]
	g.mu.Unlock()
	if ok && hmac.Equal(known[:], sum[:]) {
		return true
	}
	if !PasswordMatches(password, hash) {
		return false
	}
	g.mu.Lock()
	g.known[hash] = sum
	g.mu.Unlock()
	return true
}

func (g *passwordGuard) refused(machineNo string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, locked := g.failures[machineNo].Locked(g.clock.Millis())
	return locked
}

// failed notes a failure here, and on the other nodes. It is called for numbers
// of existing machines only, so what is remembered is bounded by the fleet.
func (g *passwordGuard) failed(machineNo string) {
	g.add(machineNo)
	g.tally.Count(machineNo)
}

func (g *passwordGuard) add(machineNo string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	limits := vending.WrongCodeLimits{Max: maxPasswordFailures, Window: passwordWindow, Lock: passwordWindow}
	g.failures[machineNo] = g.failures[machineNo].Count(g.clock.Millis(), limits)
}
