package transfer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/vendlane/vendlane/internal/vending"
)

// Sum is a whole table in short: how many rows, and the SHA-256 of all values in
// the order of the primary key.
type Sum struct {
	Rows int64
	Hash [sha256.Size]byte
}

// String returns the first half of the hash, for people to compare.
func (s Sum) String() string { return hex.EncodeToString(s.Hash[:sha256.Size/2]) }

// reportEvery is how many rows go by between two reports of progress.
const reportEvery = 10_000

// digest sums up a table of either database; look, if set, sees every row.
func digest(ctx context.Context, d side, t table, look func(*reader), progress func(rows int64)) (sum Sum, err error) {
	r, err := d.readAll(ctx, t)
	if err != nil {
		return Sum{}, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	h := sha256.New()
	var text []byte
	for r.Next() {
		text = appendRow(text[:0], r.values)
		_, _ = h.Write(text) // a hash takes everything
		if look != nil {
			look(r)
		}
		if r.count%reportEvery == 0 {
			progress(r.count)
		}
	}
	progress(r.count)
	sum.Rows = r.count
	h.Sum(sum.Hash[:0])
	return sum, nil
}

// maxBadTexts bounds the list of a BadTextError.
const maxBadTexts = 20

// BadTextError lists texts that PostgreSQL does not take.
type BadTextError struct {
	// Found are the first of them, Total is how many there are.
	Found []BadText
	Total int
}

// BadText is one such text. Its value is not in it: it may be a secret.
type BadText struct{ Table, Key, Column string }

// Error implements error with one line for each text.
func (e *BadTextError) Error() string {
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "%d texts hold U+0000 or are not UTF-8, which PostgreSQL does not take. Nothing was copied. Correct them in the SQLite database and run again:", e.Total)
	for _, b := range e.Found {
		_, _ = fmt.Fprintf(&out, "\n  table %s, %s, column %s", b.Table, b.Key, b.Column)
	}
	if more := e.Total - len(e.Found); more > 0 {
		_, _ = fmt.Fprintf(&out, "\n  and %d more", more)
	}
	return out.String()
}

func (e *BadTextError) look(r *reader) {
	for i, value := range r.values {
		text, isText := value.(string)
		if !isText || vending.Storable(text) {
			continue
		}
		e.Total++
		if len(e.Found) < maxBadTexts {
			e.Found = append(e.Found, BadText{Table: r.table.name, Key: r.table.showKey(r.key()), Column: r.table.columns[i].name})
		}
	}
}

// difference walks through both tables side by side up to the first row that is
// not the same, and names it.
func (c *copier) difference(ctx context.Context, t table) (err error) {
	source, err := c.source.readAll(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	target, err := c.target.readAll(ctx, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	for {
		inSource, inTarget := source.Next(), target.Next()
		if !inSource && !inTarget {
			return fmt.Errorf("table %s differed, and does not any more: somebody else writes to the target", t.name)
		}
		order := 0
		if inSource && inTarget {
			order = compareKeys(source.key(), target.key())
		}
		switch {
		case !inTarget || inSource && order < 0:
			return fmt.Errorf("table %s differs: %s is not in the target", t.name, t.showKey(source.key()))
		case !inSource || order > 0:
			return fmt.Errorf("table %s differs: %s is not in the source", t.name, t.showKey(target.key()))
		}
		for i, column := range t.columns {
			if source.values[i] != target.values[i] {
				return fmt.Errorf("table %s differs: %s, column %s", t.name, t.showKey(source.key()), column.name)
			}
		}
	}
}

func compareKeys(a, b []any) int {
	for i := range a {
		order := 0
		if number, ok := a[i].(int64); ok {
			order = cmp.Compare(number, b[i].(int64))
		} else if text, ok := a[i].(string); ok {
			order = cmp.Compare(text, b[i].(string))
		}
		if order != 0 {
			return order
		}
	}
	return 0
}
