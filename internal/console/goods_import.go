package console

import (
	"cmp"
	"context"
	"slices"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store/db"
)

// maxPreview is how many lines of each kind a preview shows; it counts all.
const maxPreview = 200

// importInfo is what a file would do, or did, to the goods.
type importInfo struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Refused   int `json:"refused"`
	// Fingerprint of what was looked at; an import does that or nothing.
	Fingerprint    string        `json:"fingerprint"`
	IgnoredColumns []string      `json:"ignored_columns"`
	CreatedLines   []importLine  `json:"created_lines"`
	ChangedLines   []importLine  `json:"changed_lines"`
	RefusedLines   []refusedLine `json:"refused_lines"`
}

// importLine is a good before and after; before is null for a new one.
type importLine struct {
	Line     int       `json:"line"`
	Slug     string    `json:"slug"`
	Machines int64     `json:"machines"`
	Before   *goodText `json:"before"`
	After    goodText  `json:"after"`
}

// goodText is what a file can say of a good.
type goodText struct {
	Name          string `json:"name"`
	Description   string `json:"description"`
	Thumb         string `json:"thumb"`
	Price         int64  `json:"price"`
	OriginalPrice int64  `json:"original_price"`
}

type refusedLine struct {
	Line   int    `json:"line"`
	Slug   string `json:"slug"`
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// goodsUpload is the body of both requests. File is base64 in JSON: the server
// looks at the bytes as they are.
type goodsUpload struct {
	File []byte `json:"file"`
}

// maxUpload is for a file in base64 with JSON around it, in bytes.
const maxUpload = maxGoodsFile*4/3 + 1024

func (s *Server) previewGoods(ctx context.Context, c *call) (any, error) {
	var in goodsUpload
	if err := c.decodeUpTo(maxUpload, &in); err != nil {
		return nil, err
	}
	plan, info, err := s.planGoods(ctx, c, in)
	if err != nil {
		return nil, err
	}
	info.CreatedLines = items(plan.Created[:min(len(plan.Created), maxPreview)], showImport).Items
	info.ChangedLines = items(plan.Changed[:min(len(plan.Changed), maxPreview)], showImport).Items
	info.RefusedLines = items(plan.Refused[:min(len(plan.Refused), maxPreview)], func(r catalog.RefusedLine) refusedLine {
		return refusedLine{r.Number, r.Slug, r.Field, r.Reason}
	}).Items
	return info, nil
}

// importGoods does what the preview with the fingerprint showed; lines that are
// refused are left out.
func (s *Server) importGoods(ctx context.Context, c *call) (any, error) {
	var in struct {
		goodsUpload
		Fingerprint string `json:"fingerprint"`
	}
	if err := c.decodeUpTo(maxUpload, &in); err != nil {
		return nil, err
	}
	plan, info, err := s.planGoods(ctx, c, in.goodsUpload)
	if err != nil {
		return nil, err
	}
	if info.Fingerprint != in.Fingerprint {
		return nil, errChangedMeanwhile
	}
	return info, changedMeanwhile(s.use.Catalog.ApplyImport(s.recordingGoods(ctx, c, plan), plan))
}

func (s *Server) planGoods(ctx context.Context, c *call, in goodsUpload) (catalog.Import, importInfo, error) {
	file, err := readGoods(in.File)
	if err != nil {
		return catalog.Import{}, importInfo{}, err
	}
	plan, err := s.use.Catalog.PlanImport(ctx, c.Merchant, c.Group, file.lines)
	if err != nil {
		return catalog.Import{}, importInfo{}, err
	}
	plan.Refused = append(plan.Refused, file.refused...)
	slices.SortFunc(plan.Refused, func(a, b catalog.RefusedLine) int { return cmp.Compare(a.Number, b.Number) })
	fingerprint, err := plan.Fingerprint()
	return plan, importInfo{
		Created: len(plan.Created), Changed: len(plan.Changed), Unchanged: plan.Unchanged, Refused: len(plan.Refused),
		Fingerprint: fingerprint, IgnoredColumns: file.ignored,
		CreatedLines: []importLine{}, ChangedLines: []importLine{}, RefusedLines: []refusedLine{},
	}, err
}

func textOf(g db.Good) goodText {
	return goodText{g.Name, g.Description, g.Thumb, int64(g.Price), int64(g.OriginalPrice)}
}

func showImport(g catalog.GoodChange) importLine {
	line := importLine{Line: g.Number, Slug: g.After.Slug, Machines: g.Machines, After: textOf(g.After)}
	if g.Before.ID != 0 {
		before := textOf(g.Before)
		line.Before = &before
	}
	return line
}

// recordingGoods writes one entry for each good, as for those changed by hand.
func (s *Server) recordingGoods(ctx context.Context, c *call, plan catalog.Import) context.Context {
	var entries []audit.Entry
	for _, g := range plan.Created {
		entries = append(entries, audit.Entry{By: c.By(), Action: "good.create", Kind: "good", ID: g.After.Slug, After: textOf(g.After)})
	}
	for _, g := range plan.Changed {
		entries = append(entries, audit.Entry{By: c.By(), Action: "good.change", Kind: "good", ID: g.After.Slug, Before: textOf(g.Before), After: textOf(g.After)})
	}
	return s.use.Audit.Recording(ctx, entries...)
}
