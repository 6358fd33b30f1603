// Package alerts keeps what an operator should look at. An alert is raised in
// the transaction of the change it tells of, stays open until its cause is gone
// or somebody has dealt with it, and is raised only once meanwhile. Rules say who is
// told; the messages are written in the same transaction.
package alerts

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Alert is one thing to look at.
type Alert struct {
	MachineID int64
	Kind      vending.AlertKind
	// Subject is what Kind says it is, "" for the machine itself.
	Subject string
	// Detail is for people.
	Detail string
	// At is UTC milliseconds.
	At int64
}

// Raise opens an alert, unless one of its kind is open for the subject.
func Raise(ctx context.Context, tx *store.Tx, log *slog.Logger, a Alert) error {
	n, err := tx.OpenAlert(ctx, db.OpenAlertParams{
		MachineID: a.MachineID, Kind: a.Kind, Subject: a.Subject, Detail: a.Detail, OpenedAt: a.At,
	})
	if err != nil {
		return fmt.Errorf("raise alert: %w", err)
	}
	if n == 0 {
		return nil
	}
	log.Error("alert", "kind", a.Kind, "machine_id", a.MachineID, "subject", a.Subject, "detail", a.Detail)
	return tx.QueueAlertMessages(ctx, db.QueueAlertMessagesParams{
		Event: EventOpened, Now: a.At, MachineID: a.MachineID, Kind: a.Kind, Subject: a.Subject,
	})
}

// Resolve closes the open alert of a kind and subject, if there is one. at is
// UTC milliseconds.
func Resolve(ctx context.Context, tx *store.Tx, machineID int64, kind vending.AlertKind, subject string, at int64) error {
	n, err := tx.ResolveAlert(ctx, db.ResolveAlertParams{MachineID: machineID, Kind: kind, Subject: subject, Now: at})
	if err != nil {
		return fmt.Errorf("resolve alert: %w", err)
	}
	if n == 0 {
		return nil
	}
	return tx.QueueAlertMessages(ctx, db.QueueAlertMessagesParams{
		Event: EventResolved, Now: at, MachineID: machineID, Kind: kind, Subject: subject,
	})
}
