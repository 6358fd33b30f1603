package store

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store/db"
)

// Kinds of a change that an open page wants to know of.
const (
	// ChangedMachines: presence, stock, faults or settings of a machine; Ref is
	// the machine.
	ChangedMachines = "machines"
	// ChangedOrders: an order, its deliveries or its callbacks; Ref is the order.
	// Stock that it took or gave back is not told apart.
	ChangedOrders = "orders"
	// ChangedCodes: pickup codes were issued or cancelled; Ref is the machine.
	ChangedCodes = "codes"
	// ChangedAlerts: an alert was raised or resolved; Ref is the machine.
	ChangedAlerts = "alerts"
)

// note is a change under way: what writes it down, and for which id.
type note struct {
	source noteSource
	id     int64
}

type noteSource int

const (
	ofMachine noteSource = iota
	ofProduct
	ofOrder
	ofDelivery
	ofCallback
	ofCodes
	ofCode
	ofAlert
)

// note remembers a change, once for a transaction, if rows were changed.
func (tx *Tx) note(source noteSource, id int64, rows int64, err error) {
	if err != nil || rows == 0 {
		return
	}
	n := note{source, id}
	for _, known := range tx.notes {
		if known == n {
			return
		}
	}
	tx.notes = append(tx.notes, n)
}

// MachineChanged notes that something of a machine has changed which no
// statement below tells.
func (tx *Tx) MachineChanged(machineID int64) { tx.note(ofMachine, machineID, 1, nil) }

// writeNotes writes the changes down, as the last thing a transaction does.
func (tx *Tx) writeNotes(ctx context.Context) error {
	for _, n := range tx.notes {
		var err error
		switch n.source {
		case ofMachine:
			err = tx.NoteMachine(ctx, ChangedMachines, n.id)
		case ofProduct:
			err = tx.NoteMachineOfProduct(ctx, ChangedMachines, n.id)
		case ofOrder:
			err = tx.NoteOrder(ctx, ChangedOrders, n.id)
		case ofDelivery:
			err = tx.NoteOrderOfDelivery(ctx, ChangedOrders, n.id)
		case ofCallback:
			err = tx.NoteOrderOfCallback(ctx, ChangedOrders, n.id)
		case ofCodes:
			err = tx.NoteMachine(ctx, ChangedCodes, n.id)
		case ofCode:
			err = tx.NoteMachineOfCode(ctx, ChangedCodes, n.id)
		case ofAlert:
			err = tx.NoteMachine(ctx, ChangedAlerts, n.id)
		}
		if err != nil {
			return fmt.Errorf("note a change for open pages: %w", err)
		}
	}
	return nil
}

// The statements below are those whose effect a page shows. They stand here, in
// front of the generated ones, so that no use case has to think of pages.

// InsertOrder makes an order.
func (tx *Tx) InsertOrder(ctx context.Context, p db.InsertOrderParams) (int64, error) {
	id, err := tx.Queries.InsertOrder(ctx, p)
	tx.note(ofOrder, id, 1, err)
	return id, err
}

// SetOrderStatus changes an order's status from the one it had.
func (tx *Tx) SetOrderStatus(ctx context.Context, p db.SetOrderStatusParams) (int64, error) {
	n, err := tx.Queries.SetOrderStatus(ctx, p)
	tx.note(ofOrder, p.ID, n, err)
	return n, err
}

// InsertOrderComment keeps a comment on an order.
func (tx *Tx) InsertOrderComment(ctx context.Context, p db.InsertOrderCommentParams) (int64, error) {
	id, err := tx.Queries.InsertOrderComment(ctx, p)
	tx.note(ofOrder, p.OrderID, 1, err)
	return id, err
}

// InsertDelivery makes a delivery.
func (tx *Tx) InsertDelivery(ctx context.Context, p db.InsertDeliveryParams) (int64, error) {
	n, err := tx.Queries.InsertDelivery(ctx, p)
	tx.note(ofOrder, p.OrderID, 1, err)
	return n, err
}

// DeliverySent notes that a machine has the command.
func (tx *Tx) DeliverySent(ctx context.Context, id int64) (int64, error) {
	n, err := tx.Queries.DeliverySent(ctx, id)
	tx.note(ofDelivery, id, n, err)
	return n, err
}

// FinishDelivery ends a delivery.
func (tx *Tx) FinishDelivery(ctx context.Context, p db.FinishDeliveryParams) (int64, error) {
	n, err := tx.Queries.FinishDelivery(ctx, p)
	tx.note(ofDelivery, p.ID, n, err)
	return n, err
}

// DeliveryPickedUp notes that the goods were taken.
func (tx *Tx) DeliveryPickedUp(ctx context.Context, id, at int64) (int64, error) {
	n, err := tx.Queries.DeliveryPickedUp(ctx, id, at)
	tx.note(ofDelivery, id, n, err)
	return n, err
}

// InsertCallbackAttempt notes how an attempt to reach a notify_url ended.
func (tx *Tx) InsertCallbackAttempt(ctx context.Context, p db.InsertCallbackAttemptParams) error {
	err := tx.Queries.InsertCallbackAttempt(ctx, p)
	tx.note(ofCallback, p.CallbackID, 1, err)
	return err
}

// InsertCode issues a pickup code.
func (tx *Tx) InsertCode(ctx context.Context, p db.InsertCodeParams) (int64, error) {
	id, err := tx.Queries.InsertCode(ctx, p)
	tx.note(ofCodes, p.MachineID, 1, err)
	return id, err
}

// CancelCode cancels a pickup code that is still good.
func (tx *Tx) CancelCode(ctx context.Context, now, id int64) (int64, error) {
	n, err := tx.Queries.CancelCode(ctx, now, id)
	tx.note(ofCode, id, n, err)
	return n, err
}

// ExtendCode gives a pickup code that is still good a later end.
func (tx *Tx) ExtendCode(ctx context.Context, expiredAt, id, now int64) (int64, error) {
	n, err := tx.Queries.ExtendCode(ctx, expiredAt, id, now)
	tx.note(ofCode, id, n, err)
	return n, err
}

// CodesChanged notes that something of a machine's pickup codes has changed which
// no statement here tells.
func (tx *Tx) CodesChanged(machineID int64) { tx.note(ofCodes, machineID, 1, nil) }

// InsertReplenishment notes that somebody changed a stock level.
func (tx *Tx) InsertReplenishment(ctx context.Context, p db.InsertReplenishmentParams) error {
	err := tx.Queries.InsertReplenishment(ctx, p)
	tx.note(ofMachine, p.MachineID, 1, err)
	return err
}

// SetFloorStatus stores what a machine says of a channel.
func (tx *Tx) SetFloorStatus(ctx context.Context, productID int64, status string) (int64, error) {
	n, err := tx.Queries.SetFloorStatus(ctx, productID, status)
	tx.note(ofProduct, productID, n, err)
	return n, err
}

// UpdateMachine changes a machine's settings.
func (tx *Tx) UpdateMachine(ctx context.Context, p db.UpdateMachineParams) error {
	err := tx.Queries.UpdateMachine(ctx, p)
	tx.note(ofMachine, p.ID, 1, err)
	return err
}

// HeartbeatBack stores the heartbeat of a machine that was offline.
func (tx *Tx) HeartbeatBack(ctx context.Context, p db.HeartbeatBackParams) (int64, error) {
	n, err := tx.Queries.HeartbeatBack(ctx, p)
	tx.note(ofMachine, p.MachineID, n, err)
	return n, err
}

// MachineOffline notes that a machine is gone, unless it is back already.
func (tx *Tx) MachineOffline(ctx context.Context, p db.MachineOfflineParams) (int64, error) {
	n, err := tx.Queries.MachineOffline(ctx, p)
	tx.note(ofMachine, p.MachineID, n, err)
	return n, err
}

// MachineFellSilent notes that a machine has said nothing for too long.
func (tx *Tx) MachineFellSilent(ctx context.Context, p db.MachineFellSilentParams) (int64, error) {
	n, err := tx.Queries.MachineFellSilent(ctx, p)
	tx.note(ofMachine, p.MachineID, n, err)
	return n, err
}

// OpenAlert opens an alert, unless it is open.
func (tx *Tx) OpenAlert(ctx context.Context, p db.OpenAlertParams) (int64, error) {
	n, err := tx.Queries.OpenAlert(ctx, p)
	tx.note(ofAlert, p.MachineID, n, err)
	return n, err
}

// ResolveAlert closes an open alert.
func (tx *Tx) ResolveAlert(ctx context.Context, p db.ResolveAlertParams) (int64, error) {
	n, err := tx.Queries.ResolveAlert(ctx, p)
	tx.note(ofAlert, p.MachineID, n, err)
	return n, err
}
