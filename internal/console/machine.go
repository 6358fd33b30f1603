package console

import (
	"context"
	"encoding/json"
	"math"
	"strconv"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// machineInfo is everything about one machine but what it holds.
type machineInfo struct {
	machineRow
	Model              string   `json:"model"`
	MachineType        int64    `json:"machine_type"`
	Currency           string   `json:"currency"`
	Contact            string   `json:"contact"`
	Tel                string   `json:"tel"`
	LngLat             string   `json:"lng_lat"`
	CoverImage         string   `json:"cover_image"`
	PickupCodeEnabled  bool     `json:"pickup_code_enabled"`
	UptimeMinutesToday int64    `json:"uptime_minutes_today"`
	NotifyMessage      string   `json:"notify_message"`
	CreatedAt          int64    `json:"created_at"`
	Uptime             []uptime `json:"uptime"`
}

func (s *Server) machineDetail(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.MachineOverview(ctx, db.MachineOverviewParams{
		MerchantID: c.Merchant.ID, MachineID: m.Machine.ID, PageSize: 1,
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 { // it has just got another merchant
		return nil, vending.Refuse(vending.CodeMachineUnknown)
	}
	model, err := s.store.ModelByID(ctx, m.Machine.ModelID)
	if err != nil {
		return nil, err
	}
	hours, err := s.uptime(ctx, m.Machine)
	if err != nil {
		return nil, err
	}
	return machineInfo{
		machineRow: showMachine(rows[0]), Model: model.Name, MachineType: m.Machine.MachineType,
		Currency: currencyCode(m.Machine.CurrencyID), Contact: m.Machine.Contact, Tel: m.Machine.Tel, LngLat: m.Machine.LngLat,
		CoverImage:        vending.PictureURL(s.cfg.PublicURL, m.Machine.CoverImage),
		PickupCodeEnabled: m.Machine.PickupCodeEnabled, UptimeMinutesToday: m.Presence.UptimeMinutesToday,
		NotifyMessage: m.Presence.NotifyMessage, CreatedAt: m.Machine.CreatedAt, Uptime: hours,
	}, nil
}

// eventRow is one message of or to a machine. Payload is null for roles that
// may not see what it tells.
type eventRow struct {
	ID      int64           `json:"id"`
	At      int64           `json:"at"`
	Up      bool            `json:"up"`
	Method  string          `json:"method"`
	Payload json.RawMessage `json:"payload"`
}

func (eventRow) csvHeader() []string { return []string{"at", "up", "method", "payload"} }

func (r eventRow) csvRow() []string {
	return []string{isoTime(r.At), strconv.FormatBool(r.Up), r.Method, string(r.Payload)}
}

func (s *Server) machineEvents(ctx context.Context, c *call) (any, error) {
	q := c.query()
	limit, before := q.limit(), int64(math.MaxInt64)
	q.cursor(&before)
	if err := q.done(); err != nil {
		return nil, err
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	stored, err := s.use.MachineLog.Page(ctx, m.Machine.ID, before, limit+1)
	if err != nil {
		return nil, err
	}
	rows := items(stored, c.showEvent).Items
	return paged(c, rows, limit, "events", func(last eventRow) any { return last.ID })
}

func (c *call) showEvent(l db.MachineLog) eventRow {
	row := eventRow{ID: l.ID, At: l.CreatedAt, Up: l.IsUp, Method: l.Method}
	if c.Role.May(account.SeeSales) {
		row.Payload = c.hideCodes(l.Payload)
	}
	return row
}

// settingRow is what a machine reported of a setting beside what it was told; a
// time of 0 means never.
type settingRow struct {
	Name       string `json:"name"`
	Reported   string `json:"reported"`
	ReportedAt int64  `json:"reported_at"`
	Desired    string `json:"desired"`
	DesiredAt  int64  `json:"desired_at"`
	// InSync tells that there is nothing the machine was told and has not
	// reported since.
	InSync bool `json:"in_sync"`
}

func (s *Server) machineSettings(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	rows, err := s.use.Fleet.Settings(ctx, m.Machine.ID)
	return items(rows, func(r db.MachineConfig) settingRow {
		return settingRow{
			r.Name, r.Reported, r.ReportedAt, r.Desired, r.DesiredAt, r.DesiredAt == 0 || r.Reported == r.Desired,
		}
	}), err
}
