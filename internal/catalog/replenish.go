package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// methodRefresh tells a machine that its products changed (mqtt.md §5.1).
const methodRefresh = "client.machine.refresh"

// Types and sources of a replenishment (openapi.md §7.20, mqtt.md §4.6, §4.9).
const (
	typeRestock    = "RESTOCK"
	typeWithdrawal = "WITHDRAWAL"
	sourceOpenAPI  = "OPENAPI"
	sourceApp      = "APP"
	sourceConsole  = "CONSOLE"
)

// Level is a request to set one product's stock (openapi.md §7.20).
type Level struct {
	MachineNo string
	ProductID int64
	// Level is the new current_inventory, not an increment.
	Level int64
}

// Replenish sets the stock of one product. It refuses with 60001, or 60004
// when the level is above the channel's capacity.
func (s *Service) Replenish(ctx context.Context, merchant db.Merchant, l Level) error {
	m, err := s.machine(ctx, merchant, l.MachineNo, vending.ManageGate())
	if err != nil {
		return err
	}
	return s.retry(ctx, func(tx *store.Tx) error {
		p, found, err := store.Find(tx.Offer(ctx, l.ProductID, m.ID))
		switch {
		case err != nil:
			return err
		case !found || p.GoodID == 0:
			return vending.RefuseProduct(vending.CodeProductUnknown, l.ProductID)
		case l.Level > p.Inventory:
			return vending.RefuseWith(vending.CodeCapacity, vending.Data{"product_id": p.ID, "max": p.Inventory})
		}
		changed, err := s.setLevel(ctx, tx, change{
			machineID: m.ID, productID: p.ID, from: p.CurrentInventory, to: l.Level, source: sourceOpenAPI,
		})
		if err != nil || !changed {
			return err
		}
		return s.QueueRefresh(ctx, tx, m.ID)
	})
}

// Cabinet is a request to set the stock of a cabinet (openapi.md §7.21, §7.22).
type Cabinet struct {
	MachineNo string
	Addr      int64
	// CategoryID and Level are used by ReplenishCategory only.
	CategoryID int64
	Level      int64
}

// Partial tells of a category replenishment of which some channels could not
// hold the level; the others are set (openapi.md §7.21, row 5).
type Partial struct {
	Updated, Failed int64
	// Channels are the names of those that failed.
	Channels []string
}

// ReplenishCategory sets the stock of all products of a category within one
// cabinet. Channels whose capacity is below the level are left alone and
// reported.
func (s *Service) ReplenishCategory(ctx context.Context, merchant db.Merchant, c Cabinet) (Partial, error) {
	m, err := s.machine(ctx, merchant, c.MachineNo, vending.ManageGate())
	if err != nil {
		return Partial{}, err
	}
	_, found, err := store.Find(s.store.CategoryOfMachine(ctx, c.CategoryID, m.ID))
	if err != nil {
		return Partial{}, err
	}
	if !found {
		return Partial{}, vending.Refuse(vending.CodeRecordUnknown)
	}
	if err := s.checkCabinet(ctx, m.ID, c.Addr); err != nil {
		return Partial{}, err
	}
	var result Partial
	err = s.retry(ctx, func(tx *store.Tx) error {
		result = Partial{}
		level := func(row db.ChannelStockRow) (int64, bool) {
			if c.Level > row.Inventory {
				result.Failed++
				result.Channels = append(result.Channels, row.Name)
				return 0, false
			}
			result.Updated++
			return c.Level, true
		}
		return s.setCabinet(ctx, tx, m.ID, c, level)
	})
	return result, err
}

// ReplenishAll fills every channel with a good of one cabinet to its capacity
// (openapi.md §7.22).
func (s *Service) ReplenishAll(ctx context.Context, merchant db.Merchant, c Cabinet) error {
	m, err := s.machine(ctx, merchant, c.MachineNo, vending.ManageGate())
	if err != nil {
		return err
	}
	if err := s.checkCabinet(ctx, m.ID, c.Addr); err != nil {
		return err
	}
	c.CategoryID = 0
	return s.retry(ctx, func(tx *store.Tx) error {
		return s.setCabinet(ctx, tx, m.ID, c, func(row db.ChannelStockRow) (int64, bool) { return row.Inventory, true })
	})
}

func (s *Service) checkCabinet(ctx context.Context, machineID, addr int64) error {
	n, err := s.store.BoardOfMachine(ctx, machineID, addr)
	if err != nil {
		return fmt.Errorf("look up cabinet: %w", err)
	}
	if n == 0 {
		return vending.Refuse(vending.CodeChannelUnknown)
	}
	return nil
}

func (s *Service) setCabinet(ctx context.Context, tx *store.Tx, machineID int64, c Cabinet, level func(db.ChannelStockRow) (int64, bool)) error {
	rows, err := tx.ChannelStock(ctx, machineID, c.Addr, c.CategoryID)
	if err != nil {
		return fmt.Errorf("list channels: %w", err)
	}
	var changes []change
	for _, row := range rows {
		if to, ok := level(row); ok {
			changes = append(changes, change{
				machineID: machineID, productID: row.ID, from: row.CurrentInventory, to: to, source: sourceOpenAPI,
			})
		}
	}
	// In the order of products, as everywhere: nobody must wait in a circle.
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.productID, b.productID) })
	anyChanged := false
	for _, c := range changes {
		changed, err := s.setLevel(ctx, tx, c)
		if err != nil {
			return err
		}
		anyChanged = anyChanged || changed
	}
	if !anyChanged {
		return nil
	}
	return s.QueueRefresh(ctx, tx, machineID)
}

// change is a new stock level that is not a sale.
type change struct {
	machineID, productID, from, to int64
	source                         string
	// all: the whole machine was filled or emptied at once.
	all bool
}

// setLevel changes one stock level and logs it; a level that already is right
// leaves no trace.
func (s *Service) setLevel(ctx context.Context, tx *store.Tx, c change) (bool, error) {
	if c.from == c.to {
		return false, nil
	}
	n, err := tx.SetStock(ctx, c.to, c.productID, c.from)
	if err := store.Changed("set stock", n, err); err != nil {
		return false, err
	}
	kind := typeRestock
	if c.to < c.from {
		kind = typeWithdrawal
	}
	err = tx.InsertReplenishment(ctx, db.InsertReplenishmentParams{
		MachineID: c.machineID, ProductID: c.productID, PreviousLevel: c.from, Level: c.to,
		Type: kind, Source: c.source, IsAll: c.all, CreatedAt: s.clock.Millis(),
	})
	if err != nil {
		return false, fmt.Errorf("log replenishment: %w", err)
	}
	return true, nil
}

// Refresh tells a machine to load its data again (mqtt.md §5.1).
func (s *Service) Refresh(ctx context.Context, machineID int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error { return s.QueueRefresh(ctx, tx, machineID) })
}

// QueueRefresh tells a machine, after the commit, to load its data again
// (mqtt.md §5.1).
func (s *Service) QueueRefresh(ctx context.Context, tx *store.Tx, machineID int64) error {
	return tx.QueueMessage(ctx, machineID, methodRefresh, nil, s.clock.Millis())
}

func (s *Service) retry(ctx context.Context, fn func(tx *store.Tx) error) error {
	return store.Retry("change stock or goods", func() error { return s.store.InTx(ctx, fn) })
}
