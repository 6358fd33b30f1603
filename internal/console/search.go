package console

import (
	"context"
	"math"
	"net/http"
	"strings"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxHits bounds the hits of each kind that a search lists.
const maxHits = 5

func (s *Server) searchRoutes() []route {
	return []route{{http.MethodGet, "/search", member, account.See, s.search}}
}

// hit is something a search has found. Ref is what its page is called by.
type hit struct {
	Kind  string `json:"kind"`
	Ref   string `json:"ref"`
	Title string `json:"title"`
}

// finder looks for one kind of thing, for roles with a permission.
type finder struct {
	may  account.Permission
	find func(ctx context.Context, c *call, text string) ([]hit, error)
}

// search finds what a text may name, whatever it is.
func (s *Server) search(ctx context.Context, c *call) (any, error) {
	q := c.query()
	text := strings.TrimSpace(q.text("q", 100))
	if err := q.done(); err != nil {
		return nil, err
	}
	out := all[hit]{Items: []hit{}}
	if text == "" {
		return out, nil
	}
	for _, f := range []finder{
		{account.See, s.findMachines}, {account.SeeSales, s.findOrders}, {account.SeeCodes, s.findCodes},
		{account.See, s.findGoods}, {account.SeeDeveloperLog, s.findRequests},
	} {
		if !c.Role.May(f.may) {
			continue
		}
		hits, err := f.find(ctx, c, text)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, hits...)
	}
	return out, nil
}

func (s *Server) findMachines(ctx context.Context, c *call, text string) ([]hit, error) {
	rows, err := s.store.MachineOverview(ctx, db.MachineOverviewParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, Pattern: pattern(text), PageSize: maxHits,
	})
	return items(rows, func(m db.MachineOverviewRow) hit { return hit{"machine", m.MachineNo, m.Name} }).Items, err
}

// findOrders takes the id of an order or a delivery, or a trade_id.
func (s *Server) findOrders(ctx context.Context, c *call, text string) ([]hit, error) {
	p := db.OrderPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, BeforeAt: math.MaxInt64, BeforeID: math.MaxInt64, PageSize: maxHits,
	}
	p.TradeKey, p.OrderID = orderKeys(text)
	rows, err := s.store.OrderPage(ctx, p)
	if err == nil && len(rows) == 0 && p.OrderID > 0 {
		if p.OrderID, _, err = store.Find(s.store.OrderOfDelivery(ctx, p.OrderID)); err == nil && p.OrderID > 0 {
			rows, err = s.store.OrderPage(ctx, p)
		}
	}
	return items(rows, func(o db.OrderPageRow) hit { return hit{"order", number(o.ID), o.TradeID} }).Items, err
}

func (s *Server) findCodes(ctx context.Context, c *call, text string) ([]hit, error) {
	if !vending.ValidCode(text) {
		return nil, nil
	}
	p := s.codeParams(c)
	p.Code, p.PageSize = text, maxHits
	rows, err := s.store.CodePage(ctx, p)
	return items(rows, func(r db.CodePageRow) hit { return hit{"code", number(r.ID), r.MachineNo + " " + r.ChannelName} }).Items, err
}

func (s *Server) findGoods(ctx context.Context, c *call, text string) ([]hit, error) {
	rows, err := s.store.GoodPage(ctx, db.GoodPageParams{MerchantID: c.Merchant.ID, MachineGroup: c.Group, Pattern: pattern(text), PageSize: maxHits})
	return items(rows, func(g db.GoodPageRow) hit { return hit{"good", number(g.Good.ID), g.Good.Name} }).Items, err
}

// findRequests takes a whole request id: 24 hex digits.
func (s *Server) findRequests(ctx context.Context, c *call, text string) ([]hit, error) {
	if len(text) != 24 || strings.Trim(text, "0123456789abcdef") != "" {
		return nil, nil
	}
	rows, err := s.store.RequestPage(ctx, db.RequestPageParams{
		MerchantID: c.Merchant.ID, BeforeID: math.MaxInt64, RequestID: text, PageSize: maxHits,
	})
	return items(rows, func(r db.RequestLog) hit { return hit{"request", number(r.ID), r.Verb + " " + r.Target} }).Items, err
}
