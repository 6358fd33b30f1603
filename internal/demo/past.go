package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/openapi"
)

// outcome is how an order of the history goes.
type outcome int

const (
	sold    outcome = iota
	jammed          // nothing drops; the money is given back
	retried         // nothing drops, the second attempt does
	unknown         // the machine never answers
	left            // the customer never pays, or the code is cancelled
	broken          // as jammed, and the channel stays faulty
)

// outcomeOf makes an outcome of a throw of 0–99.
func outcomeOf(throw int) outcome {
	switch {
	case throw < 89:
		return sold
	case throw < 92:
		return retried
	case throw < 95:
		return jammed
	case throw < 96:
		return unknown
	}
	return left
}

// pastOrder is what the history needs of an order.
type pastOrder struct {
	OrderID int64 `json:"order_id"`
	Records []struct {
		ID int64 `json:"id"`
	} `json:"records"`
}

// sell sells a piece of the nth channel of a machine, or of the next that has
// one.
func (h *history) sell(ctx context.Context, m *pastMachine, n int, byCode bool, how outcome) error {
	for range channels {
		if m.stock[n] > 0 && !m.faulty[n] {
			break
		}
		n = (n + 1) % channels
	}
	if m.offline || m.stock[n] == 0 || m.faulty[n] {
		return nil // the customer goes away
	}
	if h.now.Before(m.busyUntil) {
		h.now = m.busyUntil
	}
	if err := h.beat(ctx, m); err != nil {
		return err
	}
	productID := m.firstProduct + int64(n)
	var order pastOrder
	var err error
	if byCode {
		order, err = h.redeem(ctx, m, productID, how == left)
	} else {
		order, err = h.buy(ctx, m, productID, how == left)
	}
	if err != nil || order.OrderID == 0 || how == left {
		return err
	}
	m.stock[n]--
	how, err = h.drop(ctx, m, n, order, how)
	if err != nil || how != jammed && how != broken {
		return err
	}
	m.stock[n]++
	m.faulty[n] = how == broken
	h.later(20*time.Minute, func(ctx context.Context) error { return h.setStatus(ctx, m, order, "2") })
	return nil
}

// redeem redeems a code of the product, if there is one.
func (h *history) redeem(ctx context.Context, m *pastMachine, productID int64, cancel bool) (order pastOrder, err error) {
	codes, err := h.app.Store.LiveCodesOfProduct(ctx, productID, h.now.UnixMilli())
	if err != nil {
		return order, err
	}
	for _, code := range codes {
		if code.Code == documentedCode {
			continue
		}
		if cancel {
			_, err := h.client.callAs(ctx, http.MethodPut, openapi.Prefix+"/pickup_codes", map[string]any{
				"machine_no": m.no, "method": "pickup_code.delete.id", "id": strconv.FormatInt(code.ID, 10),
			})
			return order, err
		}
		x, err := h.client.call(ctx, openapi.Prefix+"/consumes", map[string]any{
			"machine_no": m.no, "method": "event.consume.pickup_code", "code": code.Code,
			"product_id": strconv.FormatInt(productID, 10), "notify_url": notifyURL, "trade_id": h.tradeID(),
		})
		if err != nil {
			return order, err
		}
		return order, json.Unmarshal(x.Data, &order)
	}
	return h.buy(ctx, m, productID, cancel)
}

// buy makes an order and pays it, or does not.
func (h *history) buy(ctx context.Context, m *pastMachine, productID int64, leave bool) (order pastOrder, err error) {
	body, err := json.Marshal(map[string]any{
		"machine_no": m.no, "notify_url": notifyURL, "trade_id": h.tradeID(),
		"products": []any{map[string]any{"product_id": productID, "quantity": 1}},
	})
	if err != nil {
		return order, err
	}
	x, err := h.client.send(ctx, http.MethodPost, exchange{Path: openapi.Prefix + "/orders"}, body)
	if err != nil {
		return order, err
	}
	if err := json.Unmarshal(x.Data, &order); err != nil || leave {
		return order, err
	}
	h.pass(9 * time.Second)
	if err := h.setStatus(ctx, m, order, "1"); err != nil {
		return order, err
	}
	// The answer to a new order does not have its records.
	x, err = h.client.call(ctx, openapi.Prefix+"/orders/"+strconv.FormatInt(order.OrderID, 10), map[string]any{"machine_no": m.no})
	if err != nil {
		return order, err
	}
	return order, json.Unmarshal(x.Data, &order)
}

func (h *history) setStatus(ctx context.Context, m *pastMachine, order pastOrder, status string) error {
	_, err := h.client.callAs(ctx, http.MethodPut, openapi.Prefix+"/orders/"+strconv.FormatInt(order.OrderID, 10),
		map[string]any{"machine_no": m.no, "status": status})
	return err
}

// drop has the machine drop the goods, once or twice, and tells how it went.
func (h *history) drop(ctx context.Context, m *pastMachine, n int, order pastOrder, how outcome) (outcome, error) {
	h.pass(time.Second)
	x, err := h.client.call(ctx, openapi.Prefix+"/deliveries", map[string]any{
		"machine_no": m.no, "method": "device.delivery.put",
		"order_id": strconv.FormatInt(order.OrderID, 10), "record_id": strconv.FormatInt(order.Records[0].ID, 10),
	})
	if err != nil {
		return how, err
	}
	var delivery struct {
		DeliveryID string `json:"delivery_id"`
	}
	if err := json.Unmarshal(x.Data, &delivery); err != nil {
		return how, err
	}
	if err := h.app.SendDue(ctx); err != nil {
		return how, err
	}
	if how == unknown {
		m.busyUntil = h.now.Add(time.Minute)
		h.later(3*time.Minute, h.tick)
		return how, nil
	}
	h.pass(2500*time.Millisecond + time.Duration(h.dice.IntN(4000))*time.Millisecond)
	report := map[string]string{
		"delivery_id": delivery.DeliveryID, "order_id": strconv.FormatInt(order.OrderID, 10),
		"record_id": strconv.FormatInt(order.Records[0].ID, 10), "deliver_status": "1", "delivered": "1", "floor_status": "1",
	}
	if how != sold {
		report["deliver_status"], report["delivered"] = "0", "0"
		report["error_msg"] = []string{"Goods are Stuck", "Load No Current", "Feedback Error"}[(n+len(m.no)+h.orders)%3]
	}
	if how == broken {
		report["error_msg"], report["floor_status"] = "Over Current", "2"
	}
	if err := h.say(ctx, m, "device.delivery.response", report); err != nil {
		return how, err
	}
	if err := h.app.SendDue(ctx); err != nil {
		return how, err
	}
	if how != retried {
		return how, nil
	}
	h.pass(40 * time.Second)
	return h.drop(ctx, m, n, order, sold)
}

// issueCodes gives every product two codes for almost three days: those of the
// last ones have expired before the end.
func (h *history) issueCodes(ctx context.Context) error {
	expiry := map[string]any{"expired_at": h.now.Add(70 * time.Hour).In(h.zone).Format(time.DateTime)}
	for _, m := range h.machines {
		if m.offline {
			continue
		}
		if err := issueCodesFor(ctx, h.client, m.no, expiry); err != nil {
			return err
		}
	}
	return h.app.SendDue(ctx)
}

// visit fills a machine and repairs it. Now and then the count is not what the
// platform believed.
func (h *history) visit(ctx context.Context, m *pastMachine) error {
	if m.offline {
		return nil
	}
	v := catalog.Visit{MachineNo: m.no, UserID: h.restocker, Key: fmt.Sprintf("demo-visit-%d", h.now.UnixMilli())}
	var repaired []int64
	for n, stock := range m.stock {
		line := catalog.VisitLine{ProductID: m.firstProduct + int64(n), Expected: stock, Counted: stock}
		if stock > 0 && h.dice.IntN(25) == 0 {
			line.Counted--
		}
		if line.Counted > 0 && h.dice.IntN(40) == 0 {
			line.Removed = 1
		}
		line.Added = channelCapacity - line.Counted + line.Removed
		if line.Added > 0 || line.Counted != line.Expected {
			v.Lines = append(v.Lines, line)
		}
		m.stock[n] = channelCapacity
		if m.faulty[n] {
			repaired = append(repaired, line.ProductID)
			m.faulty[n] = false
		}
	}
	if len(repaired) > 0 {
		if _, err := h.app.Catalog.ClearFaults(ctx, m.id, repaired); err != nil {
			return err
		}
	}
	if _, err := h.app.Catalog.ApplyVisit(ctx, h.merchant, v); err != nil {
		return fmt.Errorf("visit machine %s: %w", m.no, err)
	}
	if err := h.beat(ctx, m); err != nil {
		return err
	}
	return h.app.SendDue(ctx)
}

// pass moves the clock.
func (h *history) pass(d time.Duration) { h.now = h.now.Add(d) }

// tradeID numbers the orders of the merchant.
func (h *history) tradeID() string {
	h.orders++
	return fmt.Sprintf("%s%06d", h.now.In(h.zone).Format("20060102150405"), h.orders)
}
