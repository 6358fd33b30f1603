// Package catalog is what machines show and hold: products, channels,
// categories, banners, and replenishment (openapi.md §7.4–§7.7, §7.20–§7.22).
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
	log   *slog.Logger
}

// New makes the use case.
func New(st *store.Store, clock vending.Clock, log *slog.Logger) *Service {
	return &Service{store: st, clock: clock, log: log}
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
