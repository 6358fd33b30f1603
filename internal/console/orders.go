package console

import (
	"context"
	"math"
	"net/http"
	"strconv"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) orderRoutes() []route {
	return []route{
		{http.MethodGet, "/orders", member, account.SeeSales, s.orders},
		{http.MethodGet, "/orders/{id}", member, account.SeeSales, s.orderDetail},
		{http.MethodGet, "/orders/{id}/evidence", member, account.SeeSales, s.orderEvidence},
		{http.MethodPost, "/orders/{id}/dispense", member, account.Redispense, s.dispenseAgain},
		{http.MethodPost, "/orders/{id}/refund", member, account.Refund, s.refundOrder},
		{http.MethodPost, "/orders/{id}/comments", member, account.SeeSales, s.commentOrder},
		{http.MethodPost, "/orders/{id}/callbacks/{callback_id}/resend", member, account.ResendCallbacks, s.resendCallback},
	}
}

// outcomes are how orders stand, by their status and all of their records.
func outcomes() []string {
	return []string{"UNPAID", "WAITING", "DISPENSING", "DISPENSED", "FAILED", "TIMEOUT", "REFUNDED", "CLOSED"}
}

// orderRow is an order in a list. GoodName is that of its first record.
type orderRow struct {
	ID          int64  `json:"id"`
	TradeID     string `json:"trade_id"`
	MachineNo   string `json:"machine_no"`
	MachineName string `json:"machine_name"`
	Status      string `json:"status"`
	Outcome     string `json:"outcome"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	GoodName    string `json:"good_name"`
	Quantity    int64  `json:"quantity"`
	Delivered   int64  `json:"delivered"`
	ByCode      bool   `json:"by_code"`
	CreatedAt   int64  `json:"created_at"`
}

func (orderRow) csvHeader() []string {
	return []string{
		"id", "trade_id", "machine_no", "machine_name", "status", "outcome", "amount", "currency", "good_name", "quantity",
		"delivered", "by_code", "created_at",
	}
}

func (r orderRow) csvRow() []string {
	return []string{
		number(r.ID), r.TradeID, r.MachineNo, r.MachineName, r.Status, r.Outcome, vending.Money(r.Amount).String(), r.Currency,
		r.GoodName, number(r.Quantity), number(r.Delivered), strconv.FormatBool(r.ByCode), isoTime(r.CreatedAt),
	}
}

// orderPlace is where a page of orders ends: the newest come first.
type orderPlace struct {
	At int64 `json:"a"`
	ID int64 `json:"i"`
}

func (s *Server) orders(ctx context.Context, c *call) (any, error) {
	q := c.query()
	machineID, err := s.machineFilter(ctx, c, q)
	if err != nil {
		return nil, err
	}
	return s.ordersOf(ctx, c, q, machineID)
}

func (s *Server) machineOrders(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.ordersOf(ctx, c, c.query(), m.Machine.ID)
}

// ordersOf lists orders of one machine or of all; q is an order id or trade_id.
func (s *Server) ordersOf(ctx context.Context, c *call, q *query, machineID int64) (any, error) {
	p := db.OrderPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, MachineID: machineID,
		Outcome: q.oneOf("outcome", outcomes()...), FromAt: q.number("from"),
	}
	place := orderPlace{At: q.number("to"), ID: math.MaxInt64}
	if place.At == 0 {
		place.At = math.MaxInt64
	}
	text := q.text("q", 50)
	limit := q.limit()
	q.cursor(&place)
	if err := q.done(); err != nil {
		return nil, err
	}
	if text != "" {
		p.TradeKey, p.OrderID = orderKeys(text)
	}
	p.BeforeAt, p.BeforeID, p.PageSize = place.At, place.ID, limit+1
	stored, err := s.store.OrderPage(ctx, p)
	if err != nil {
		return nil, err
	}
	rows := items(stored, func(o db.OrderPageRow) orderRow {
		return orderRow{
			ID: o.ID, TradeID: o.TradeID, MachineNo: o.MachineNo, MachineName: o.MachineName,
			Status: vending.OrderStatus(o.Status).String(), Outcome: o.Outcome, Amount: o.Amount, Currency: currencyCode(o.CurrencyID),
			GoodName: o.GoodName, Quantity: o.Quantity, Delivered: o.Delivered, ByCode: o.PickupCodeID != 0, CreatedAt: o.CreatedAt,
		}
	}).Items
	return paged(c, rows, limit, "orders", func(last orderRow) any { return orderPlace{last.CreatedAt, last.ID} })
}

// orderKeys reads an order id or a trade_id. What is neither finds nothing: no
// order has the id -1.
func orderKeys(text string) (tradeKey string, id int64) {
	if t, err := vending.ParseTradeID(text); err == nil {
		tradeKey = t.Key
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		id = -1
	}
	return tradeKey, id
}
