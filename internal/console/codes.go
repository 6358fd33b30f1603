package console

import (
	"context"
	"math"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxCodes bounds the codes made at once.
const maxCodes = 100

func (s *Server) codeRoutes() []route {
	return []route{
		{http.MethodGet, "/codes", member, account.SeeSales, s.codes},
		{http.MethodPost, "/codes", member, account.SellCodes, s.issueCodes},
		{http.MethodDelete, "/codes/{id}", member, account.SellCodes, s.cancelCode},
	}
}

// codeRow is a pickup code. RecordState tells how the order went that it was
// redeemed for.
type codeRow struct {
	ID          int64  `json:"id"`
	Code        string `json:"code"`
	State       string `json:"state"`
	MachineNo   string `json:"machine_no"`
	MachineName string `json:"machine_name"`
	Timezone    string `json:"timezone"`
	ProductID   int64  `json:"product_id"`
	ChannelName string `json:"channel_name"`
	GoodName    string `json:"good_name"`
	Quantity    int64  `json:"quantity"`
	CreatedAt   int64  `json:"created_at"`
	ExpiresAt   int64  `json:"expires_at"`
	FinishedAt  int64  `json:"finished_at"`
	OrderID     int64  `json:"order_id"`
	TradeID     string `json:"trade_id"`
	RecordState string `json:"record_state"`
}

func (codeRow) csvHeader() []string {
	return []string{
		"id", "code", "state", "machine_no", "machine_name", "channel_name", "good_name", "quantity", "created_at", "expires_at",
		"finished_at", "order_id", "trade_id", "record_state",
	}
}

func (r codeRow) csvRow() []string {
	return []string{
		number(r.ID), r.Code, r.State, r.MachineNo, r.MachineName, r.ChannelName, r.GoodName, number(r.Quantity), isoTime(r.CreatedAt),
		isoTime(r.ExpiresAt), isoTime(r.FinishedAt), number(r.OrderID), r.TradeID, r.RecordState,
	}
}

func (c *call) showCodeRow(r db.CodePageRow) codeRow {
	return codeRow{
		ID: r.ID, Code: c.showCode(r.Code), State: r.State, MachineNo: r.MachineNo, MachineName: r.MachineName, Timezone: r.Timezone,
		ProductID: r.ProductID, ChannelName: r.ChannelName, GoodName: r.GoodName, Quantity: r.Quantity, CreatedAt: r.CreatedAt,
		ExpiresAt: r.ExpiredAt, FinishedAt: r.FinishedAt, OrderID: r.OrderID, TradeID: r.TradeID, RecordState: r.RecordState,
	}
}

func (s *Server) codes(ctx context.Context, c *call) (any, error) {
	q := c.query()
	machineID, err := s.machineFilter(ctx, c, q)
	if err != nil {
		return nil, err
	}
	return s.codesOf(ctx, c, q, machineID)
}

func (s *Server) machineCodes(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.codesOf(ctx, c, c.query(), m.Machine.ID)
}

// codesOf lists the codes of one machine or of all; q is a whole code, for roles
// that may see codes: others could find one out by asking.
func (s *Server) codesOf(ctx context.Context, c *call, q *query, machineID int64) (any, error) {
	p := s.codeParams(c)
	p.MachineID, p.ProductID, p.BatchID = machineID, q.number("product_id"), q.number("batch_id")
	p.State = q.oneOf("state", "UNUSED", "USED", "EXPIRED", "CANCELLED")
	p.Code = q.text("q", vending.MaxCodeLength)
	limit := q.limit()
	q.cursor(&p.BeforeID)
	if err := q.done(); err != nil {
		return nil, err
	}
	if p.Code != "" && !c.Role.May(account.SeeCodes) {
		return nil, account.Forbidden
	}
	p.PageSize = limit + 1
	stored, err := s.store.CodePage(ctx, p)
	if err != nil {
		return nil, err
	}
	rows := items(stored, c.showCodeRow).Items
	return paged(c, rows, limit, "codes", func(last codeRow) any { return last.ID })
}

// codeParams finds all codes in the scope.
func (s *Server) codeParams(c *call) db.CodePageParams {
	return db.CodePageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, Now: s.clock.Millis(), BeforeID: math.MaxInt64, PageSize: 1,
	}
}

// issueCodes makes codes for one product; expires_at 0 is for ever.
func (s *Server) issueCodes(ctx context.Context, c *call) (any, error) {
	var in struct {
		MachineNo  string `json:"machine_no"`
		ProductID  int64  `json:"product_id"`
		Count      int64  `json:"count"`
		Quantity   int64  `json:"quantity"`
		ExpiresAt  int64  `json:"expires_at"`
		CodeLength int    `json:"code_length"`
	}
	in.Count, in.Quantity, in.CodeLength = 1, 1, vending.DefaultCodeLength
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	switch {
	case in.Count < 1 || in.Count > maxCodes:
		return nil, vending.RefuseWith(vending.CodeCount, vending.Data{"max": int64(maxCodes)})
	case in.Quantity < 1:
		return nil, vending.RefuseField("quantity", "range")
	case in.ExpiresAt < 0:
		return nil, vending.Refuse(vending.CodeExpiredAt)
	case in.CodeLength < vending.MinCodeLength || in.CodeLength > vending.MaxCodeLength:
		return nil, vending.Refuse(vending.CodeCodeLength)
	}
	m, err := s.ownMachine(ctx, c, in.MachineNo)
	if err != nil {
		return nil, err
	}
	recording := s.recording(ctx, c, "codes.issue", "machine", m.Machine.MachineNo, nil, in)
	made, err := s.use.Pickup.IssueCodes(recording, c.Merchant, pickup.Issue{
		MachineNo: m.Machine.MachineNo, Length: in.CodeLength, ExpiresAt: in.ExpiresAt,
		ProductID: in.ProductID, Count: in.Count, Quantity: in.Quantity,
	})
	if err != nil {
		return nil, err
	}
	// The first is read for the names of channel and good, which all share.
	p := s.codeParams(c)
	p.CodeID = made[0].ID
	shown, err := s.store.CodePage(ctx, p)
	if err != nil || len(shown) == 0 {
		return nil, err
	}
	return created{items(made, func(code db.PickupCode) codeRow {
		row := c.showCodeRow(shown[0])
		row.ID, row.Code = code.ID, c.showCode(code.Code)
		return row
	})}, nil
}

func (s *Server) cancelCode(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	p := s.codeParams(c)
	p.CodeID = id
	found, err := s.store.CodePage(ctx, p)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, vending.Refuse(vending.CodeRecordUnknown)
	}
	type facts struct {
		MachineNo string `json:"machine_no"`
		State     string `json:"state"`
	}
	ctx = s.recording(ctx, c, "code.cancel", "code", number(id),
		facts{found[0].MachineNo, found[0].State}, facts{found[0].MachineNo, string(vending.CodeCancelled)})
	return nil, s.use.Pickup.Cancel(ctx, c.Merchant, found[0].MachineNo, id)
}
