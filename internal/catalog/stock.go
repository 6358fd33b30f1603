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

// ReturnStock gives pieces back to a product, never above its capacity; what
// does not fit is logged (openapi.md §5). It belongs to the caller's
// transaction.
func ReturnStock(ctx context.Context, tx *store.Tx, log *slog.Logger, productID, pieces int64) error {
	if pieces <= 0 {
		return nil
	}
	product, found, err := store.Find(tx.ProductByID(ctx, productID))
	if err != nil || !found {
		return err
	}
	if product.CurrentInventory+pieces > product.Inventory {
		log.Warn("returned pieces exceed the channel's capacity and are not counted", "product_id", productID,
			"returned", pieces, "current_inventory", product.CurrentInventory, "inventory", product.Inventory)
	}
	if err := tx.ReturnStock(ctx, pieces, productID); err != nil {
		return fmt.Errorf("return stock: %w", err)
	}
	return nil
}

// AlertIfSoldOut raises an alert if a product that is sold has no piece left, in the
// transaction of the report that took the last one. now is UTC milliseconds. The
// alert is open as long as that is so (FilledProducts).
func AlertIfSoldOut(ctx context.Context, tx *store.Tx, log *slog.Logger, machineID, productID, now int64) error {
	product, found, err := store.Find(tx.ProductByID(ctx, productID))
	if err != nil || !found || product.CurrentInventory > 0 || !product.OnSale || product.GoodID == 0 || product.MachineID != machineID {
		return err
	}
	return alerts.Raise(ctx, tx, log, alerts.Alert{
		MachineID: machineID, Kind: vending.AlertSoldOut, Subject: strconv.FormatInt(productID, 10), At: now,
	})
}
