package openapi

import (
	"context"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// ping is openapi.md §7.1.
func (s *Server) ping(context.Context, call) (any, error) { return "pong", nil }

// machineJSON is a row of openapi.md §7.2.
type machineJSON struct {
	MachineName   string `json:"machine_name"`
	MachineNo     string `json:"machine_no"`
	IsOnline      bool   `json:"is_online,omitempty"`
	Status        bool   `json:"status,omitempty"`
	Address       string `json:"address,omitempty"`
	NotifyMessage string `json:"notify_message"`
	LngLat        string `json:"lng_lat,omitempty"`
	CreatedAt     string `json:"created_at"`
	Contact       string `json:"contact,omitempty"`
	Tel           string `json:"tel,omitempty"`
}

// machines is openapi.md §7.2.
func (s *Server) machines(ctx context.Context, c call) (any, error) {
	rows, err := s.use.Fleet.List(ctx, c.merchant)
	if err != nil {
		return nil, err
	}
	out := make([]machineJSON, len(rows))
	for i, row := range rows {
		m := row.Machine
		out[i] = machineJSON{
			MachineName: m.Name, MachineNo: m.MachineNo, IsOnline: row.Presence.IsOnline,
			Status: m.Status == vending.MachineOperational, Address: m.Address,
			NotifyMessage: row.Presence.NotifyMessage, LngLat: m.LngLat,
			CreatedAt: s.dateTime(m, m.CreatedAt), Contact: m.Contact, Tel: m.Tel,
		}
	}
	return out, nil
}

// machineDetailJSON is openapi.md §7.3.
type machineDetailJSON struct {
	MachineName  string            `json:"machine_name"`
	Address      string            `json:"address,omitempty"`
	LngLat       string            `json:"lng_lat,omitempty"`
	IsOnline     bool              `json:"is_online,omitempty"`
	Model        modelJSON         `json:"model"`
	MachineType  int64             `json:"machine_type,omitempty"`
	CoverImage   string            `json:"cover_image,omitempty"`
	Categories   []categoryJSON    `json:"categories,omitempty"`
	Announcement *announcementJSON `json:"announcement,omitempty"`
	Merchant     merchantJSON      `json:"merchant"`
	Currency     *currencyJSON     `json:"currency,omitempty"`
}

type modelJSON struct {
	ID           int64    `json:"id,omitempty"`
	CabinetNames []string `json:"cabinet_names"`
}

type categoryJSON struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
}

type announcementJSON struct {
	ID      int64  `json:"id,omitempty"`
	Title   string `json:"title"`
	Content string `json:"content,omitempty"`
	IsLink  bool   `json:"is_link,omitempty"`
	LinkURL string `json:"link_url,omitempty"`
}

type merchantJSON struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Logo        string `json:"logo,omitempty"`
	StoreID     string `json:"store_id,omitempty"`
	Status      string `json:"status,omitempty"`
	CreatedAt   string `json:"created_at,omitempty"`
}

type currencyJSON struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Code   string `json:"code"`
	Symbol string `json:"symbol"`
}

// machine is openapi.md §7.3.
func (s *Server) machine(ctx context.Context, c call) (any, error) {
	machineNo := c.request.PathValue("machine_no")
	if !vending.Storable(machineNo) {
		return nil, vending.Refuse(vending.CodeMachineUnknown) // not every engine can look it up
	}
	d, err := s.use.Fleet.Detail(ctx, c.merchant, machineNo)
	if err != nil {
		return nil, err
	}
	m := d.Machine
	out := machineDetailJSON{
		MachineName: m.Name, Address: m.Address, LngLat: m.LngLat, IsOnline: d.Presence.IsOnline,
		Model:       modelJSON{ID: m.ModelID, CabinetNames: cabinetNames(d.Boards)},
		MachineType: m.MachineType, CoverImage: s.picture(m.CoverImage),
		Merchant: merchantJSON{
			Title: c.merchant.Title, Description: c.merchant.Description, Logo: s.picture(c.merchant.Logo),
			StoreID: c.merchant.StoreID, Status: c.merchant.Status,
			CreatedAt: s.dateTime(m, c.merchant.CreatedAt),
		},
	}
	for _, category := range d.Categories {
		out.Categories = append(out.Categories, categoryJSON{ID: category.ID, Title: category.Title})
	}
	if a := d.Announcement; a != nil {
		out.Announcement = &announcementJSON{
			ID: a.ID, Title: a.Title, Content: a.Content, IsLink: a.IsLink, LinkURL: a.LinkUrl,
		}
	}
	if currency, ok := vending.CurrencyByID(m.CurrencyID); ok {
		out.Currency = &currencyJSON{
			ID: currency.ID, Name: currency.Name, Code: currency.Code, Symbol: currency.Symbol,
		}
	}
	return out, nil
}

// cabinetNames lists the cabinets of a model, at least the main one.
func cabinetNames(boards []db.ModelBoard) []string {
	names := make([]string, 0, len(boards))
	for _, b := range boards {
		names = append(names, vending.CabinetName(b.Addr))
	}
	if len(names) == 0 {
		names = append(names, vending.CabinetName(1))
	}
	return names
}

// dateTime shows a stored time in a machine's zone.
func (s *Server) dateTime(m db.Machine, ms int64) string {
	return vending.FormatDateTime(ms, vending.Zone(m.Timezone, s.cfg.Zone))
}
