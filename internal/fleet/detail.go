package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// List returns a merchant's machines ascending by id, without those in
// transfer (openapi.md §7.2). It refuses with 30001 when the merchant owns no
// machine at all.
func (s *Service) List(ctx context.Context, merchant db.Merchant) ([]db.MachinesOfMerchantRow, error) {
	all, err := s.store.MachinesOfMerchant(ctx, merchant.ID)
	if err != nil {
		return nil, fmt.Errorf("list machines: %w", err)
	}
	if len(all) == 0 {
		return nil, vending.Refuse(vending.CodeNoMachine)
	}
	shown := all[:0]
	for _, m := range all {
		if m.Machine.Status != vending.MachineTransfer {
			shown = append(shown, m)
		}
	}
	return shown, nil
}

// Detail is everything the API tells about one machine (openapi.md §7.3).
type Detail struct {
	Machine      db.Machine
	Presence     db.Presence
	Boards       []db.ModelBoard
	Categories   []db.Category
	Announcement *db.Announcement
}

// Detail returns one machine of a merchant (openapi.md §7.3).
func (s *Service) Detail(ctx context.Context, merchant db.Merchant, machineNo string) (Detail, error) {
	m, err := store.OwnMachine(ctx, s.store.Queries, merchant.ID, machineNo)
	if err != nil {
		return Detail{}, err
	}
	if err := vending.ShowGate().Check(m.Machine.Status, m.Presence.IsOnline, merchant.Debug); err != nil {
		return Detail{}, err
	}
	d := Detail{Machine: m.Machine, Presence: m.Presence}
	if d.Boards, err = s.store.BoardsOfModel(ctx, m.Machine.ModelID); err != nil {
		return Detail{}, fmt.Errorf("boards of model: %w", err)
	}
	if d.Categories, err = s.store.VisibleCategoriesOfMachine(ctx, m.Machine.ID); err != nil {
		return Detail{}, fmt.Errorf("categories of machine: %w", err)
	}
	announcement, found, err := store.Find(s.store.AnnouncementOfMachine(ctx, m.Machine.ID))
	if err != nil {
		return Detail{}, err
	}
	if found {
		d.Announcement = &announcement
	}
	return d, nil
}
