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

func (s *Server) batchRoutes() []route {
	return []route{
		{http.MethodGet, "/codes/batches", member, account.SeeSales, s.batches},
		{http.MethodPost, "/codes/batches", member, account.SellCodes, s.createBatch},
		{http.MethodGet, "/codes/batches/{id}", member, account.SeeSales, s.batch},
		{http.MethodPost, "/codes/batches/{id}/cancel", member, account.SellCodes, s.cancelBatch},
	}
}

// batchRow is a batch of codes and how far it is.
type batchRow struct {
	ID         int64  `json:"id"`
	State      string `json:"state"`
	Wanted     int64  `json:"wanted"`
	Made       int64  `json:"made"`
	CodeLength int64  `json:"code_length"`
	Quantity   int64  `json:"quantity"`
	ExpiresAt  int64  `json:"expires_at"`
	CreatedBy  string `json:"created_by"`
	CreatedAt  int64  `json:"created_at"`
	FinishedAt int64  `json:"finished_at"`
}

func (batchRow) csvHeader() []string {
	return []string{"id", "state", "wanted", "made", "code_length", "quantity", "expires_at", "created_by", "created_at", "finished_at"}
}

func (r batchRow) csvRow() []string {
	return []string{
		number(r.ID), r.State, number(r.Wanted), number(r.Made), number(r.CodeLength), number(r.Quantity), isoTime(r.ExpiresAt), r.CreatedBy,
		isoTime(r.CreatedAt), isoTime(r.FinishedAt),
	}
}

func showBatch(r db.CodeBatchPageRow) batchRow {
	b := r.CodeBatch
	return batchRow{b.ID, b.State, r.Wanted, r.Made, b.CodeLength, b.Quantity, b.ExpiresAt, r.CreatedByName, b.CreatedAt, b.FinishedAt}
}

// batchInfo is a batch with what it is for.
type batchInfo struct {
	batchRow
	Lines []batchLine `json:"lines"`
}

// batchLine is one product of a batch. Failure is the code of the refusal that
// ended it early, "" for none.
type batchLine struct {
	MachineNo   string `json:"machine_no"`
	MachineName string `json:"machine_name"`
	ProductID   int64  `json:"product_id"`
	ChannelName string `json:"channel_name"`
	GoodName    string `json:"good_name"`
	Wanted      int64  `json:"wanted"`
	Made        int64  `json:"made"`
	Failure     string `json:"failure"`
}

func showBatchLine(r db.CodeBatchLinesRow) batchLine {
	l := r.CodeBatchLine
	return batchLine{r.MachineNo, r.MachineName, l.ProductID, r.ChannelName, r.GoodName, l.Wanted, l.Made, l.Failure}
}

func (s *Server) batches(ctx context.Context, c *call) (any, error) {
	q := c.query()
	p := db.CodeBatchPageParams{MerchantID: c.Merchant.ID, MachineGroup: c.Group, BeforeID: math.MaxInt64}
	limit := q.limit()
	q.cursor(&p.BeforeID)
	if err := q.done(); err != nil {
		return nil, err
	}
	p.PageSize = limit + 1
	stored, err := s.store.CodeBatchPage(ctx, p)
	if err != nil {
		return nil, err
	}
	return paged(c, items(stored, showBatch).Items, limit, "batches", func(last batchRow) any { return last.ID })
}

// ownBatch returns the batch that the path names, if it is in the scope.
func (s *Server) ownBatch(ctx context.Context, c *call) (db.CodeBatchPageRow, error) {
	id, err := c.id("id")
	if err != nil {
		return db.CodeBatchPageRow{}, err
	}
	return s.batchByID(ctx, c, id)
}

func (s *Server) batchByID(ctx context.Context, c *call, id int64) (db.CodeBatchPageRow, error) {
	found, err := s.store.CodeBatchPage(ctx, db.CodeBatchPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, BeforeID: math.MaxInt64, BatchID: id, PageSize: 1,
	})
	if err == nil && len(found) == 0 {
		err = account.NotFound
	}
	if err != nil {
		return db.CodeBatchPageRow{}, err
	}
	return found[0], nil
}

func (s *Server) batch(ctx context.Context, c *call) (any, error) {
	b, err := s.ownBatch(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.readBatch(ctx, b)
}

func (s *Server) readBatch(ctx context.Context, b db.CodeBatchPageRow) (batchInfo, error) {
	lines, err := s.store.CodeBatchLines(ctx, b.CodeBatch.ID)
	return batchInfo{showBatch(b), items(lines, showBatchLine).Items}, err
}

// createBatch stores a batch; its codes are made in the background. expires_at 0
// is for ever.
func (s *Server) createBatch(ctx context.Context, c *call) (any, error) {
	type line struct {
		MachineNo string `json:"machine_no"`
		ProductID int64  `json:"product_id"`
		Count     int64  `json:"count"`
	}
	var in struct {
		CodeLength int    `json:"code_length"`
		Quantity   int64  `json:"quantity"`
		ExpiresAt  int64  `json:"expires_at"`
		Lines      []line `json:"lines"`
	}
	in.CodeLength, in.Quantity = vending.DefaultCodeLength, 1
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Lines) > pickup.MaxBatchLines {
		return nil, vending.RefuseField("lines", "range")
	}
	wanted := pickup.NewBatch{Length: in.CodeLength, Quantity: in.Quantity, ExpiresAt: in.ExpiresAt, CreatedBy: c.User.ID}
	for _, l := range in.Lines {
		m, err := s.ownMachine(ctx, c, l.MachineNo)
		if err != nil {
			return nil, err
		}
		wanted.Lines = append(wanted.Lines, pickup.BatchLine{MachineNo: m.Machine.MachineNo, ProductID: l.ProductID, Count: l.Count})
	}
	id, err := s.use.Pickup.CreateBatch(s.recording(ctx, c, "codes.batch", "merchant", number(c.Merchant.ID), nil, in), c.Merchant, wanted)
	if err != nil {
		return nil, err
	}
	b, err := s.batchByID(ctx, c, id)
	if err != nil {
		return nil, err
	}
	info, err := s.readBatch(ctx, b)
	return created{info}, err
}

// bulkResult tells what became of many codes.
type bulkResult struct {
	Changed int64 `json:"changed"`
	Skipped int64 `json:"skipped"`
}

// cancelBatch makes no more codes of a batch. cancel_codes cancels those that are
// made and not used as well.
func (s *Server) cancelBatch(ctx context.Context, c *call) (any, error) {
	var in struct {
		CancelCodes bool `json:"cancel_codes"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	b, err := s.ownBatch(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "codes.batch.cancel", "batch", number(b.CodeBatch.ID), showBatch(b), in)
	if err := s.use.Pickup.StopBatch(ctx, b.CodeBatch); err != nil || !in.CancelCodes {
		return bulkResult{}, err
	}
	done, err := s.use.Pickup.CancelBatch(ctx, c.whose(), b.CodeBatch.ID)
	return bulkResult(done), err
}

// whose are the codes that a member may change.
func (c *call) whose() pickup.Whose { return pickup.Whose{Merchant: c.Merchant, Group: c.Group} }
