package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// State is what the messages of the server made of a machine, see Machine.State.
type State struct {
	// Reloads counts client.machine.refresh and invalidate since the machine
	// was switched on (mqtt.md §5.1, §5.2).
	Reloads int `json:"reloads"`
	// TestRuns counts the motor starts of channel tests since the machine was
	// switched on (§5.6). No journal knows them.
	TestRuns int `json:"test_runs"`
	// PasswordChanged tells that the password is not Config.Password but one
	// the server sent (§5.5).
	PasswordChanged bool `json:"password_changed"`
	// Power is the schedule (§5.7–§5.9); it is kept and not followed.
	Power Power `json:"power"`
	// Config holds what the server pushed (§5.10) or the machine itself
	// published (§4.10).
	Config map[string]string `json:"config,omitempty"`
	// Ads are sorted by id (§5.11–§5.13).
	Ads []Ad `json:"ads,omitempty"`
	// Channels holds the last known floor_status by product id (errors.md
	// §3.1). A machine that is switched on finds its channels normal.
	Channels map[string]string `json:"channels,omitempty"`
	// Codes are the pickup codes (§5.14), as from Machine.Codes.
	Codes []Code `json:"codes,omitempty"`
}

// kept is the part of the state that survives a restart.
type kept struct {
	Password string            `json:"password,omitempty"`
	Power    Power             `json:"power"`
	Config   map[string]string `json:"config,omitempty"`
	Ads      map[string]Ad     `json:"ads,omitempty"`
}

// stateStore is safe for concurrent use; only the machine's goroutine writes.
type stateStore struct {
	path string

	mu       sync.Mutex
	kept     kept
	reloads  int
	testRuns int
	channels map[string]string
}

// openState reads the state in dir. Nothing is written before there is
// something to remember.
func openState(dir string) (*stateStore, error) {
	s := &stateStore{path: filepath.Join(dir, "state.json")}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &s.kept); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", s.path, ErrCorrupt, err)
	}
	return s, nil
}

// keep changes what survives, and returns when it is on storage.
func (s *stateStore) keep(change func(*kept)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.kept)
	if err := replaceLines(s.path, []kept{s.kept}); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

// note changes what a restart forgets.
func (s *stateStore) note(change func(*stateStore)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// setChannel remembers the floor_status of a product's channel.
func (s *stateStore) setChannel(productID, floorStatus string) {
	if productID == "" || floorStatus == "" {
		return
	}
	s.note(func(s *stateStore) {
		if s.channels == nil {
			s.channels = make(map[string]string)
		}
		s.channels[productID] = floorStatus
	})
}

// password returns the one the server sent, or else the configured one.
func (s *stateStore) password(configured string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept.Password != "" {
		return s.kept.Password
	}
	return configured
}

func (s *stateStore) snapshot() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{
		Reloads:         s.reloads,
		TestRuns:        s.testRuns,
		PasswordChanged: s.kept.Password != "",
		Power:           s.kept.Power,
		Config:          maps.Clone(s.kept.Config),
		Ads:             sortedAds(s.kept.Ads),
		Channels:        maps.Clone(s.channels),
	}
}

func sortedAds(ads map[string]Ad) []Ad {
	return slices.SortedFunc(maps.Values(ads), func(a, b Ad) int { return strings.Compare(a.ID, b.ID) })
}

// State returns what the machine knows now, besides its journal.
func (m *Machine) State() State {
	s := m.state.snapshot()
	s.Codes = m.Codes()
	return s
}
