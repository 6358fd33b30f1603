package console

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/vending"
)

// query reads the parameters of a list. Each is read once; done reports the
// first mistake, also a parameter that nobody has read.
type query struct {
	values url.Values
	csv    bool
	err    error
}

func (c *call) query() *query {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	q := &query{values: values, csv: c.wantsCSV()}
	if err != nil {
		q.fail("the query string is broken")
	}
	return q
}

func (q *query) fail(text string) {
	if q.err == nil {
		q.err = badRequest(text)
	}
}

func (q *query) done() error {
	for name := range q.values {
		q.fail(fmt.Sprintf("unknown parameter %q", name))
	}
	return q.err
}

// text is a parameter of at most maxRunes characters.
func (q *query) text(name string, maxRunes int) string {
	value := q.values.Get(name)
	if len(q.values[name]) > 1 || !vending.Storable(value) || utf8.RuneCountInString(value) > maxRunes {
		q.fail(name + " is given twice or too long")
	}
	delete(q.values, name)
	return value
}

// number is a parameter that is an id or a time; 0 if it is not there.
func (q *query) number(name string) int64 {
	text := q.text(name, 18)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		q.fail(name + " must be a number")
	}
	return n
}

// oneOf is a parameter that is "" or one of the values.
func (q *query) oneOf(name string, values ...string) string {
	value := q.text(name, 50)
	if value != "" && !slices.Contains(values, value) {
		q.fail(fmt.Sprintf("%s must be one of %q", name, values))
	}
	return value
}

// Bounds of a list: rows of a page, and rows of a file.
const (
	defaultPage = 50
	maxPage     = 200
	maxFile     = 100_000
)

// limit is the number of rows wanted; a file has all of them.
func (q *query) limit() int32 {
	text := q.text("limit", 10)
	if q.csv {
		return maxFile
	}
	if text == "" {
		return defaultPage
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 || n > maxPage {
		q.fail(fmt.Sprintf("limit must be 1–%d", maxPage))
	}
	return int32(n)
}

// cursor reads into v where the page before has ended; without one v stays as
// it is.
func (q *query) cursor(v any) {
	text := q.text("cursor", 1000)
	if text == "" {
		return
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, v) != nil {
		q.fail("cursor is not one of ours")
	}
}

// pattern is a LIKE pattern (ESCAPE '!') that finds lower-case text anywhere,
// "" for no text.
func pattern(text string) string {
	if text == "" {
		return ""
	}
	return "%" + escapeLike(text) + "%"
}
