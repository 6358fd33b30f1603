// Package catalog is what machines show and hold: products, channels,
// categories, banners, and replenishment (openapi.md §7.4–§7.7, §7.20–§7.22),
// and what machines say of their shelves (mqtt.md §4.6, §4.9, §4.12).
package catalog

import (
	"context"
	"log/slog"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Service is the catalogue use case.
type Service struct {
	store *store.Store
	clock vending.Clock
	cfg   Config
	log   *slog.Logger
}

// Config holds the settings of the use case.
type Config struct {
	// PublicURL comes before the path of a stored picture, without a slash at
	// its end; "" leaves pictures relative (http.public_url).
	PublicURL string
}

// New makes the use case.
func New(st *store.Store, clock vending.Clock, cfg Config, log *slog.Logger) *Service {
	return &Service{store: st, clock: clock, cfg: cfg, log: log}
}

// shown returns a machine whose shop window may be looked at: 30003, 30006,
// 30002 (openapi.md §3.2).
func (s *Service) shown(ctx context.Context, merchant db.Merchant, machineNo string) (db.Machine, error) {
	return s.machine(ctx, merchant, machineNo, vending.ShowGate())
}

func (s *Service) machine(ctx context.Context, merchant db.Merchant, machineNo string, gate vending.Gate) (db.Machine, error) {
	m, err := store.OwnMachine(ctx, s.store.Queries, merchant.ID, machineNo)
	if err != nil {
		return db.Machine{}, err
	}
	return m.Machine, gate.Check(m.Machine.Status, m.Presence.IsOnline, merchant.Debug)
}
