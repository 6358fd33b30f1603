package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxEdits is more than a machine has channels: 8 boards of 100.
const maxEdits = 800

func (s *Server) planogramRoutes() []route {
	return []route{
		{http.MethodGet, "/machines/{machine_no}/planogram", member, account.See, s.planogram},
		{http.MethodPut, "/machines/{machine_no}/planogram", member, account.EditPlanogram, s.editPlanogram},
		{http.MethodPost, "/machines/{machine_no}/planogram/stage", member, account.EditPlanogram, s.stagePlanogram},
		{http.MethodPost, "/machines/{machine_no}/planogram/copy", member, account.EditPlanogram, s.copyPlanogram},
	}
}

type planogramInfo struct {
	Currency string        `json:"currency"`
	Cabinets []cabinetInfo `json:"cabinets"`
}

type cabinetInfo struct {
	Addr          int64     `json:"addr"`
	Name          string    `json:"name"`
	FloorType     int64     `json:"floor_type"`
	Lift          bool      `json:"lift"`
	DropDetection bool      `json:"drop_detection"`
	Rows          []rowInfo `json:"rows"`
}

// rowInfo is a row of a cabinet, from left to right. x counts rows and y columns
// (openapi.md §4.1).
type rowInfo struct {
	X        int64         `json:"x"`
	Channels []channelInfo `json:"channels"`
}

// channelInfo is a channel. Good is null for an empty one; a channel without a
// product (ProductID 0) is a lock.
type channelInfo struct {
	ChannelID     int64     `json:"channel_id"`
	Name          string    `json:"name"`
	Motor         int64     `json:"motor"`
	X             int64     `json:"x"`
	Y             int64     `json:"y"`
	IsAuxiliary   bool      `json:"is_auxiliary"`
	ProductID     int64     `json:"product_id"`
	Good          *goodInfo `json:"good"`
	Quantity      int64     `json:"quantity"`
	Capacity      int64     `json:"capacity"`
	OnSale        bool      `json:"on_sale"`
	FloorStatus   string    `json:"floor_status"`
	ReservedCodes int64     `json:"reserved_codes"`
}

type goodInfo struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Thumb string `json:"thumb"`
	Price int64  `json:"price"`
}

func (s *Server) planogram(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	boards, err := s.store.BoardsOfModel(ctx, m.Machine.ModelID)
	if err != nil {
		return nil, err
	}
	channels, err := s.store.Planogram(ctx, s.clock.Millis(), m.Machine.ID)
	if err != nil {
		return nil, err
	}
	if c.wantsCSV() {
		return file[channelRow]{"planogram-" + m.Machine.MachineNo, channelRows(channels)}, nil
	}
	out := planogramInfo{Currency: currencyCode(m.Machine.CurrencyID), Cabinets: []cabinetInfo{}}
	for _, row := range channels { // by cabinet, row and column
		if n := len(out.Cabinets); n == 0 || out.Cabinets[n-1].Addr != row.Channel.Addr {
			out.Cabinets = append(out.Cabinets, cabinetOf(row.Channel.Addr, boards))
		}
		cabinet := &out.Cabinets[len(out.Cabinets)-1]
		if n := len(cabinet.Rows); n == 0 || cabinet.Rows[n-1].X != row.Channel.X {
			cabinet.Rows = append(cabinet.Rows, rowInfo{X: row.Channel.X})
		}
		last := &cabinet.Rows[len(cabinet.Rows)-1]
		last.Channels = append(last.Channels, s.showChannel(row))
	}
	return out, nil
}

func cabinetOf(addr int64, boards []db.ModelBoard) cabinetInfo {
	out := cabinetInfo{Addr: addr, Name: vending.CabinetName(addr)}
	for _, b := range boards {
		if b.Addr == addr {
			out.FloorType, out.Lift, out.DropDetection = b.FloorType, b.Lift, b.DropDetection
		}
	}
	return out
}

func (s *Server) showChannel(row db.PlanogramRow) channelInfo {
	out := channelInfo{
		ChannelID: row.Channel.ID, Name: row.Channel.Name, Motor: row.Channel.Motor, X: row.Channel.X, Y: row.Channel.Y,
		IsAuxiliary: row.Channel.IsAuxiliary, ProductID: row.ProductID, Quantity: row.Quantity, Capacity: row.Capacity,
		OnSale: row.OnSale, FloorStatus: row.FloorStatus, ReservedCodes: row.Reserved,
	}
	if row.GoodID != 0 {
		out.Good = &goodInfo{row.GoodID, row.GoodName, vending.PictureURL(s.cfg.PublicURL, row.GoodThumb), row.GoodPrice}
	}
	return out
}

// holding is what a channel holds.
type holding struct {
	GoodID   int64 `json:"good_id"`
	OnSale   bool  `json:"on_sale"`
	Quantity int64 `json:"quantity"`
	Capacity int64 `json:"capacity"`
}

// planogramEdit changes a channel; null leaves a thing as it is.
type planogramEdit struct {
	ProductID int64  `json:"product_id"`
	GoodID    *int64 `json:"good_id,omitempty"`
	OnSale    *bool  `json:"on_sale,omitempty"`
	Quantity  *int64 `json:"quantity,omitempty"`
	Capacity  *int64 `json:"capacity,omitempty"`
}

// editedRow is one line of a staged diff as it was applied.
type editedRow struct {
	ProductID int64   `json:"product_id"`
	Before    holding `json:"before"`
	After     holding `json:"after"`
}

// editPlanogram applies a staged diff, all or nothing. What is as the diff wants
// it already is not in the answer.
func (s *Server) editPlanogram(ctx context.Context, c *call) (any, error) {
	var in []planogramEdit
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in) > maxEdits {
		return nil, badRequest("body: too many changes")
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	edits := make([]catalog.PlanogramEdit, len(in))
	named := map[int64]bool{}
	for i, e := range in {
		edits[i] = catalog.PlanogramEdit{ProductID: e.ProductID, GoodID: e.GoodID, OnSale: e.OnSale, Quantity: e.Quantity, Capacity: e.Capacity}
		named[e.ProductID] = true
	}
	before, err := s.holdings(ctx, m.Machine.ID, named)
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "planogram.edit", "machine", m.Machine.MachineNo, before, map[string]any{"changes": in})
	done, err := s.use.Catalog.EditPlanogram(ctx, c.Merchant, m.Machine.MachineNo, edits)
	return items(done, func(e catalog.Edited) editedRow {
		return editedRow{e.ProductID, holding(e.Before), holding(e.After)}
	}), err
}

// holdings is what the audit log keeps of some products, of all for nil, before
// they change.
func (s *Server) holdings(ctx context.Context, machineID int64, products map[int64]bool) (any, error) {
	type facts struct {
		ProductID int64 `json:"product_id"`
		holding
	}
	channels, err := s.store.Planogram(ctx, s.clock.Millis(), machineID)
	out := []facts{}
	for _, row := range channels {
		if row.ProductID != 0 && (products == nil || products[row.ProductID]) {
			out = append(out, facts{row.ProductID, holding{row.GoodID, row.OnSale, row.Quantity, row.Capacity}})
		}
	}
	return map[string]any{"channels": out}, err
}
