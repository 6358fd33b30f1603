// Package sigdebug explains a signature: what a message says, which pairs are
// signed, what the signature should be, and, if it is another, which mistake of
// the sender gives the one it has (signing.md §3, §4). It decides nothing: what
// is accepted is the business of package signature.
package sigdebug

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/vendlane/vendlane/signature"
)

// Kind says how a message is packed.
type Kind string

// The kinds: the body of a call of the Open API, the body of an MQTT message, and
// the body of a callback.
const (
	HTTP     Kind = "http"
	MQTT     Kind = "mqtt"
	Callback Kind = "callback"
)

// Diagnosis names what is wrong with a message, or remarkable about it.
type Diagnosis string

// The diagnoses. Of an accepted message OK, LowerCaseHex and URLEncodedValues are
// remarks.
const (
	OK                Diagnosis = "ok"
	BadBody           Diagnosis = "bad_body"                    // no JSON object, or none with a payload
	BadBase64         Diagnosis = "bad_base64"                  // the payload is no base64
	BadPayload        Diagnosis = "bad_payload"                 // what the payload holds is refused
	SignMissing       Diagnosis = "sign_missing"                // no `sign`, or no text
	SignMalformed     Diagnosis = "sign_malformed"              // not 32 hex digits
	AppIDAsKey        Diagnosis = "app_id_as_key"               // signed with the AppId
	AppSecretAsKey    Diagnosis = "app_secret_as_key"           //nolint:gosec // a name, no secret; signed with the AppSecret
	KeyLeftOut        Diagnosis = "key_left_out"                // signed without any key
	SignIncluded      Diagnosis = "sign_included"               // `sign` is among the signed pairs
	EmptyValuesKept   Diagnosis = "empty_values_kept"           // "", NULL or null are among them
	ZeroLeftOut       Diagnosis = "zero_left_out"               // 0 or false are not among them
	NumberDiffers     Diagnosis = "number_written_differently"  // 9.5 for 9.50, and the like
	BooleanDiffers    Diagnosis = "boolean_written_differently" // 1 for true, and the like
	NestedAsJSON      Diagnosis = "nested_as_json"              // nested values are not flattened
	Unsorted          Diagnosis = "unsorted"                    // the pairs are in another order
	URLEncodedValues  Diagnosis = "url_encoded_values"          // escaped, in whatever dialect
	LowerCaseHex      Diagnosis = "lower_case_hex"              // the digits of `sign`
	TimestampMissing  Diagnosis = "timestamp_missing"
	TimestampFormat   Diagnosis = "timestamp_format" // not ten digits: milliseconds, say
	StaleTimestamp    Diagnosis = "stale_timestamp"  // too far from the server's clock
	OldAppKey         Diagnosis = "old_app_key"      // signed with a key that a rotation has replaced
	WrongKeyOrContent Diagnosis = "wrong_key_or_content"
)

// Input is a message and what its sender has.
type Input struct {
	Raw  []byte
	Kind Kind
	// AppKey is the right key. AppID and AppSecret are tried in its place;
	// AppSecret may be "".
	AppKey, AppID, AppSecret string
	// PreviousKey is the AppKey before the last rotation, "" for none. It is right
	// as well before PreviousUntil, in UTC milliseconds, and on callbacks, which may
	// be older than the rotation.
	PreviousKey   string
	PreviousUntil int64
	// Now is the server's time and Window the accepted distance from it, in
	// seconds; 0 is any.
	Now, Window int64
}

// Report is the explanation. It holds no key.
type Report struct {
	Diagnosis Diagnosis `json:"diagnosis"`
	// Accepted tells whether the signature and the timestamp are good.
	Accepted bool `json:"accepted"`
	// Key says which AppKey the signature fits: current, previous, or "" for none
	// that is right.
	Key string `json:"key"`
	// Detail is for people, "" where the diagnosis says it all.
	Detail string `json:"detail"`
	Steps  []Step `json:"steps"`
	// Payload is the JSON text that was signed.
	Payload string    `json:"payload"`
	Dropped []Dropped `json:"dropped"`
	Pairs   []Pair    `json:"pairs"`
	// Form is that of Canonical: raw, escaped or escaped_java.
	Form      string `json:"form"`
	Canonical string `json:"canonical"`
	Expected  string `json:"expected"`
	Received  string `json:"received"`
	// SenderCanonical is what the received signature was made from, "" if no
	// mistake that is known gives it.
	SenderCanonical string `json:"sender_canonical"`
	// FirstDifference is where it leaves Canonical, in UTF-16 units as browsers
	// count, or -1.
	FirstDifference int `json:"first_difference"`
}

// Step is one step of the way from the bytes to the verdict. Those behind the
// first that fails are not there.
type Step struct {
	Name string `json:"name"` // body, base64, payload, sign, signature, timestamp
	OK   bool   `json:"ok"`
}

// Dropped is a value that is not signed, and why: sign, empty, null_text, null
// or empty_container.
type Dropped struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Pair is one signed pair.
type Pair struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// report is an explanation under way.
type report struct {
	Report
	in     Input
	object *signature.Object
	fields []field
}

// Explain explains a message.
func Explain(in Input) Report {
	r := &report{in: in, Report: Report{Steps: []Step{}, Dropped: []Dropped{}, Pairs: []Pair{}, Form: "raw", FirstDifference: -1}}
	if r.open() && r.list() && r.readSign() {
		r.compare()
	}
	return r.Report
}

// step notes a step; a failed one ends the explanation.
func (r *report) step(name string, diagnosis Diagnosis, err error) bool {
	r.Steps = append(r.Steps, Step{name, err == nil})
	if err != nil {
		r.Diagnosis, r.Detail = diagnosis, err.Error()
	}
	return err == nil
}

// open unpacks the payload.
func (r *report) open() bool {
	text := bytes.TrimSpace(r.in.Raw)
	if len(text) > 2*signature.MaxSize {
		return r.step("body", BadBody, fmt.Errorf("longer than %d bytes", 2*signature.MaxSize))
	}
	plain := r.in.Kind == Callback
	if r.in.Kind == HTTP || r.in.Kind == MQTT && bytes.HasPrefix(text, []byte("{")) {
		var body map[string]json.RawMessage
		if err := json.Unmarshal(text, &body); err != nil {
			return r.step("body", BadBody, fmt.Errorf("the body is no JSON object: %w", err))
		}
		_, signed := body["sign"]
		raw, wrapped := body["payload"]
		var payload string
		switch {
		case wrapped && json.Unmarshal(raw, &payload) == nil:
			text = []byte(payload)
		case signed: // pasted without its wrapping
			plain = true
		default:
			return r.step("body", BadBody, fmt.Errorf(`the body has no text "payload"`))
		}
	}
	r.step("body", "", nil)
	if !plain {
		decoded, err := signature.DecodeBase64(text)
		if !r.step("base64", BadBase64, err) {
			return false
		}
		text = decoded
	}
	object, err := signature.ParseObject(text)
	r.object = object
	return r.step("payload", BadPayload, err)
}

// list shows what is signed and what is not.
func (r *report) list() bool {
	r.Payload = r.object.JSON()
	var err error
	if r.fields, err = flatten(r.Payload); err != nil {
		return r.step("payload", BadPayload, err)
	}
	for _, f := range r.fields {
		if f.dropped != "" {
			r.Dropped = append(r.Dropped, Dropped{f.name, f.dropped})
		}
	}
	for _, f := range sorted(kept(r.fields)) {
		r.Pairs = append(r.Pairs, Pair{f.name, f.text})
	}
	r.expect(signature.Raw)
	return true
}

// expect shows what is right in one form.
func (r *report) expect(form signature.Form) {
	r.Form = formName(form)
	r.Canonical = r.object.Canonical(form, "<AppKey>")
	r.Expected = r.object.Sign(form, r.in.AppKey)
}

func (r *report) readSign() bool {
	v, found := r.object.Lookup("sign")
	r.Received = v.Text
	switch {
	case !found || v.Kind != signature.String || v.Text == "":
		return r.step("sign", SignMissing, fmt.Errorf(`there is no text "sign"`))
	case len(v.Text) != 2*md5.Size || strings.Trim(strings.ToUpper(v.Text), "0123456789ABCDEF") != "":
		return r.step("sign", SignMalformed, fmt.Errorf("%d characters, not 32 hex digits", len(v.Text)))
	}
	return r.step("sign", "", nil)
}

// compare judges the signature and, if it is good, the timestamp.
func (r *report) compare() {
	if !r.findKey() {
		r.Diagnosis = WrongKeyOrContent
		if r.in.PreviousKey != "" && r.object.Verify(r.in.PreviousKey) {
			r.Diagnosis = OldAppKey
		} else {
			r.search()
		}
		r.Steps = append(r.Steps, Step{"signature", false})
		return
	}
	r.step("signature", "", nil)
	r.Diagnosis = OK
	for _, form := range []signature.Form{signature.EscapedJava, signature.Escaped, signature.Raw} {
		if strings.EqualFold(r.object.Sign(form, r.in.AppKey), r.Received) {
			r.expect(form)
		}
	}
	if r.Form != "raw" {
		r.Diagnosis = URLEncodedValues
	}
	if r.Received != r.Expected {
		r.Diagnosis = LowerCaseHex
	}
	r.Accepted = r.in.Kind == Callback || r.checkTime()
}

// findKey tells whether the signature is made with a key that is right, and goes on
// with that.
func (r *report) findKey() bool {
	if r.object.Verify(r.in.AppKey) {
		r.Key = "current"
		return true
	}
	good := r.in.Kind == Callback || r.in.Now*1000 < r.in.PreviousUntil
	if r.in.PreviousKey == "" || !good || !r.object.Verify(r.in.PreviousKey) {
		return false
	}
	r.Key, r.in.AppKey = "previous", r.in.PreviousKey
	r.expect(signature.Raw)
	return true
}

func (r *report) checkTime() bool {
	if v, found := r.object.Lookup("timestamp"); !found {
		return r.step("timestamp", TimestampMissing, fmt.Errorf(`there is no "timestamp"`))
	} else if _, ok := r.object.Timestamp(); !ok {
		return r.step("timestamp", TimestampFormat, fmt.Errorf("%q is not Unix time in seconds, ten digits", v.Text))
	}
	if !r.object.WithinWindow(r.in.Now, r.in.Window) {
		sent, _ := r.object.Timestamp()
		return r.step("timestamp", StaleTimestamp, fmt.Errorf("%d seconds from the server's %d, at most %d are accepted", sent-r.in.Now, r.in.Now, r.in.Window))
	}
	return r.step("timestamp", "", nil)
}

// differ returns where two texts part, in UTF-16 units, or -1.
func differ(a, b string) int {
	if a == b {
		return -1
	}
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return i
		}
	}
	return min(len(x), len(y))
}
