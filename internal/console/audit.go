package console

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) auditRoutes() []route {
	return []route{
		{http.MethodGet, "/audit", member, account.SeeAudit, s.auditLog},
		{http.MethodGet, "/platform/audit", platform, "", s.platformAudit},
	}
}

// auditRow is one change. Before and After are objects, or null.
type auditRow struct {
	ID          int64           `json:"id"`
	At          int64           `json:"at"`
	UserID      int64           `json:"user_id"`
	Email       string          `json:"email"`
	Action      string          `json:"action"`
	SubjectKind string          `json:"subject_kind"`
	SubjectID   string          `json:"subject_id"`
	Before      json.RawMessage `json:"before"`
	After       json.RawMessage `json:"after"`
	IP          string          `json:"ip"`
}

func (auditRow) csvHeader() []string {
	return []string{"at", "email", "action", "subject_kind", "subject_id", "before", "after", "ip"}
}

func (r auditRow) csvRow() []string {
	return []string{isoTime(r.At), r.Email, r.Action, r.SubjectKind, r.SubjectID, string(r.Before), string(r.After), r.IP}
}

func (s *Server) auditLog(ctx context.Context, c *call) (any, error) {
	return s.auditOf(ctx, c, c.Merchant.ID)
}

// platformAudit lists what belongs to no merchant: accounts, new merchants.
func (s *Server) platformAudit(ctx context.Context, c *call) (any, error) {
	return s.auditOf(ctx, c, 0)
}

func (s *Server) auditOf(ctx context.Context, c *call, merchantID int64) (any, error) {
	q := c.query()
	limit, before := q.limit(), int64(math.MaxInt64)
	q.cursor(&before)
	if err := q.done(); err != nil {
		return nil, err
	}
	stored, err := s.store.AuditOfMerchant(ctx, merchantID, before, limit+1)
	if err != nil {
		return nil, err
	}
	rows := items(stored, func(r db.AuditOfMerchantRow) auditRow {
		l := r.AuditLog
		return auditRow{l.ID, l.At, l.UserID, r.Email, l.Action, l.SubjectKind, l.SubjectID, object(l.Before), object(l.After), l.Ip}
	}).Items
	return paged(c, rows, limit, "audit", func(last auditRow) any { return last.ID })
}

func object(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// isoTime shows a time in a file; the pages show it in the zone of the machine.
func isoTime(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
