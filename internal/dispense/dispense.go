// Package dispense commands machines to drop goods, takes their reports, and
// times out what is never answered: openapi.md §6.4–§6.5, §7.17–§7.18,
// consume.md §8 and mqtt.md §6.
package dispense

import (
	"io"
	"log/slog"
	"time"

	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// methodPut is the dispense command (mqtt.md §6.1).
const methodPut = "device.delivery.put"

// Config holds the settings of the use case.
type Config struct {
	// Locks are the dispense lock times by drive.
	Locks vending.LockTimes
	// Timeout is how long a report is waited for, in milliseconds
	// (dispense.timeout_s).
	Timeout int64
	// Zone is used for machines without one of their own.
	Zone *time.Location
}

// Service is the dispensing use case.
type Service struct {
	store    *store.Store
	orders   *ordering.Service
	notifier *notify.Notifier
	clock    vending.Clock
	random   io.Reader
	cfg      Config
	log      *slog.Logger
}

// New makes the use case. random supplies delivery ids and must be
// cryptographic.
func New(st *store.Store, orders *ordering.Service, notifier *notify.Notifier, clock vending.Clock, random io.Reader, cfg Config, log *slog.Logger) *Service {
	return &Service{store: st, orders: orders, notifier: notifier, clock: clock, random: random, cfg: cfg, log: log}
}

// ZoneOf returns the zone a machine's times are shown in.
func (s *Service) ZoneOf(name string) *time.Location { return vending.Zone(name, s.cfg.Zone) }
