package provision

import (
	"context"
	"reflect"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// shelf is what a machine loads of itself when it is told to (mqtt.md §5.1).
type shelf struct {
	machine      db.Machine
	announcement db.Announcement
	categories   []db.Category
	channels     []db.Channel
	products     []db.Product
}

func shelfOf(ctx context.Context, tx *store.Tx, machineID int64) (shelf, error) {
	var s shelf
	m, err := tx.MachineByID(ctx, machineID)
	if err != nil {
		return s, err
	}
	s.machine = m.Machine
	if s.announcement, _, err = store.Find(tx.AnnouncementOfMachine(ctx, machineID)); err != nil {
		return s, err
	}
	if s.categories, err = tx.CategoriesOfMachine(ctx, machineID); err != nil {
		return s, err
	}
	if s.channels, err = tx.ChannelsOfMachine(ctx, machineID); err != nil {
		return s, err
	}
	s.products, err = tx.StockOfMachine(ctx, machineID)
	return s, err
}

// tellIfChanged runs change and tells the machine to load its data again if
// they are other ones afterwards: applying a file twice sends nothing.
func (a *Applier) tellIfChanged(ctx context.Context, tx *store.Tx, machineID int64, change func() error) error {
	before, err := shelfOf(ctx, tx, machineID)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := shelfOf(ctx, tx, machineID)
	if err != nil {
		return err
	}
	// A new password has its own message.
	after.machine.PasswordHash = before.machine.PasswordHash
	after.machine.PasswordPreviousHash = before.machine.PasswordPreviousHash
	after.machine.PasswordPreviousUntil = before.machine.PasswordPreviousUntil
	if reflect.DeepEqual(before, after) {
		return nil
	}
	return a.catalog.QueueRefresh(ctx, tx, machineID)
}
