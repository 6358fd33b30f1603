package console

import (
	"context"
	"math"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// callbackRow is a message to a notify_url in a list.
type callbackRow struct {
	callbackInfo
	MachineNo string `json:"machine_no"`
	TradeID   string `json:"trade_id"`
}

func (callbackRow) csvHeader() []string {
	return []string{
		"id", "webhook_id", "order_id", "trade_id", "machine_no", "url", "state", "attempts", "last_status", "last_error", "created_at",
		"finished_at",
	}
}

func (r callbackRow) csvRow() []string {
	var last attemptInfo
	if n := len(r.Attempts); n > 0 {
		last = r.Attempts[n-1]
	}
	return []string{
		number(r.ID), r.WebhookID, number(r.OrderID), r.TradeID, r.MachineNo, r.URL, r.State, number(int64(len(r.Attempts))),
		number(last.Status), last.Error, isoTime(r.CreatedAt), isoTime(r.FinishedAt),
	}
}

// callbacks lists messages with all attempts to send them.
func (s *Server) callbacks(ctx context.Context, c *call) (any, error) {
	q := c.query()
	p := db.CallbackPageParams{
		MerchantID: c.Merchant.ID, BeforeID: math.MaxInt64,
		State: q.oneOf("state", store.CallbackPending, store.CallbackDelivered, store.CallbackDead),
	}
	limit := q.limit()
	q.cursor(&p.BeforeID)
	if err := q.done(); err != nil {
		return nil, err
	}
	p.PageSize = limit + 1
	stored, err := s.store.CallbackPage(ctx, p)
	if err != nil {
		return nil, err
	}
	rows := make([]callbackRow, len(stored))
	for i, r := range stored {
		attempts, err := s.store.AttemptsOfCallback(ctx, r.Callback.ID)
		if err != nil {
			return nil, err
		}
		rows[i] = callbackRow{c.showCallback(r.Callback, attempts), r.MachineNo, r.TradeID}
	}
	return paged(c, rows, limit, "callbacks", func(last callbackRow) any { return last.ID })
}
