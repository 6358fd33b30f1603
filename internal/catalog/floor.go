package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// SetFloorStatus stores the state of a product's channel, in the caller's
// transaction: any but the normal one blocks the product and is an alert, the
// normal one ends it (mqtt.md §4.8, §6.5 row 7). now is UTC milliseconds.
func SetFloorStatus(ctx context.Context, tx *store.Tx, log *slog.Logger, machineID, productID int64, status string, now int64) error {
	if _, err := tx.SetFloorStatus(ctx, productID, status); err != nil {
		return fmt.Errorf("store channel status: %w", err)
	}
	subject := strconv.FormatInt(productID, 10)
	if status == vending.FloorNormal {
		return alerts.Resolve(ctx, tx, machineID, vending.AlertChannel, subject, now)
	}
	return alerts.Raise(ctx, tx, log, alerts.Alert{
		MachineID: machineID, Kind: vending.AlertChannel, Subject: subject, Detail: "floor_status " + status, At: now,
	})
}
