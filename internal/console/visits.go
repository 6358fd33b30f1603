package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store/db"
)

func (s *Server) visitRoutes() []route {
	return []route{{http.MethodPost, "/machines/{machine_no}/visits", member, account.Restock, s.finishVisit}}
}

// visitInfo is a visit as it was applied.
type visitInfo struct {
	ID       int64           `json:"id"`
	At       int64           `json:"at"`
	Repeated bool            `json:"repeated"`
	Lines    []visitLineInfo `json:"lines"`
}

type visitLineInfo struct {
	visitLine
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// visitLine is what was done to one product, in pieces.
type visitLine struct {
	ProductID int64 `json:"product_id"`
	Expected  int64 `json:"expected"`
	Counted   int64 `json:"counted"`
	Removed   int64 `json:"removed"`
	Added     int64 `json:"added"`
}

// finishVisit applies what a restocker's phone wrote down, however often it is
// sent.
func (s *Server) finishVisit(ctx context.Context, c *call) (any, error) {
	var in struct {
		Key   string      `json:"key"`
		Lines []visitLine `json:"lines"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Lines) > maxEdits {
		return nil, badRequest("lines: too many")
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	v := catalog.Visit{MachineNo: m.Machine.MachineNo, UserID: c.User.ID, Key: in.Key}
	for _, l := range in.Lines {
		v.Lines = append(v.Lines, catalog.VisitLine(l))
	}
	ctx = s.recording(ctx, c, "machine.visit", "machine", m.Machine.MachineNo, nil, in)
	done, err := s.use.Catalog.ApplyVisit(ctx, c.Merchant, v)
	return created{visitInfo{
		ID: done.ID, At: done.CreatedAt, Repeated: done.Repeated,
		Lines: items(done.Lines, showVisitLine).Items,
	}}, err
}

func showVisitLine(l db.VisitLine) visitLineInfo {
	return visitLineInfo{visitLine{l.ProductID, l.Expected, l.Counted, l.Removed, l.Added}, l.PreviousLevel, l.Level}
}
