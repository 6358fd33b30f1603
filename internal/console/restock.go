package console

import (
	"context"
	"math"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) restockRoutes() []route {
	return []route{
		{http.MethodGet, "/visits", member, account.Restock, s.visits},
		{http.MethodGet, "/visits/{id}", member, account.Restock, s.visit},
		{http.MethodGet, "/pick-list", member, account.Restock, s.pickList},
	}
}

// pastVisit is a visit in a list; Products to Surplus sum its lines up, in pieces.
type pastVisit struct {
	ID          int64  `json:"id"`
	At          int64  `json:"at"`
	MachineNo   string `json:"machine_no"`
	MachineName string `json:"machine_name"`
	Timezone    string `json:"timezone"`
	Email       string `json:"email"`
	UserName    string `json:"user_name"`
	Products    int64  `json:"products"`
	Added       int64  `json:"added"`
	Removed     int64  `json:"removed"`
	Missing     int64  `json:"missing"`
	Surplus     int64  `json:"surplus"`
}

func (pastVisit) csvHeader() []string {
	return []string{"id", "at", "machine_no", "machine_name", "email", "user_name", "products", "added", "removed", "missing", "surplus"}
}

func (v pastVisit) csvRow() []string {
	return []string{
		number(v.ID), isoTime(v.At), v.MachineNo, v.MachineName, v.Email, v.UserName, number(v.Products), number(v.Added),
		number(v.Removed), number(v.Missing), number(v.Surplus),
	}
}

func showPastVisit(v db.VisitPageRow) pastVisit {
	return pastVisit{
		v.ID, v.CreatedAt, v.MachineNo, v.MachineName, v.Timezone, v.Email, v.UserName, v.Products, v.Added, v.Removed, v.Missing, v.Surplus,
	}
}

// visits lists what restockers did, the newest first.
func (s *Server) visits(ctx context.Context, c *call) (any, error) {
	q := c.query()
	machineID, err := s.machineFilter(ctx, c, q)
	if err != nil {
		return nil, err
	}
	limit, before := q.limit(), int64(math.MaxInt64)
	q.cursor(&before)
	if err := q.done(); err != nil {
		return nil, err
	}
	stored, err := s.store.VisitPage(ctx, db.VisitPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, MachineID: machineID, BeforeID: before, PageSize: limit + 1,
	})
	if err != nil {
		return nil, err
	}
	return paged(c, items(stored, showPastVisit).Items, limit, "visits", func(last pastVisit) any { return last.ID })
}

// pastVisitInfo is a visit with its lines.
type pastVisitInfo struct {
	pastVisit
	Lines []pastVisitLine `json:"lines"`
}

// pastVisitLine names what the channel holds now.
type pastVisitLine struct {
	visitLineInfo
	ChannelName string `json:"channel_name"`
	GoodName    string `json:"good_name"`
}

func (s *Server) visit(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	found, err := s.store.VisitPage(ctx, db.VisitPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, VisitID: id, BeforeID: math.MaxInt64, PageSize: 1,
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, account.NotFound
	}
	lines, err := s.store.VisitLinesWithGoods(ctx, id)
	if err != nil {
		return nil, err
	}
	return pastVisitInfo{showPastVisit(found[0]), items(lines, func(l db.VisitLinesWithGoodsRow) pastVisitLine {
		return pastVisitLine{showVisitLine(l.VisitLine), l.ChannelName, l.GoodName}
	}).Items}, nil
}

// pickRow is what of a good fills the channels that hold it.
type pickRow struct {
	GoodID   int64  `json:"good_id"`
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	Thumb    string `json:"thumb"`
	Pieces   int64  `json:"pieces"`
	Channels int64  `json:"channels"`
	Machines int64  `json:"machines"`
}

func (pickRow) csvHeader() []string {
	return []string{"slug", "name", "pieces", "channels", "machines"}
}

func (r pickRow) csvRow() []string {
	return []string{r.Slug, r.Name, number(r.Pieces), number(r.Channels), number(r.Machines)}
}

// pickList is what a restocker takes along for a group of machines, or for all in
// the scope.
func (s *Server) pickList(ctx context.Context, c *call) (any, error) {
	q := c.query()
	group := q.text("machine_group", 100)
	if c.Group != "" {
		group = c.Group
	}
	limit := q.limit()
	var after namedPlace
	q.cursor(&after)
	if err := q.done(); err != nil {
		return nil, err
	}
	stored, err := s.store.PickList(ctx, db.PickListParams{
		MerchantID: c.Merchant.ID, MachineGroup: group, AfterName: after.Name, AfterID: after.ID, PageSize: limit + 1,
	})
	if err != nil {
		return nil, err
	}
	rows := items(stored, func(r db.PickListRow) pickRow {
		return pickRow{r.ID, r.Slug, r.Name, r.Thumb, r.Pieces, r.Channels, r.Machines}
	}).Items
	return paged(c, rows, limit, "pick-list", func(last pickRow) any { return namedPlace{last.Name, last.GoodID} })
}
