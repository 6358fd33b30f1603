package console

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// row is an entry of a list.
type row interface {
	// csvHeader and csvRow have the same number of cells.
	csvHeader() []string
	csvRow() []string
}

// list is a page of rows. Next leads to the following page as `cursor`; it is
// "" on the last one.
type list[T row] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// paged makes a page of rows that were read with one more than the limit, to
// know whether there are more. cursor tells where a row is.
func paged[T row](c *call, rows []T, limit int32, name string, cursor func(last T) any) (any, error) {
	out := list[T]{Items: rows}
	if len(rows) > int(limit) {
		out.Items = rows[:limit]
		raw, err := json.Marshal(cursor(rows[limit-1]))
		if err != nil {
			return nil, err
		}
		out.Next = base64.RawURLEncoding.EncodeToString(raw)
	}
	if c.wantsCSV() {
		return file[T]{name, out.Items}, nil
	}
	return out, nil
}

// wantsCSV tells whether the answer is to be a file with the whole list, as far as
// maxFile.
func (c *call) wantsCSV() bool {
	for kind := range strings.SplitSeq(c.r.Header.Get("Accept"), ",") {
		if media, _, err := mime.ParseMediaType(kind); err == nil && media == "text/csv" {
			return true
		}
	}
	return false
}

// byteOrderMark is what spreadsheets look for in a file in UTF-8.
const byteOrderMark = "\ufeff"

// file is a list as CSV, in UTF-8 with a byteOrderMark.
type file[T row] struct {
	name string
	rows []T
}

func (f file[T]) answer(w http.ResponseWriter, _ *http.Request) int {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name + ".csv"}))
	_, _ = w.Write([]byte(byteOrderMark))
	out := csv.NewWriter(w)
	var none T
	_ = out.Write(none.csvHeader())
	for _, r := range f.rows {
		cells := r.csvRow()
		for i := range cells {
			cells[i] = harmless(cells[i])
		}
		_ = out.Write(cells)
	}
	out.Flush() // the client may be gone; there is nobody to tell
	return http.StatusOK
}

// harmless keeps a spreadsheet from taking a cell for a formula. plain undoes it.
func harmless(cell string) string {
	if looksLikeFormula(strings.TrimLeft(cell, "'")) && !isNumber(cell) {
		return "'" + cell
	}
	return cell
}

func plain(cell string) string {
	if text, quoted := strings.CutPrefix(cell, "'"); quoted && looksLikeFormula(strings.TrimLeft(text, "'")) {
		return text
	}
	return cell
}

// openCSV reads what file writes, also as people have changed it: with or without a
// byte-order mark, and with the columns in any order. It returns their names in
// small letters; whether a line has as many cells is the caller's concern.
func openCSV(text string) (in *csv.Reader, columns []string, err error) {
	in = csv.NewReader(strings.NewReader(strings.TrimPrefix(text, byteOrderMark)))
	in.FieldsPerRecord = -1
	columns, err = in.Read()
	for i, name := range columns {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
	}
	return in, columns, err
}

// looksLikeFormula takes both ends of line alike, because a reader makes \n of \r\n.
func looksLikeFormula(cell string) bool {
	return cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0]))
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// escapeLike makes text mean itself in a LIKE pattern.
func escapeLike(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(text))
}

// all is a list that is always whole.
type all[T any] struct {
	Items []T `json:"items"`
}

// items makes the list of an answer from stored rows.
func items[R, T any](rows []R, show func(R) T) all[T] {
	out := all[T]{Items: make([]T, len(rows))}
	for i, r := range rows {
		out.Items[i] = show(r)
	}
	return out
}
