package console

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/qrsheet"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxSheet bounds the labels of a sheet: a whole batch.
const maxSheet = pickup.MaxBatch

func (s *Server) sheetRoutes() []route {
	return []route{
		{http.MethodGet, "/sheets/codes", member, account.SeeCodes, s.codeSheet},
		{http.MethodGet, "/sheets/machines", member, account.See, s.machineSheet},
	}
}

// sheet is a PDF that browsers keep as a file.
type sheet struct {
	name string
	pdf  []byte
}

func (d sheet) answer(w http.ResponseWriter, _ *http.Request) int {
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name + ".pdf"}))
	_, _ = w.Write(d.pdf) // the client may be gone; there is nobody to tell
	return http.StatusOK
}

func (s *Server) printSheet(name string, labels []qrsheet.Label) (any, error) {
	var out bytes.Buffer
	err := qrsheet.Write(&out, labels, s.clock())
	return sheet{name, out.Bytes()}, err
}

// codeSheet prints the usable codes of a batch, of a machine, or of both, oldest
// first.
func (s *Server) codeSheet(ctx context.Context, c *call) (any, error) {
	q := c.query()
	machineID, err := s.machineFilter(ctx, c, q)
	if err != nil {
		return nil, err
	}
	p := s.codeParams(c)
	p.MachineID, p.BatchID, p.State, p.PageSize = machineID, q.number("batch_id"), string(vending.CodeUnused), maxSheet
	if err := q.done(); err != nil {
		return nil, err
	}
	if p.MachineID == 0 && p.BatchID == 0 {
		return nil, badRequest("name a batch_id or a machine_no")
	}
	rows, err := s.store.CodePage(ctx, p)
	if err != nil {
		return nil, err
	}
	labels := make([]qrsheet.Label, len(rows))
	for i, r := range rows {
		labels[len(rows)-1-i] = s.codeLabel(c, r)
	}
	return s.printSheet("pickup-codes", labels)
}

func (s *Server) codeLabel(c *call, r db.CodePageRow) qrsheet.Label {
	lines := []string{strings.TrimSpace(r.MachineNo + "  " + r.ChannelName)}
	if r.ExpiredAt != 0 {
		end := time.UnixMilli(r.ExpiredAt).In(vending.Zone(r.Timezone, s.cfg.Zone))
		lines = append(lines, end.Format("2006-01-02 15:04 -07:00"))
	}
	return qrsheet.Label{URL: s.pickupPage(c, r.MachineNo) + "?code=" + url.QueryEscape(r.Code), Title: r.Code, Lines: lines}
}

// machineSheet prints what sticks to machines: those in machine_no, joined with
// commas, or all.
func (s *Server) machineSheet(ctx context.Context, c *call) (any, error) {
	q := c.query()
	named := strings.FieldsFunc(q.text("machine_no", 20_000), func(r rune) bool { return r == ',' })
	if err := q.done(); err != nil {
		return nil, err
	}
	if len(named) > maxSheet {
		return nil, badRequest("too many machines")
	}
	var labels []qrsheet.Label
	add := func(m db.Machine) {
		labels = append(labels, qrsheet.Label{URL: s.pickupPage(c, m.MachineNo), Title: m.MachineNo, Lines: []string{m.Name}})
	}
	for _, no := range named {
		m, err := s.ownMachine(ctx, c, no)
		if err != nil {
			return nil, err
		}
		add(m.Machine)
	}
	if len(named) == 0 {
		rows, err := s.store.MachinesToLabel(ctx, c.Merchant.ID, c.Group, maxSheet)
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			add(m)
		}
	}
	return s.printSheet("machines", labels)
}
