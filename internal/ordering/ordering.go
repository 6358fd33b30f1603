// Package ordering is the order's life but for dispensing: create, pay, close,
// expire and query orders (openapi.md §6.2, §7.14–§7.16).
package ordering

import (
	"log/slog"
	"time"

	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Config holds the settings of the use case.
type Config struct {
	// UnpaidTTL is how long an unpaid order lives, in milliseconds
	// (order.unpaid_ttl_s).
	UnpaidTTL int64
	// Zone is used for machines without one of their own.
	Zone *time.Location
}

// Service is the order use case.
type Service struct {
	store    *store.Store
	notifier *notify.Notifier
	clock    vending.Clock
	cfg      Config
	log      *slog.Logger
}

// New makes the use case.
func New(st *store.Store, notifier *notify.Notifier, clock vending.Clock, cfg Config, log *slog.Logger) *Service {
	return &Service{store: st, notifier: notifier, clock: clock, cfg: cfg, log: log}
}
