package machineapi

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// fields reads the members of an up message and keeps the first mistake. Values
// are texts, or JSON numbers in the place of their digits (mqtt.md §3.1). A
// member that is null or empty counts as left out.
type fields struct {
	object *signature.Object
	err    error
}

func (f *fields) fail(name, problem string) {
	if f.err == nil {
		f.err = fmt.Errorf("field %s: %s", name, problem)
	}
}

// text returns an optional member, "" if it is left out. U+0000 is refused: not
// every database can keep it.
func (f *fields) text(name string) string {
	text := f.raw(name)
	if !vending.Storable(text) {
		f.fail(name, "holds U+0000")
		return ""
	}
	return text
}

// free returns an optional text for people, cut to a number of characters. U+0000
// is left out of it, because a result must not be lost for its remark.
func (f *fields) free(name string, characters int) string {
	return cut(strings.ReplaceAll(f.raw(name), "\x00", ""), characters)
}

func (f *fields) raw(name string) string {
	v, _ := f.object.Lookup(name)
	switch v.Kind {
	case signature.Bool, signature.Array, signature.Nested:
		f.fail(name, "neither text nor number")
		return ""
	}
	return v.Text
}

// required returns a member that must be there.
func (f *fields) required(name string) string {
	text := f.text(name)
	if text == "" {
		f.fail(name, "missing")
	}
	return text
}

// number returns an optional whole number of at most digits digits, -1 if it is
// left out.
func (f *fields) number(name string, digits int) int64 {
	text := f.text(name)
	if text == "" {
		return -1
	}
	if len(text) > digits || !vending.IsDigits(text) {
		f.fail(name, "not a whole number in range")
		return -1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f.fail(name, "not a whole number in range")
	}
	return n
}

// requiredNumber returns a whole number that must be there.
func (f *fields) requiredNumber(name string, digits int) int64 {
	if f.required(name) == "" {
		return -1
	}
	return f.number(name, digits)
}

// done returns the first mistake as a drop, also one in the base fields that
// are not used (mqtt.md §3.1).
func (f *fields) done() error {
	f.text("machine_id")
	f.text("status")
	if f.err != nil {
		return dropFor(reasonBadFields, f.err)
	}
	return nil
}

// cut shortens a text to a number of characters.
func cut(text string, characters int) string {
	if utf8.RuneCountInString(text) <= characters {
		return text
	}
	return string([]rune(text)[:characters])
}

// isSignal tells whether text is a signal strength: dBm or a level, a whole
// number of at most four digits (mqtt.md §4.3).
func isSignal(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return len(digits) <= 4 && vending.IsDigits(digits)
}
