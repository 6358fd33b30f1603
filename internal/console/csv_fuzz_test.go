package console

import (
	"encoding/csv"
	"net/http/httptest"
	"strings"
	"testing"
)

type fuzzRow [2]string

func (fuzzRow) csvHeader() []string { return []string{"a", "b"} }
func (r fuzzRow) csvRow() []string  { return r[:] }

// Whatever a cell holds, the file has its rows and cells, a reader gets the text
// back, and no cell is a formula.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"", "plain", `=HYPERLINK("x")`, "-1.5", "-1+cmd|' /C calc'!A0", "@SUM(1)", "+Inf", "a,b;c", "\"", "two\nlines", "\r=1", "\r\n", "\r\r\n=1", "\t=1", "'=1", "''-2", "\ufeff=1", "\xff"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		w := httptest.NewRecorder()
		file[fuzzRow]{"x", []fuzzRow{{a, b}}}.answer(w, nil)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 2 {
			t.Fatalf("%q, %v", rows, err)
		}
		for i, cell := range []string{a, b} {
			got := rows[1][i]
			// The reader makes one end of line of two (RFC 4180).
			if want := strings.ReplaceAll(cell, "\r\n", "\n"); plain(got) != want {
				t.Errorf("%q became %q", cell, got)
			}
			if looksLikeFormula(got) && !isNumber(got) {
				t.Errorf("%q is a formula", got)
			}
		}
	})
}
