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

// LayoutDiff is what a layout would change at a machine. It is applied only if
// there are no Problems.
type LayoutDiff struct {
	Added, Removed []LayoutChannel
	Changed        []LayoutChange
	// Boards tells that boards differ.
	Boards   bool
	Problems []Problem
	// rows are the channels of the machine.
	rows map[slot]db.PlanogramRow
}

// LayoutChange is a channel, by board and motor, that would be another one.
type LayoutChange struct{ Before, After LayoutChannel }

// LayoutRefused is the error for a layout that a machine cannot get.
type LayoutRefused struct{ Problems []Problem }

// Error implements error.
func (e LayoutRefused) Error() string {
	return fmt.Sprintf("the layout cannot be applied: %v", e.Problems)
}

// CompareModel tells what a version of a template would change at a machine. It
// refuses with 404, 30003 and 30006.
func (s *Service) CompareModel(ctx context.Context, merchant db.Merchant, machineNo string, id, version int64) (LayoutDiff, error) {
	m, err := s.machine(ctx, merchant, machineNo, vending.ManageGate())
	if err != nil {
		return LayoutDiff{}, err
	}
	model, err := s.Model(ctx, merchant, id, version)
	if err != nil {
		return LayoutDiff{}, err
	}
	return s.compare(ctx, s.store.Queries, m, model.Layout)
}

// ApplyModel builds a machine as a version of a template says, all or nothing,
// remembers that it has that version, and tells the machine once. New channels are
// empty. Channels that hold pieces or have usable codes are not removed, and no
// capacity falls below what is in a channel: then it returns LayoutRefused. It
// refuses as CompareModel does.
func (s *Service) ApplyModel(ctx context.Context, merchant db.Merchant, machineNo string, id, version int64) (LayoutDiff, error) {
	m, err := s.machine(ctx, merchant, machineNo, vending.ManageGate())
	if err != nil {
		return LayoutDiff{}, err
	}
	model, err := s.Model(ctx, merchant, id, version)
	if err != nil {
		return LayoutDiff{}, err
	}
	var diff LayoutDiff
	err = s.retry(ctx, func(tx *store.Tx) error {
		// It may be deleted meanwhile.
		if err := lockTemplate(ctx, tx, merchant.ID, id); err != nil {
			return err
		}
		// First at the machine, so that two who do this wait for each other.
		if err := tx.SetMachineModel(ctx, m.ID, model.boards); err != nil {
			return fmt.Errorf("set model: %w", err)
		}
		if diff, err = s.compare(ctx, tx.Queries, m, model.Layout); err != nil {
			return err
		}
		if len(diff.Problems) > 0 {
			return LayoutRefused{diff.Problems}
		}
		tx.MachineChanged(m.ID)
		if err := s.changeProducts(ctx, tx, diff); err != nil {
			return err
		}
		if err := changeChannels(ctx, tx, m.ID, diff); err != nil {
			return err
		}
		return s.QueueRefresh(ctx, tx, m.ID)
	})
	return diff, err
}

// compare tells what a layout changes at a machine with the model it had.
func (s *Service) compare(ctx context.Context, q *db.Queries, m db.Machine, wanted Layout) (LayoutDiff, error) {
	rows, err := q.Planogram(ctx, s.clock.Millis(), m.ID)
	if err != nil {
		return LayoutDiff{}, fmt.Errorf("read planogram: %w", err)
	}
	boards, err := boardsOf(ctx, q, m.ModelID)
	if err != nil {
		return LayoutDiff{}, err
	}
	d := LayoutDiff{Boards: !slices.Equal(boards, wanted.Boards), rows: map[slot]db.PlanogramRow{}}
	kept := map[slot]bool{}
	for _, c := range wanted.Channels {
		kept[c.slot()] = true
	}
	for _, row := range rows {
		c := layoutChannel(row)
		d.rows[c.slot()] = row
		if !kept[c.slot()] {
			d.Removed = append(d.Removed, c)
			d.refuse(c.Name, row.Quantity > 0, ReasonHoldsStock)
			d.refuse(c.Name, row.Reserved > 0, ReasonHoldsCodes)
		}
	}
	for _, c := range wanted.Channels {
		row, there := d.rows[c.slot()]
		if !there {
			d.Added = append(d.Added, c)
		} else if before := layoutChannel(row); before != c {
			d.Changed = append(d.Changed, LayoutChange{before, c})
			d.refuse(before.Name, c.Capacity < row.Quantity, ReasonAboveCapacity)
		}
	}
	return d, nil
}

func (d *LayoutDiff) refuse(channel string, refused bool, reason string) {
	if refused {
		d.Problems = append(d.Problems, Problem{Channel: channel, Reason: reason})
	}
}

// changeProducts retires those of removed channels, and sets capacities. It works
// in the order of products, as everywhere: nobody must wait in a circle.
func (s *Service) changeProducts(ctx context.Context, tx *store.Tx, d LayoutDiff) error {
	type step struct{ productID, capacity int64 }
	const retire = -1
	var steps []step
	for _, c := range d.Removed {
		steps = append(steps, step{d.rows[c.slot()].ProductID, retire})
	}
	for _, c := range d.Changed {
		if c.Before.Capacity != c.After.Capacity {
			steps = append(steps, step{d.rows[c.After.slot()].ProductID, c.After.Capacity})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.productID, b.productID) })
	for _, st := range steps {
		var err error
		switch {
		case st.productID == 0: // a lock
		case st.capacity == retire:
			var n int64
			n, err = tx.RetireEmptyProduct(ctx, st.productID, s.clock.Millis())
			err = store.Changed("retire product", n, err)
		default:
			err = setCapacity(ctx, tx, st.productID, st.capacity)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func changeChannels(ctx context.Context, tx *store.Tx, machineID int64, d LayoutDiff) error {
	for _, c := range d.Removed {
		if err := tx.DeleteChannel(ctx, d.rows[c.slot()].Channel.ID); err != nil {
			return fmt.Errorf("delete channel: %w", err)
		}
	}
	for _, c := range d.Changed {
		// Two channels may change names with each other: the old ones go first.
		id := d.rows[c.After.slot()].Channel.ID
		if err := tx.RenameChannel(ctx, id, fmt.Sprintf("~%d", id)); err != nil {
			return fmt.Errorf("rename channel: %w", err)
		}
	}
	for _, c := range d.Changed {
		if _, err := setChannel(ctx, tx, machineID, c.After); err != nil {
			return err
		}
	}
	for _, c := range d.Added {
		id, err := setChannel(ctx, tx, machineID, c)
		if err != nil {
			return err
		}
		_, err = tx.InsertProduct(ctx, db.InsertProductParams{MachineID: machineID, ChannelID: id, OnSale: true, Inventory: c.Capacity})
		if err != nil {
			return fmt.Errorf("insert product: %w", err)
		}
	}
	return nil
}

func setChannel(ctx context.Context, tx *store.Tx, machineID int64, c LayoutChannel) (int64, error) {
	id, err := tx.SetChannel(ctx, db.SetChannelParams{
		MachineID: machineID, Addr: c.Addr, Motor: c.Motor, Name: c.Name, X: c.X, Y: c.Y, IsAuxiliary: c.IsAuxiliary,
	})
	if err != nil {
		return 0, fmt.Errorf("set channel %s: %w", c.Name, err)
	}
	return id, nil
}
