// Package fleet knows the machines of the merchants: lists and details for the
// API (openapi.md §7.2, §7.3), who may connect (mqtt.md §2.1), who is online
// (mqtt.md §4.3, §4.4), what machines report of themselves (mqtt.md §4) and how
// they are told to restart, to change their settings or to sleep (mqtt.md §5).
package fleet

import (
	"log/slog"
	"time"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Config holds the settings of the use case.
type Config struct {
	// Zone is used for machines without one of their own.
	Zone *time.Location
	// Node is the node this is, which holds the machines that connect to it; ""
	// where there is only one.
	Node string
	// OfflineAfter is the silence, in milliseconds, after which a machine is
	// offline (machine.offline_after_s).
	OfflineAfter int64
	// PasswordCost is the bcrypt cost of new machine passwords; 0 is 8. Tests
	// that make many machines lower it.
	PasswordCost int
}

// Service is the fleet use case.
type Service struct {
	store     *store.Store
	box       *secrets.Box
	clock     vending.Clock
	cfg       Config
	log       *slog.Logger
	passwords *passwordGuard
	presence  group
}

// New makes the use case.
func New(st *store.Store, box *secrets.Box, clock vending.Clock, cfg Config, log *slog.Logger) *Service {
	if cfg.PasswordCost == 0 {
		cfg.PasswordCost = passwordCost
	}
	return &Service{
		store: st, box: box, clock: clock, cfg: cfg, log: log,
		passwords: newPasswordGuard(clock), presence: group{store: st},
	}
}
