package console

import (
	"context"
	"math"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) alertRoutes() []route {
	return []route{
		{http.MethodGet, "/alerts", member, account.See, s.alerts},
		{http.MethodPost, "/alerts/{id}/resolve", member, account.HandleAlerts, s.resolveAlert},
	}
}

// alertRow is something to look at; ResolvedAt is 0 while it is open.
type alertRow struct {
	ID          int64             `json:"id"`
	MachineNo   string            `json:"machine_no"`
	MachineName string            `json:"machine_name"`
	Kind        vending.AlertKind `json:"kind"`
	Subject     string            `json:"subject"`
	Detail      string            `json:"detail"`
	OpenedAt    int64             `json:"opened_at"`
	ResolvedAt  int64             `json:"resolved_at"`
}

func (alertRow) csvHeader() []string {
	return []string{"id", "machine_no", "machine_name", "kind", "subject", "detail", "opened_at", "resolved_at"}
}

func (r alertRow) csvRow() []string {
	return []string{
		number(r.ID), r.MachineNo, r.MachineName, string(r.Kind), r.Subject, r.Detail, isoTime(r.OpenedAt), isoTime(r.ResolvedAt),
	}
}

func showAlert(r db.AlertPageRow) alertRow {
	a := r.Alert
	return alertRow{a.ID, r.MachineNo, r.MachineName, a.Kind, a.Subject, a.Detail, a.OpenedAt, a.ResolvedAt}
}

func (s *Server) alerts(ctx context.Context, c *call) (any, error) {
	q := c.query()
	p := db.AlertPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, BeforeID: math.MaxInt64,
		State: q.oneOf("state", "open", "resolved"), Kind: q.text("kind", 50),
	}
	limit := q.limit()
	q.cursor(&p.BeforeID)
	if err := q.done(); err != nil {
		return nil, err
	}
	p.PageSize = limit + 1
	stored, err := s.store.AlertPage(ctx, p)
	if err != nil {
		return nil, err
	}
	rows := items(stored, showAlert).Items
	return paged(c, rows, limit, "alerts", func(last alertRow) any { return last.ID })
}

// resolveAlert closes an alert that somebody has dealt with. One whose cause is
// still there opens again when the cause is next seen.
func (s *Server) resolveAlert(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	found, err := s.store.AlertPage(ctx, db.AlertPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, BeforeID: math.MaxInt64, AlertID: id, PageSize: 1,
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, account.NotFound
	}
	a := found[0].Alert
	if a.ResolvedAt != 0 {
		return nil, nil
	}
	return nil, s.store.InTx(ctx, func(tx *store.Tx) error {
		if err := alerts.Resolve(ctx, tx, a.MachineID, a.Kind, a.Subject, s.clock.Millis()); err != nil {
			return err
		}
		return s.use.Audit.Record(ctx, tx, audit.Entry{
			By: c.By(), Action: "alert.resolve", Kind: "alert", ID: number(id), Before: showAlert(found[0]),
		})
	})
}
