package openapi

import (
	"strconv"

	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// form reads the fields of a payload object and remembers the error that wins:
// presence and type of all fields come before formats and ranges, each in the
// order the fields are read (openapi.md §3.1 G13).
type form struct {
	payload *signature.Object
	path    string // before every field name in errors, for nested objects
	missing error  // presence or type
	invalid error  // format or range
}

func newForm(payload *signature.Object) *form { return &form{payload: payload} }

// err returns the refusal that wins, or nil.
func (f *form) err() error {
	if f.missing != nil {
		return f.missing
	}
	return f.invalid
}

func (f *form) failType(name, reason string) {
	if f.missing == nil {
		f.missing = vending.RefuseField(f.path+name, reason)
	}
}

func (f *form) failFormat(name, reason string) {
	if f.invalid == nil {
		f.invalid = vending.RefuseField(f.path+name, reason)
	}
}

// adopt takes over the errors of a nested form.
func (f *form) adopt(nested form) {
	if f.missing == nil {
		f.missing = nested.missing
	}
	if f.invalid == nil {
		f.invalid = nested.invalid
	}
}

// present demands a member without looking at its type, which has an error of
// its own.
func (f *form) present(name string) {
	v, found := f.payload.Lookup(name)
	if !found || v.Kind == signature.Null || v.Kind == signature.String && v.Text == "" {
		f.failType(name, "required")
	}
}

// value returns the text of a member. Absent, null and "" are all "not there".
// Where digits are expected a JSON number counts as its text (openapi.md §2).
func value(payload *signature.Object, name string, digits bool) (text string, typeOK bool) {
	v, found := payload.Lookup(name)
	switch {
	case !found || v.Kind == signature.Null:
		return "", true
	case v.Kind == signature.String, v.Kind == signature.Number && digits:
		return v.Text, true
	default:
		return "", false
	}
}

func (f *form) read(name string, digits, required bool) string {
	text, ok := value(f.payload, name, digits)
	switch {
	case !ok:
		f.failType(name, "type")
	case text == "" && required:
		f.failType(name, "required")
	case !vending.Storable(text):
		f.failFormat(name, "format")
	}
	return text
}

// text reads a required string.
func (f *form) text(name string) string { return f.read(name, false, true) }

// machineNo reads the machine_no every payload names.
func (f *form) machineNo() string {
	const name, maxLength = "machine_no", 20
	text := f.read(name, true, true)
	if text != "" && (!vending.IsDigits(text) || len(text) > maxLength) {
		f.failFormat(name, "format")
	}
	return text
}

// maxNumberLength keeps numbers inside int64; maxNumber is the largest.
const (
	maxNumberLength = 18
	maxNumber       = 999_999_999_999_999_999
)

// id reads a required positive integer.
func (f *form) id(name string) int64 {
	return f.number(name, true, 0, 1, maxNumber)
}

// optional reads an integer that has a default.
func (f *form) optional(name string, fallback, low, high int64) int64 {
	return f.number(name, false, fallback, low, high)
}

func (f *form) number(name string, required bool, fallback, low, high int64) int64 {
	text := f.read(name, true, required)
	if text == "" {
		return fallback
	}
	n, reason := parseNumber(text, low, high)
	if reason != "" {
		f.failFormat(name, reason)
	}
	return n
}

// parseNumber reads decimal digits within a range; reason is "" when it could.
func parseNumber(text string, low, high int64) (n int64, reason string) {
	if !vending.IsDigits(text) {
		return 0, "format"
	}
	if len(text) > maxNumberLength {
		return 0, "range"
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, "range"
	}
	return n, ""
}

// ownCode reads an optional integer whose every failure has a code of its own
// instead of 10001 (errors.md §2, 10001).
func ownCode(payload *signature.Object, name string, code vending.Code, fallback, low, high int64) (int64, error) {
	text, ok := value(payload, name, true)
	if !ok {
		return 0, vending.Refuse(code)
	}
	if text == "" {
		return fallback, nil
	}
	n, reason := parseNumber(text, low, high)
	if reason != "" {
		return 0, vending.Refuse(code)
	}
	return n, nil
}

// tradeID reads the trade_id; every failure is 40001 (openapi.md §3.1). As a
// JSON number only an integer will do: "-" and "e" are letters of a text.
func tradeID(payload *signature.Object) (vending.TradeID, error) {
	v, _ := payload.Lookup("trade_id")
	if v.Kind != signature.String && (v.Kind != signature.Number || !vending.IsDigits(v.Text)) {
		return vending.TradeID{}, vending.Refuse(vending.CodeTradeIDInvalid)
	}
	return vending.ParseTradeID(v.Text)
}
