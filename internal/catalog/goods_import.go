package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// GoodLine is what one line of a file says of a good. A thing that the file has
// no column for is nil and stays as it is.
type GoodLine struct {
	// Number counts lines of text from 1, with the head.
	Number int
	// Slug is the article code, in most shops the EAN.
	Slug                     string
	Name, Description, Thumb *string
	// OriginalPrice is Price where the line says that there is none.
	Price, OriginalPrice *vending.Money
}

// RefusedLine is a line that is left out, and why: Field and Reason are as in a
// refusal with 10001.
type RefusedLine struct {
	Number        int
	Slug          string
	Field, Reason string
}

// GoodChange is a good that an import makes or changes. Before has ID 0 for a new
// one; Machines counts those that hold it.
type GoodChange struct {
	Number        int
	Before, After db.Good
	Machines      int64
}

// Import is what a file would do to a merchant's goods.
type Import struct {
	Created, Changed []GoodChange
	Unchanged        int
	Refused          []RefusedLine
}

// PlanImport compares a file with a merchant's goods and changes nothing. Of lines
// about the same good the first counts. Machines are counted in a group, or in all
// for "".
func (s *Service) PlanImport(ctx context.Context, merchant db.Merchant, group string, lines []GoodLine) (Import, error) {
	rows, err := s.store.GoodPage(ctx, db.GoodPageParams{MerchantID: merchant.ID, MachineGroup: group, PageSize: math.MaxInt32})
	if err != nil {
		return Import{}, fmt.Errorf("read goods: %w", err)
	}
	stored := make(map[string]db.GoodPageRow, len(rows))
	for _, row := range rows {
		stored[row.Good.Slug] = row
	}
	var plan Import
	seen := map[string]bool{}
	for _, line := range lines {
		if seen[line.Slug] {
			plan.Refused = append(plan.Refused, RefusedLine{line.Number, line.Slug, "slug", "conflict"})
			continue
		}
		seen[line.Slug] = true
		row, known := stored[line.Slug]
		if !known {
			row.Good = db.Good{MerchantID: merchant.ID, Slug: line.Slug, Media: "[]"}
		}
		after, err := line.onto(row.Good, known)
		var refusal *vending.Error
		if errors.As(err, &refusal) {
			field, _ := refusal.Data["field"].(string)
			reason, _ := refusal.Data["reason"].(string)
			plan.Refused = append(plan.Refused, RefusedLine{line.Number, line.Slug, field, reason})
			continue
		}
		change := GoodChange{line.Number, row.Good, after, row.Machines}
		switch {
		case !known:
			plan.Created = append(plan.Created, change)
		case after != row.Good:
			plan.Changed = append(plan.Changed, change)
		default:
			plan.Unchanged++
		}
	}
	return plan, nil
}

// onto returns a good as it is after the line, or a refusal with 10001.
func (l GoodLine) onto(before db.Good, known bool) (db.Good, error) {
	after := before
	if err := checkSlug(l.Slug); err != nil {
		return after, err
	}
	if !known && l.Price == nil {
		return after, vending.RefuseField("price", "missing")
	}
	for _, text := range []struct {
		said *string
		kept *string
	}{{l.Name, &after.Name}, {l.Description, &after.Description}, {l.Thumb, &after.Thumb}} {
		// A reader of CSV makes one end of line of two (RFC 4180).
		if text.said != nil && *text.said != strings.ReplaceAll(*text.kept, "\r\n", "\n") {
			*text.kept = *text.said
		}
	}
	if l.Price != nil {
		after.Price = *l.Price
		if before.OriginalPrice == before.Price { // there is none to cross out
			after.OriginalPrice = *l.Price
		}
	}
	if l.OriginalPrice != nil {
		after.OriginalPrice = *l.OriginalPrice
	}
	return after, GoodFields{after.Name, after.Description, after.Thumb, after.Price, after.OriginalPrice}.check()
}

// Fingerprint is the same for two plans that do the same to the same goods.
func (i Import) Fingerprint() (string, error) {
	raw, err := json.Marshal([][]GoodChange{i.Created, i.Changed})
	if err != nil {
		return "", fmt.Errorf("encode import: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// ApplyImport does what a plan says, all or nothing, and tells each machine that
// holds one of the goods once. It returns store.ErrLostRace if a good is no longer
// as the plan found it.
func (s *Service) ApplyImport(ctx context.Context, plan Import) error {
	// By id, as everywhere: nobody must wait in a circle.
	changed := slices.SortedFunc(slices.Values(plan.Changed), func(a, b GoodChange) int { return cmp.Compare(a.Before.ID, b.Before.ID) })
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		for _, c := range plan.Created {
			err := s.insertGood(ctx, tx, &c.After)
			if vending.CodeOf(err) == vending.CodeForm {
				return store.ErrLostRace // somebody has made it meanwhile
			}
			if err != nil {
				return err
			}
		}
		sellers := map[int64]bool{}
		for _, c := range changed {
			if err := s.writeGood(ctx, tx, c.Before, &c.After); err != nil {
				return err
			}
			machines, err := tx.MachinesSellingGood(ctx, c.After.ID)
			if err != nil {
				return err
			}
			for _, id := range machines {
				sellers[id] = true
			}
		}
		for _, id := range slices.Sorted(maps.Keys(sellers)) {
			if err := s.QueueRefresh(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}
