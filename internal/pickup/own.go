package pickup

import (
	"context"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// ownCode returns a code of the merchant's machine unless another merchant
// redeemed it, who had the machine before: that order, like everything of
// another merchant, must look as if it did not exist (errors.md §1).
func ownCode(ctx context.Context, q *db.Queries, merchantID int64, code db.PickupCode) (db.PickupCode, bool, error) {
	if code.State != vending.CodeUsed || code.OrderID == 0 {
		return code, true, nil
	}
	order, found, err := store.Find(q.OrderByID(ctx, code.OrderID))
	if err != nil || found && order.MerchantID != merchantID {
		return db.PickupCode{}, false, err
	}
	return code, true, nil
}
