package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// NewTradeID draws a trade_id that no other order has: 32 hex digits. Store it before
// the call it is for, so that after a crash you can ask for the order.
func NewTradeID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails, it ends the process instead
	return hex.EncodeToString(raw[:])
}

// Consumption redeems a pickup code (openapi.md §7.13). Every member is required.
type Consumption struct {
	MachineNo string
	// Code is what the customer entered, ProductID the product it was made for.
	Code      string
	ProductID int64
	// NotifyURL is told the results of its deliveries.
	NotifyURL string
	// TradeID is your number of the order, unique among all your orders: 20 to 32
	// characters of 0-9 A-Z a-z _ - or a dashed UUID.
	TradeID string
}

// Redemption is the order of a redeemed code.
type Redemption struct {
	Order
	// Replayed tells that the code had been redeemed before under the same trade_id:
	// by an earlier attempt of this call, or an earlier call. The statuses of the
	// records are then those of an order query, and dispensing may have begun.
	Replayed bool
}

// Consume redeems a pickup code by the recipe of consume.md §6. A call whose answer
// is lost is sent again; an answer that the code is used is a success if the order it
// was used for has our trade_id, which is asked for. If Consume fails without an
// [*Error], or with [ErrInternal] or [ErrTooManyRequests], call it again with the same
// trade_id. [ErrPickupCodeUsed] means that somebody else used the code.
func (c *Client) Consume(ctx context.Context, r Consumption) (Redemption, error) {
	var out Redemption
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/consumes", safe: true, fields: fields{
		"machine_no": r.MachineNo, "method": "event.consume.pickup_code", "code": r.Code, "product_id": id(r.ProductID),
		"notify_url": r.NotifyURL, "trade_id": r.TradeID,
	}}, &out.Order)
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != ErrPickupCodeUsed || refused.Data.OrderID == 0 {
		return out, err
	}
	order, asked := c.Order(ctx, r.MachineNo, refused.Data.OrderID)
	switch {
	case asked != nil:
		return out, fmt.Errorf("whose is order %d, for which the code was used? %w", refused.Data.OrderID, asked)
	case !sameTradeID(order.TradeID, r.TradeID):
		return out, err
	}
	return Redemption{Order: order, Replayed: true}, nil
}

// sameTradeID compares as the platform does: a dashed UUID, an undashed one and
// either in upper case are one number (consume.md §2).
func sameTradeID(a, b string) bool { return tradeKey(a) == tradeKey(b) }

func tradeKey(tradeID string) string {
	digits := tradeID
	if len(tradeID) == 36 && tradeID[8] == '-' && tradeID[13] == '-' && tradeID[18] == '-' && tradeID[23] == '-' {
		digits = strings.ReplaceAll(tradeID, "-", "")
	}
	if raw, err := hex.DecodeString(digits); err == nil && len(raw) == 16 {
		return strings.ToLower(digits)
	}
	return tradeID
}
