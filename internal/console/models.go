package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// maxLayoutBody bounds a request with a layout of all channels a machine can have,
// in bytes.
const maxLayoutBody = 256 << 10

func (s *Server) modelRoutes() []route {
	return []route{
		{http.MethodGet, "/models", member, account.See, s.models},
		{http.MethodPost, "/models", member, account.EditPlanogram, s.createModel},
		{http.MethodGet, "/models/{id}", member, account.See, s.model},
		{http.MethodDelete, "/models/{id}", member, account.EditPlanogram, s.deleteModel},
		{http.MethodPut, "/models/{id}/name", member, account.EditPlanogram, s.renameModel},
		{http.MethodPost, "/models/{id}/versions", member, account.EditPlanogram, s.addModelVersion},
		{http.MethodGet, "/machines/{machine_no}/model", member, account.See, s.machineModel},
		{http.MethodPut, "/machines/{machine_no}/model", member, account.EditPlanogram, s.applyModel},
		{http.MethodPost, "/machines/{machine_no}/model/compare", member, account.EditPlanogram, s.compareModel},
	}
}

// modelRow is a layout template with its newest version; Machines have any version
// of it.
type modelRow struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Version   int64  `json:"version"`
	Boards    int64  `json:"boards"`
	Channels  int64  `json:"channels"`
	Machines  int64  `json:"machines"`
	ChangedAt int64  `json:"changed_at"`
}

func (modelRow) csvHeader() []string {
	return []string{"name", "version", "boards", "channels", "machines", "changed_at"}
}

func (r modelRow) csvRow() []string {
	return []string{r.Name, number(r.Version), number(r.Boards), number(r.Channels), number(r.Machines), isoTime(r.ChangedAt)}
}

func (s *Server) models(ctx context.Context, c *call) (any, error) {
	q := c.query()
	text := q.text("q", 100)
	limit := q.limit()
	var after namedPlace
	q.cursor(&after)
	if err := q.done(); err != nil {
		return nil, err
	}
	stored, err := s.store.ModelPage(ctx, db.ModelPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, Pattern: pattern(text), AfterName: after.Name, AfterID: after.ID, PageSize: limit + 1,
	})
	if err != nil {
		return nil, err
	}
	rows := items(stored, func(r db.ModelPageRow) modelRow {
		return modelRow{r.ID, r.Name, r.Version, r.Boards, r.ChannelCount, r.Machines, r.CreatedAt}
	}).Items
	return paged(c, rows, limit, "models", func(last modelRow) any { return namedPlace{last.Name, last.ID} })
}

// modelInfo is a template at one version, and which there are.
type modelInfo struct {
	ID       int64          `json:"id"`
	Name     string         `json:"name"`
	Version  int64          `json:"version"`
	Layout   catalog.Layout `json:"layout"`
	Versions []versionRow   `json:"versions"`
}

// versionRow is a version of a template; Machines have it.
type versionRow struct {
	Version   int64  `json:"version"`
	Channels  int64  `json:"channels"`
	Machines  int64  `json:"machines"`
	CreatedBy string `json:"created_by"`
	CreatedAt int64  `json:"created_at"`
}

func (s *Server) model(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	q := c.query()
	version := q.number("version")
	if err := q.done(); err != nil {
		return nil, err
	}
	return s.readModel(ctx, c, id, version)
}

func (s *Server) readModel(ctx context.Context, c *call, id, version int64) (modelInfo, error) {
	m, err := s.use.Catalog.Model(ctx, c.Merchant, id, version)
	if err != nil {
		return modelInfo{}, err
	}
	versions, err := s.store.ModelVersions(ctx, c.Group, id)
	return modelInfo{m.ID, m.Name, m.Version, m.Layout, items(versions, func(v db.ModelVersionsRow) versionRow {
		return versionRow{v.Version, v.ChannelCount, v.Machines, v.CreatedByName, v.CreatedAt}
	}).Items}, err
}

// createModel gives a layout a name: one of the body, or that of a machine.
func (s *Server) createModel(ctx context.Context, c *call) (any, error) {
	var in struct {
		Name      string          `json:"name"`
		MachineNo string          `json:"machine_no"`
		Layout    *catalog.Layout `json:"layout"`
	}
	if err := c.decodeUpTo(maxLayoutBody, &in); err != nil {
		return nil, err
	}
	if (in.Layout == nil) == (in.MachineNo == "") {
		return nil, badRequest("send either layout or machine_no")
	}
	var layout catalog.Layout
	if in.Layout != nil {
		layout = *in.Layout
	} else {
		m, err := s.ownMachine(ctx, c, in.MachineNo)
		if err != nil {
			return nil, err
		}
		if layout, err = s.use.Catalog.LayoutOf(ctx, c.Merchant, m.Machine.MachineNo); err != nil {
			return nil, err
		}
	}
	after := map[string]any{"version": 1, "channels": len(layout.Channels), "machine_no": in.MachineNo}
	recording := s.recording(ctx, c, "model.create", "model", in.Name, nil, after)
	id, err := s.use.Catalog.CreateModel(recording, c.Merchant, in.Name, layout, c.User.ID)
	if err != nil {
		return nil, err
	}
	out, err := s.readModel(ctx, c, id, 1)
	return created{out}, err
}

// addModelVersion adds a version behind the one that was edited.
func (s *Server) addModelVersion(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	var in struct {
		Base   int64          `json:"base"`
		Layout catalog.Layout `json:"layout"`
	}
	if err := c.decodeUpTo(maxLayoutBody, &in); err != nil {
		return nil, err
	}
	m, err := s.use.Catalog.Model(ctx, c.Merchant, id, 0)
	if err != nil {
		return nil, err
	}
	recording := s.recording(ctx, c, "model.version", "model", m.Name, map[string]any{"version": m.Version, "channels": len(m.Layout.Channels)},
		map[string]any{"version": in.Base + 1, "channels": len(in.Layout.Channels)})
	version, err := s.use.Catalog.AddModelVersion(recording, c.Merchant, id, in.Base, in.Layout, c.User.ID)
	if err != nil {
		return nil, changedMeanwhile(err)
	}
	out, err := s.readModel(ctx, c, id, version)
	return created{out}, err
}

// machineModel is the version of a template that a machine has; ID is 0 for none.
type machineModel struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Version int64  `json:"version"`
	Newest  int64  `json:"newest"`
}

func (s *Server) machineModel(ctx context.Context, c *call) (any, error) {
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	row, _, err := store.Find(s.store.ModelOfMachine(ctx, m.Machine.ID))
	return machineModel(row), err
}

// layoutDiff is what a layout changes at a machine.
type layoutDiff struct {
	Added    []catalog.LayoutChannel `json:"added"`
	Removed  []catalog.LayoutChannel `json:"removed"`
	Changed  []layoutChange          `json:"changed"`
	Boards   bool                    `json:"boards"`
	Problems []problemRow            `json:"problems"`
}

type layoutChange struct {
	Before catalog.LayoutChannel `json:"before"`
	After  catalog.LayoutChannel `json:"after"`
}

func showDiff(d catalog.LayoutDiff) layoutDiff {
	return layoutDiff{
		Added: append([]catalog.LayoutChannel{}, d.Added...), Removed: append([]catalog.LayoutChannel{}, d.Removed...),
		Changed: items(d.Changed, func(c catalog.LayoutChange) layoutChange { return layoutChange(c) }).Items,
		Boards:  d.Boards, Problems: items(d.Problems, showProblem).Items,
	}
}

// modelChoice names a version of a template.
type modelChoice struct {
	ModelID int64 `json:"model_id"`
	Version int64 `json:"version"`
}

func (s *Server) compareModel(ctx context.Context, c *call) (any, error) {
	var in modelChoice
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	diff, err := s.use.Catalog.CompareModel(ctx, c.Merchant, m.Machine.MachineNo, in.ModelID, in.Version)
	return showDiff(diff), err
}

func (s *Server) applyModel(ctx context.Context, c *call) (any, error) {
	var in modelChoice
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	before, err := s.store.ModelByID(ctx, m.Machine.ModelID)
	if err != nil {
		return nil, err
	}
	layout, err := s.use.Catalog.LayoutOf(ctx, c.Merchant, m.Machine.MachineNo)
	if err != nil {
		return nil, err
	}
	recording := s.recording(ctx, c, "machine.model", "machine", m.Machine.MachineNo, map[string]any{"model": before.Name, "layout": layout}, in)
	diff, err := s.use.Catalog.ApplyModel(recording, c.Merchant, m.Machine.MachineNo, in.ModelID, in.Version)
	return showDiff(diff), err
}
