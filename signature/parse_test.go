package signature_test

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/signature"
)

func TestLookupKeepsKindAndText(t *testing.T) {
	o := mustParse(t, `{"s":"a\u0000\/\ud83d\ude00","n":-1.50E+3,"t":true,"f":false,"z":null,`+
		`"l":[1, "x"],"o":{"k" : 1},"\u4e2d":"","":"no name"}`)
	for _, c := range []struct {
		name string
		kind signature.Kind
		text string
	}{
		{"s", signature.String, "a\x00/😀"},
		{"n", signature.Number, "-1.50E+3"},
		{"t", signature.Bool, "true"},
		{"f", signature.Bool, "false"},
		{"z", signature.Null, ""},
		{"l", signature.Array, `[1, "x"]`},
		{"o", signature.Nested, `{"k" : 1}`},
		{"中", signature.String, ""},
		{"", signature.String, "no name"},
	} {
		v, ok := o.Lookup(c.name)
		if !ok || v.Kind != c.kind || v.Text != c.text {
			t.Errorf("Lookup(%q) = %+v, %v, want kind %d, text %q", c.name, v, ok, c.kind, c.text)
		}
	}
	for _, name := range []string{"S", "k", "missing"} {
		if v, ok := o.Lookup(name); ok || v != (signature.Value{}) {
			t.Errorf("Lookup(%q) = %+v, %v", name, v, ok)
		}
	}
}

func TestMembersInOrderReceived(t *testing.T) {
	o := mustParse(t, `{"z":1,"a":{"inner":2},"m":3}`)
	var names []string
	for name := range o.Members() {
		names = append(names, name)
	}
	if got := strings.Join(names, " "); got != "z a m" {
		t.Errorf("got %q", got)
	}
	for range o.Members() {
		break // a caller may stop early
	}
}

func TestParseDoesNotKeepInput(t *testing.T) {
	text := []byte(`{"a":"before"}`)
	o, err := signature.ParseObject(text)
	if err != nil {
		t.Fatal(err)
	}
	copy(text, `{"a":"AFTER!"}`)
	if v, _ := o.Lookup("a"); v.Text != "before" {
		t.Errorf("got %q", v.Text)
	}
}

// objectOfSize returns {"a":"xxx…"} of exactly n bytes.
func objectOfSize(n int) string {
	return `{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}`
}

func TestSizeLimits(t *testing.T) {
	parse := func(s string) error { _, err := signature.ParseObject([]byte(s)); return err }
	envelope := func(s string) error { _, err := signature.DecodeEnvelope([]byte(s)); return err }
	message := func(s string) error { _, err := signature.DecodeMessage([]byte(s)); return err }
	payload := base64.StdEncoding.EncodeToString([]byte(`{"a":"1"}`))
	body := func(n int) string {
		start := `{"payload":"` + payload + `"}`
		return start + strings.Repeat(" ", n-len(start))
	}
	padded := func(n int) string { return payload + strings.Repeat("\n", n-len(payload)) }
	for _, c := range []struct {
		name string
		err  error
		ok   bool
	}{
		{"payload of 64 KiB", parse(objectOfSize(signature.MaxSize)), true},
		{"payload too long", parse(objectOfSize(signature.MaxSize + 1)), false},
		{"HTTP body of 64 KiB", envelope(body(signature.MaxSize)), true},
		{"HTTP body too long", envelope(body(signature.MaxSize + 1)), false},
		{"MQTT body of 64 KiB", message(padded(signature.MaxSize)), true},
		{"MQTT body too long", message(padded(signature.MaxSize + 1)), false},
	} {
		if c.ok && c.err != nil || !c.ok && !errors.Is(c.err, signature.ErrMalformed) {
			t.Errorf("%s: error %v", c.name, c.err)
		}
	}
}

// A name of half the allowed size above many short values must not unfold.
func TestFlattenedSizeIsBounded(t *testing.T) {
	long := strings.Repeat("n", 30<<10)
	text := `{"` + long + `":[` + strings.Repeat("0,", 10<<10) + `0]}`
	if _, err := signature.ParseObject([]byte(text)); !errors.Is(err, signature.ErrMalformed) {
		t.Errorf("error %v", err)
	}
	// The same array is fine where names stay short or nothing is signed.
	if _, err := signature.ParseObject([]byte(strings.Replace(text, long, "n", 1))); err != nil {
		t.Error(err)
	}
	if _, err := signature.ParseObject([]byte(strings.ReplaceAll(text, "0", `""`))); err != nil {
		t.Error(err)
	}
	// The outer object of an HTTP body is not signed, so nothing unfolds there.
	body := text[:len(text)-1] + `,"payload":"e30="}`
	if _, err := signature.DecodeEnvelope([]byte(body)); err != nil {
		t.Error(err)
	}
}

func TestManyMembers(t *testing.T) {
	var b strings.Builder
	for i := range 6000 {
		b.WriteString(`"` + strconv.Itoa(i) + `":1,`)
	}
	mustParse(t, "{"+b.String()+`"x":1}`)
	if _, err := signature.ParseObject([]byte("{" + b.String() + `"0":1}`)); !errors.Is(err, signature.ErrMalformed) {
		t.Errorf("duplicate among many: error %v", err)
	}
	// Equal names in different objects are no duplicates.
	mustParse(t, `{"a":{"a":{"a":1},"b":2},"b":[{"a":1},{"a":2}]}`)
}

func TestErrorsDoNotQuoteInput(t *testing.T) {
	for _, text := range []string{`{"password":"hunter2"`, `{"password":"hunter2","password":"hunter2"}`, `{"password":"hunter2\x"}`, `{"password":hunter2}`} {
		_, err := signature.ParseObject([]byte(text))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseObject(%s): error %v", text, err)
		}
	}
}

func TestTimestamp(t *testing.T) {
	for _, c := range []struct {
		value string
		sec   int64
		ok    bool
	}{
		{`"1714353655"`, 1714353655, true},
		{`1714353655`, 1714353655, true},
		{`"0000000001"`, 1, true},
		{`"9999999999"`, 9999999999, true},
		{`"1714353655000"`, 0, false},
		{`"171435365"`, 0, false},
		{`"-171435365"`, 0, false},
		{`" 171435365"`, 0, false},
		{`1.71435365`, 0, false},
		{`[1714353655]`, 0, false},
		{`null`, 0, false},
	} {
		sec, ok := mustParse(t, `{"timestamp":`+c.value+`}`).Timestamp()
		if sec != c.sec || ok != c.ok {
			t.Errorf("%s: got %d, %v", c.value, sec, ok)
		}
	}
	if _, ok := mustParse(t, `{}`).Timestamp(); ok {
		t.Error("missing timestamp accepted")
	}
}
