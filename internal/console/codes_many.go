package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) manyCodeRoutes() []route {
	return []route{
		{http.MethodPost, "/codes/cancel", member, account.SellCodes, s.cancelCodes},
		{http.MethodPost, "/codes/extend", member, account.SellCodes, s.extendCodes},
		{http.MethodGet, "/codes/funnel", member, account.SeeSales, s.codeFunnel},
	}
}

// cancelCodes cancels several codes at once, all or none.
func (s *Server) cancelCodes(ctx context.Context, c *call) (any, error) {
	var in struct {
		IDs []int64 `json:"ids"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	done, err := s.use.Pickup.CancelMany(s.recording(ctx, c, "codes.cancel", "code", "", nil, in), c.whose(), in.IDs)
	return bulkResult(done), err
}

// extendCodes gives several codes a later end, all or none; expires_at 0 is never.
func (s *Server) extendCodes(ctx context.Context, c *call) (any, error) {
	var in struct {
		IDs       []int64 `json:"ids"`
		ExpiresAt int64   `json:"expires_at"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	done, err := s.use.Pickup.ExtendMany(s.recording(ctx, c, "codes.extend", "code", "", nil, in), c.whose(), in.IDs, in.ExpiresAt)
	return bulkResult(done), err
}

// funnel counts what became of codes: Issued is all of them, and the sum of
// Unused, Used, Expired and Cancelled. Used ones dropped, failed, or are Open: the
// machine has not reported, or never will.
type funnel struct {
	Issued    int64 `json:"issued"`
	Unused    int64 `json:"unused"`
	Used      int64 `json:"used"`
	Expired   int64 `json:"expired"`
	Cancelled int64 `json:"cancelled"`
	Dropped   int64 `json:"dropped"`
	Failed    int64 `json:"failed"`
	Open      int64 `json:"open"`
}

func (f *funnel) add(r db.CodeFunnelRow) {
	f.Issued += r.Codes
	switch vending.CodeState(r.State) {
	case vending.CodeUnused:
		f.Unused += r.Codes
	case vending.CodeExpired:
		f.Expired += r.Codes
	case vending.CodeCancelled:
		f.Cancelled += r.Codes
	case vending.CodeUsed:
		f.Used += r.Codes
		switch vending.RecordState(r.RecordState) {
		case vending.RecordSuccess, vending.RecordPickedUp:
			f.Dropped += r.Codes
		case vending.RecordFailed, vending.RecordRefund:
			f.Failed += r.Codes
		default:
			f.Open += r.Codes
		}
	}
}

// codeFunnel counts the codes issued since `from`, with the filters of the list.
func (s *Server) codeFunnel(ctx context.Context, c *call) (any, error) {
	q := c.query()
	machineID, err := s.machineFilter(ctx, c, q)
	if err != nil {
		return nil, err
	}
	p := db.CodeFunnelParams{
		Now: s.clock.Millis(), MerchantID: c.Merchant.ID, MachineGroup: c.Group, MachineID: machineID,
		FromAt: q.number("from"), ProductID: q.number("product_id"), BatchID: q.number("batch_id"),
	}
	if err := q.done(); err != nil {
		return nil, err
	}
	rows, err := s.store.CodeFunnel(ctx, p)
	var out funnel
	for _, r := range rows {
		out.add(r)
	}
	return out, err
}
