package console

import (
	"context"
	"net/http"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of the queue: entries of each kind, how far it looks back, and when
// what was paid should have been dispensed; in milliseconds.
const (
	maxQueue   = 50
	queueSince = 7 * 24 * hour
	queueLate  = 10 * 60 * 1000
)

func (s *Server) nowRoutes() []route {
	return []route{{http.MethodGet, "/now", member, account.See, s.now}}
}

type nowInfo struct {
	Tiles tiles       `json:"tiles"`
	Bars  []bar       `json:"bars"`
	Queue []queueItem `json:"queue"`
}

// tiles are the figures of today, in the merchant's zone. Those of sales are
// null for roles that do not see sales, the rate also while there is none.
type tiles struct {
	Machines         int64    `json:"machines"`
	Online           int64    `json:"online"`
	RedemptionsToday *int64   `json:"redemptions_today"`
	SuccessRateToday *float64 `json:"success_rate_today"`
	SalesToday       *int64   `json:"sales_today"`
	// Currency is that of SalesToday, the one with the most; OtherSales are
	// those in other currencies.
	Currency   string  `json:"currency"`
	OtherSales []sales `json:"other_sales"`
}

type sales struct {
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// bar is one hour; Success and Failure count records of its orders.
type bar struct {
	HourStart int64 `json:"hour_start"`
	Success   int64 `json:"success"`
	Failure   int64 `json:"failure"`
}

// queueItem needs somebody. Subject is the channel, the trade_id or the address
// it is about, Count how many of them, Ref the id of the order, product or
// message.
type queueItem struct {
	Kind        string `json:"kind"`
	MachineNo   string `json:"machine_no"`
	MachineName string `json:"machine_name"`
	Subject     string `json:"subject"`
	Count       int64  `json:"count"`
	At          int64  `json:"at"`
	Ref         string `json:"ref"`
}

func (s *Server) now(ctx context.Context, c *call) (any, error) {
	out := nowInfo{Bars: []bar{}}
	machines, err := s.store.MachinesOnline(ctx, c.Merchant.ID, c.Group)
	if err != nil {
		return nil, err
	}
	out.Tiles = tiles{Machines: machines.Machines, Online: machines.Online, OtherSales: []sales{}}
	if c.Role.May(account.SeeSales) {
		if err := s.today(ctx, c, &out.Tiles); err != nil {
			return nil, err
		}
		if out.Bars, err = s.bars(ctx, c); err != nil {
			return nil, err
		}
	}
	out.Queue, err = s.queue(ctx, c)
	return out, err
}

// today fills in what was sold since midnight.
func (s *Server) today(ctx context.Context, c *call, t *tiles) error {
	now := s.clock().In(vending.Zone(c.Merchant.Timezone, s.cfg.Zone))
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location()).UnixMilli()
	sold, err := s.store.SalesSince(ctx, c.Merchant.ID, midnight, c.Group)
	if err != nil {
		return err
	}
	var redemptions, most int64
	main := 0
	for i, row := range sold {
		redemptions += row.Redemptions
		if row.Amount > most {
			main, most = i, row.Amount
		}
	}
	for i, row := range sold {
		if i == main {
			t.Currency = currencyCode(row.CurrencyID)
			continue
		}
		t.OtherSales = append(t.OtherSales, sales{currencyCode(row.CurrencyID), row.Amount})
	}
	t.RedemptionsToday, t.SalesToday = &redemptions, &most
	ended, err := s.store.OutcomesByHour(ctx, c.Merchant.ID, midnight, c.Group)
	if err != nil {
		return err
	}
	var success, all int64
	for _, h := range ended {
		success, all = success+h.Success, all+h.Success+h.Failure
	}
	if all > 0 {
		rate := float64(success) / float64(all)
		t.SuccessRateToday = &rate
	}
	return nil
}

// bars are the last 24 hours, also those in which nothing happened.
func (s *Server) bars(ctx context.Context, c *call) ([]bar, error) {
	now := s.clock.Millis()
	first := now - now%hour - 23*hour
	ended, err := s.store.OutcomesByHour(ctx, c.Merchant.ID, first, c.Group)
	if err != nil {
		return nil, err
	}
	out := make([]bar, 24)
	for i := range out {
		out[i].HourStart = first + int64(i)*hour
	}
	for _, h := range ended {
		if i := (h.HourStart - first) / hour; i >= 0 && i < 24 {
			out[i].Success, out[i].Failure = h.Success, h.Failure
		}
	}
	return out, nil
}

// queue lists what needs somebody, the kinds in the order of urgency.
func (s *Server) queue(ctx context.Context, c *call) ([]queueItem, error) {
	out := []queueItem{}
	now := s.clock.Millis()
	if c.Role.May(account.SeeSales) {
		orders, err := s.store.NotDispensed(ctx, db.NotDispensedParams{
			MerchantID: c.Merchant.ID, Since: now - queueSince, Late: now - queueLate, MachineGroup: c.Group, PageSize: maxQueue,
		})
		if err != nil {
			return nil, err
		}
		for _, o := range orders {
			out = append(out, queueItem{"PAID_NOT_DISPENSED", o.MachineNo, o.MachineName, o.TradeID, 1, o.CreatedAt, number(o.ID)})
		}
	}
	channels, err := s.store.FaultyChannels(ctx, c.Merchant.ID, c.Group, maxQueue)
	if err != nil {
		return nil, err
	}
	for _, f := range channels {
		out = append(out, queueItem{"FAULTY_CHANNEL", f.MachineNo, f.MachineName, f.ChannelName, 1, f.At, number(f.ProductID)})
	}
	offline, err := s.store.OfflineMachines(ctx, c.Merchant.ID, c.Group, maxQueue)
	if err != nil {
		return nil, err
	}
	for _, m := range offline {
		out = append(out, queueItem{"OFFLINE", m.MachineNo, m.MachineName, "", 1, m.LastHeartbeatAt, m.MachineNo})
	}
	soldOut, err := s.store.SoldOutMachines(ctx, c.Merchant.ID, c.Group, maxQueue)
	if err != nil {
		return nil, err
	}
	for _, m := range soldOut {
		out = append(out, queueItem{"SOLD_OUT", m.MachineNo, m.MachineName, number(m.Channels), m.Channels, 0, m.MachineNo})
	}
	if !c.Role.May(account.SeeSales) {
		return out, nil
	}
	dead, err := s.store.DeadCallbacks(ctx, db.DeadCallbacksParams{
		MerchantID: c.Merchant.ID, Since: now - queueSince, MachineGroup: c.Group, PageSize: maxQueue,
	})
	if err != nil {
		return nil, err
	}
	for _, cb := range dead {
		out = append(out, queueItem{"CALLBACK_FAILING", cb.MachineNo, cb.MachineName, cb.Url, 1, cb.FinishedAt, number(cb.OrderID)})
	}
	return out, nil
}
