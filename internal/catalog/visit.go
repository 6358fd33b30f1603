package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxPieces bounds every number of a visit: no channel holds more.
const maxPieces = 100_000

// Visit is what a restocker did at a machine, written down on a phone that may
// have had no connection.
type Visit struct {
	MachineNo string
	UserID    int64
	// Key is drawn by the phone, 16–64 letters, digits or dashes. A visit that is
	// sent again is not applied again.
	Key   string
	Lines []VisitLine
}

// VisitLine is one product, in pieces: Expected is what the phone believed to be
// there, Counted what was found, Removed what was bad and taken out, Added what
// was put in.
type VisitLine struct {
	ProductID                         int64
	Expected, Counted, Removed, Added int64
}

// Visited is a visit as it was applied. Its lines have the stock before and after.
type Visited struct {
	db.Visit
	Lines []db.VisitLine
	// Repeated tells that it had been applied before.
	Repeated bool
}

// errRepeated ends the transaction of a visit that has been applied.
var errRepeated = errors.New("the visit has been applied")

// ApplyVisit changes the stock of a machine by what a visit found, took out and
// put in, all or nothing and once, and tells the machine. It moves levels instead
// of setting them: what was sold between the visit and its arrival stays sold. A
// level that would leave 0 to capacity stops there. It refuses with 30003, 30006,
// 60001 for a product of another machine, and 10001.
func (s *Service) ApplyVisit(ctx context.Context, merchant db.Merchant, v Visit) (Visited, error) {
	lines, err := v.check()
	if err != nil {
		return Visited{}, err
	}
	m, err := s.machine(ctx, merchant, v.MachineNo, vending.ManageGate())
	if err != nil {
		return Visited{}, err
	}
	var done Visited
	err = s.retry(ctx, func(tx *store.Tx) error {
		done = Visited{Visit: db.Visit{
			MerchantID: merchant.ID, MachineID: m.ID, UserID: v.UserID, VisitKey: v.Key, CreatedAt: s.clock.Millis(),
		}}
		return s.applyVisit(ctx, tx, &done, lines)
	})
	if errors.Is(err, errRepeated) {
		return s.visited(ctx, merchant, m, v.Key)
	}
	return done, err
}

// check returns the lines in the order of products, as everywhere: nobody must
// wait in a circle.
func (v Visit) check() ([]VisitLine, error) {
	odd := func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-'
	}
	if len(v.Key) < 16 || len(v.Key) > 64 || strings.ContainsFunc(v.Key, odd) {
		return nil, vending.RefuseField("key", "format")
	}
	lines := slices.SortedFunc(slices.Values(v.Lines), func(a, b VisitLine) int { return cmp.Compare(a.ProductID, b.ProductID) })
	for i, l := range lines {
		if i > 0 && l.ProductID == lines[i-1].ProductID {
			return nil, vending.RefuseField("product_id", "conflict")
		}
		for _, f := range []struct {
			name   string
			pieces int64
		}{{"expected", l.Expected}, {"counted", l.Counted}, {"removed", l.Removed}, {"added", l.Added}} {
			if f.pieces < 0 || f.pieces > maxPieces {
				return nil, vending.RefuseField(f.name, "range")
			}
		}
	}
	return lines, nil
}

func (s *Service) applyVisit(ctx context.Context, tx *store.Tx, done *Visited, lines []VisitLine) (err error) {
	done.ID, err = tx.InsertVisit(ctx, db.InsertVisitParams{
		MerchantID: done.MerchantID, MachineID: done.MachineID, UserID: done.UserID, VisitKey: done.VisitKey, CreatedAt: done.CreatedAt,
	})
	if store.NotFound(err) {
		return errRepeated
	}
	if err != nil {
		return fmt.Errorf("insert visit: %w", err)
	}
	anyChanged := false
	for _, l := range lines {
		p, err := productOf(ctx, tx, done.MachineID, l.ProductID)
		if err == nil && p.ChannelID == 0 {
			err = vending.RefuseProduct(vending.CodeProductUnknown, l.ProductID)
		}
		if err != nil {
			return err
		}
		line := db.VisitLine{
			VisitID: done.ID, ProductID: p.ID, Expected: l.Expected, Counted: l.Counted, Removed: l.Removed, Added: l.Added,
			PreviousLevel: p.CurrentInventory,
			Level:         min(max(0, p.CurrentInventory+l.Counted-l.Expected-l.Removed+l.Added), max(p.Inventory, p.CurrentInventory)),
		}
		if err := tx.InsertVisitLine(ctx, db.InsertVisitLineParams(line)); err != nil {
			return fmt.Errorf("insert line of visit: %w", err)
		}
		changed, err := s.setLevel(ctx, tx, change{
			machineID: done.MachineID, productID: p.ID, from: line.PreviousLevel, to: line.Level, source: sourceConsole,
		})
		if err != nil {
			return err
		}
		anyChanged = anyChanged || changed
		done.Lines = append(done.Lines, line)
	}
	if !anyChanged {
		return nil
	}
	return s.QueueRefresh(ctx, tx, done.MachineID)
}

// visited returns a visit that was applied before. A key that is another
// machine's is refused with 10001.
func (s *Service) visited(ctx context.Context, merchant db.Merchant, m db.Machine, key string) (Visited, error) {
	visit, err := s.store.VisitByKey(ctx, merchant.ID, key)
	if err != nil {
		return Visited{}, fmt.Errorf("read visit: %w", err)
	}
	if visit.MachineID != m.ID {
		return Visited{}, vending.RefuseField("key", "conflict")
	}
	lines, err := s.store.VisitLines(ctx, visit.ID)
	if err != nil {
		return Visited{}, fmt.Errorf("read lines of visit: %w", err)
	}
	return Visited{Visit: visit, Lines: lines, Repeated: true}, nil
}
