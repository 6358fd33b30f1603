package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Order is an order (openapi.md §7.13, §7.15).
type Order struct {
	OrderID int64  `json:"order_id"`
	TradeID string `json:"trade_id"`
	Date    string `json:"date"`
	Amount  string `json:"amount"`
	// Status is a name of openapi.md §6.2, such as PICKUPCODE, NOTPAY or SUCCESS.
	Status string `json:"status"`
	// NotifySendCount is how many callbacks you have acknowledged.
	NotifySendCount int64    `json:"notify_send_count"`
	Records         []Record `json:"records"`
	// PickupCodeID is the row of the code that was redeemed, else 0.
	PickupCodeID int64 `json:"pickup_code_id"`
}

// Record is one line of an order.
type Record struct {
	ID        int64  `json:"id"`
	ProductID int64  `json:"product_id"`
	Quantity  int64  `json:"quantity"`
	Price     string `json:"price"` // of the whole line
	// Status is a name of openapi.md §6.3, such as WAITING_PICKED_UP or IS_SUCCESS;
	// "" while the order is unpaid. In the first answer of Consume it is 未取货.
	Status string `json:"status"`
	// NotifySent is "1" when you have acknowledged the newest result, else "0".
	NotifySent string `json:"notify_sent"`
}

// Line is a product of a new order.
type Line struct {
	ProductID int64 `json:"product_id"`
	Quantity  int64 `json:"quantity"` // 1 to 99
}

// NewOrder is an order to be paid (openapi.md §7.14). Every member is required.
type NewOrder struct {
	MachineNo string `json:"machine_no"`
	NotifyURL string `json:"notify_url"`
	// TradeID is your number of the order, see [Consumption].
	TradeID string `json:"trade_id"`
	// Lines are 1 to 50.
	Lines []Line `json:"products"`
}

// CreateOrder makes an unpaid order, reserves the stock and returns the order_id
// (openapi.md §7.14). A call whose answer is lost is sent again; when the platform
// then says that the trade_id exists and the order has these lines, it is ours. In
// any other case [ErrTradeIDExists] is for you to judge.
func (c *Client) CreateOrder(ctx context.Context, r NewOrder) (int64, error) {
	var out struct {
		OrderID int64 `json:"order_id"`
	}
	doubtful, err := c.call(ctx, request{verb: http.MethodPost, path: "/orders", bare: r, safe: true}, &out)
	var refused *Error
	if !doubtful || !errors.As(err, &refused) || refused.Code != ErrTradeIDExists {
		return out.OrderID, err
	}
	order, asked := c.Order(ctx, r.MachineNo, refused.Data.OrderID)
	if asked != nil {
		return 0, fmt.Errorf("is order %d ours? %w", refused.Data.OrderID, asked)
	}
	same := slices.EqualFunc(order.Records, r.Lines, func(a Record, b Line) bool {
		return a.ProductID == b.ProductID && a.Quantity == b.Quantity
	})
	if !same || order.PickupCodeID != 0 || !sameTradeID(order.TradeID, r.TradeID) {
		return 0, err
	}
	return order.OrderID, nil
}

// Order asks for an order (openapi.md §7.15). One that expired unpaid is
// [ErrOrderExpired].
func (c *Client) Order(ctx context.Context, machineNo string, orderID int64) (Order, error) {
	return query[Order](ctx, c, fmt.Sprintf("/orders/%d", orderID), machineNo)
}

// OrderByTradeID asks for an order by your number of it (openapi.md §7.15).
func (c *Client) OrderByTradeID(ctx context.Context, machineNo, tradeID string) (Order, error) {
	return query[Order](ctx, c, "/orders/"+url.PathEscape(tradeID), machineNo)
}

// OrderStatus is what a merchant says of a payment (openapi.md §7.16).
type OrderStatus int

// The statuses. All but OrderPaid and OrderUserPaying return the stock.
const (
	OrderPaid OrderStatus = iota + 1
	OrderRefunded
	OrderClosed
	OrderRevoked
	OrderUserPaying
	OrderPayError
)

// UpdateOrder tells the platform what became of a payment (openapi.md §7.16). To
// repeat a status is a success.
func (c *Client) UpdateOrder(ctx context.Context, machineNo string, orderID int64, status OrderStatus) error {
	f := fields{"machine_no": machineNo, "status": strconv.Itoa(int(status))}
	_, err := c.call(ctx, request{verb: http.MethodPut, path: fmt.Sprintf("/orders/%d", orderID), fields: f, safe: true}, nil)
	return err
}
