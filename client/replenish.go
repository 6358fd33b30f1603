package client

import (
	"context"
	"net/http"
	"strconv"
)

// Replenish sets the stock of a product to a level from 0 to its capacity (openapi.md
// §7.20). It is sent once: between two sendings something may be sold. If the answer
// is lost, look at the stock with [Client.Products].
func (c *Client) Replenish(ctx context.Context, machineNo string, productID, level int64) error {
	return c.replenish(ctx, fields{
		"machine_no": machineNo, "method": "replenishment.product.id", "product_id": id(productID),
		"current_inventory": strconv.FormatInt(level, 10),
	})
}

// CategoryLevel sets the stock of a whole category in one cabinet.
type CategoryLevel struct {
	MachineNo  string
	CategoryID int64
	// Level is the new stock of each product, 0 or more.
	Level int64
	// Cabinet is a letter; "" is A.
	Cabinet string
}

// ReplenishCategory sets the stock of a category (openapi.md §7.21). With
// [ErrExceedsCapacity] the channels that can hold the level were set. It is sent
// once, see [Client.Replenish].
func (c *Client) ReplenishCategory(ctx context.Context, r CategoryLevel) error {
	return c.replenish(ctx, fields{
		"machine_no": r.MachineNo, "method": "replenishment.category.id", "category_id": id(r.CategoryID),
		"current_inventory": strconv.FormatInt(r.Level, 10), "cabinet_name": r.Cabinet,
	})
}

// ReplenishAll fills every channel of a cabinet to its capacity; cabinet "" is A
// (openapi.md §7.22). It is sent once, see [Client.Replenish].
func (c *Client) ReplenishAll(ctx context.Context, machineNo, cabinet string) error {
	return c.replenish(ctx, fields{"machine_no": machineNo, "method": "replenishment.machine.all", "cabinet_name": cabinet})
}

func (c *Client) replenish(ctx context.Context, f fields) error {
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/replenishments", fields: f}, nil)
	return err
}
