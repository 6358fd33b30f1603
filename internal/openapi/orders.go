package openapi

import (
	"context"
	"net/netip"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/vending"
)

// orderJSON is the order of openapi.md §7.13 and §7.15.
type orderJSON struct {
	OrderID         int64        `json:"order_id"`
	TradeID         string       `json:"trade_id"`
	Date            string       `json:"date"`
	Amount          string       `json:"amount"`
	Status          string       `json:"status"`
	NotifySendCount int64        `json:"notify_send_count,omitempty"`
	Records         []recordJSON `json:"records"`
	PickupCodeID    int64        `json:"pickup_code_id,omitempty"`
}

type recordJSON struct {
	ID         int64  `json:"id"`
	ProductID  int64  `json:"product_id"`
	Quantity   int64  `json:"quantity"`
	Price      string `json:"price"`
	Status     string `json:"status,omitempty"`
	NotifySent string `json:"notify_sent"`
}

// consume is openapi.md §7.13 and consume.md §3, steps 13 and 14; the rest is
// the use case's.
func (s *Server) consume(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := pickup.Consumption{
		MachineNo:  f.machineNo(),
		Code:       f.code(),
		ProductID:  f.id("product_id"),
		NotifyURL:  f.notifyURL(s.cfg.AllowPrivateCallbacks, s.cfg.AllowCallbackRanges),
		Remembered: c.memory != nil,
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	var err error
	if r.TradeID, err = tradeID(c.payload); err != nil {
		return nil, err
	}
	done, err := s.use.Pickup.Consume(ctx, c.merchant, r)
	c.memory.settle(err)
	if err != nil {
		return nil, err
	}
	return orderJSON{
		OrderID: done.OrderID, TradeID: r.TradeID.Shown, Date: done.Date, Amount: done.Amount.String(),
		Status: vending.OrderPickupCode.String(), PickupCodeID: done.CodeID,
		Records: []recordJSON{{
			ID: done.RecordID, ProductID: r.ProductID, Quantity: done.Quantity, Price: done.Amount.String(),
			Status: vending.RecordWaiting.Label(), NotifySent: "0",
		}},
	}, nil
}

func (f *form) code() string {
	text := f.read("code", true, true)
	if text != "" && !vending.ValidCode(text) {
		f.failFormat("code", "format")
	}
	return text
}

func (f *form) notifyURL(allowPrivate bool, allowed []netip.Prefix) string {
	text := f.text("notify_url")
	if text == "" {
		return ""
	}
	if reason := vending.CheckNotifyURL(text, allowPrivate, allowed...); reason != "" {
		f.failFormat("notify_url", reason)
	}
	return text
}

// order is openapi.md §7.15.
func (s *Server) order(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	if err := f.err(); err != nil {
		return nil, err
	}
	found, err := s.use.Ordering.Query(ctx, c.merchant, machineNo, c.request.PathValue("order_id"))
	if err != nil {
		return nil, err
	}
	o := found.Order
	out := orderJSON{
		OrderID: o.ID, TradeID: o.TradeID, Date: o.Date, Amount: o.Amount.String(), Status: o.Status.String(),
		NotifySendCount: o.NotifySendCount, PickupCodeID: o.PickupCodeID,
		Records: make([]recordJSON, len(found.Records)),
	}
	unpaid := o.Status.Unpaid()
	for i, r := range found.Records {
		out.Records[i] = recordJSON{
			ID: r.ID, ProductID: r.ProductID, Quantity: r.Quantity, Price: r.Price.String(), NotifySent: "0",
		}
		if !unpaid {
			out.Records[i].Status = string(r.State)
		}
		if r.NotifySent {
			out.Records[i].NotifySent = "1"
		}
	}
	return out, nil
}
