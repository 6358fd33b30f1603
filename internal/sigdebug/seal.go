package sigdebug

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// Written is what one form makes of a payload. The canonical string has <AppKey> in
// the place of the key.
type Written struct {
	Form      string `json:"form"` // as in Report
	Canonical string `json:"canonical"`
	Sign      string `json:"sign"`
}

// Forms lists what each form makes of a payload, the JSON text of Report.Payload.
// EscapedJava is left out where it is the same as Escaped (signing.md §3.1).
func Forms(payload, key string) ([]Written, error) {
	object, err := signature.ParseObject([]byte(payload))
	if err != nil {
		return nil, err
	}
	out := []Written{}
	for _, form := range []signature.Form{signature.Raw, signature.Escaped, signature.EscapedJava} {
		w := Written{formName(form), object.Canonical(form, "<AppKey>"), object.Sign(form, key)}
		if form != signature.EscapedJava || w.Sign != out[len(out)-1].Sign {
			out = append(out, w)
		}
	}
	return out, nil
}

func formName(form signature.Form) string {
	return [...]string{signature.Raw: "raw", signature.Escaped: "escaped", signature.EscapedJava: "escaped_java"}[form]
}

// Seal returns the body that a sender makes of a payload: signed in a form and packed
// as the kind wants. Members stay in their order and numbers as they were typed,
// because that is what is signed; a sign that the payload has already is replaced.
func Seal(payload, key string, form signature.Form, kind Kind) (string, error) {
	object, err := signature.ParseObject([]byte(payload))
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	text.WriteByte('{')
	for name, value := range object.Members() {
		if name != "sign" {
			fmt.Fprintf(&text, "%s:%s,", quote(name), literal(value))
		}
	}
	fmt.Fprintf(&text, `"sign":%s}`, quote(object.Sign(form, key)))
	var compact bytes.Buffer
	if err := json.Compact(&compact, text.Bytes()); err != nil {
		return "", err
	}
	if kind == Callback {
		return compact.String(), nil
	}
	packed := base64.StdEncoding.EncodeToString(compact.Bytes())
	if kind == HTTP {
		packed = `{"payload":"` + packed + `"}`
	}
	return packed, nil
}

// WithTimestamp adds the time to a payload, JSON text, that has none.
func WithTimestamp(payload string, now time.Time) (string, error) {
	object, err := signature.ParseObject([]byte(payload))
	if err != nil {
		return "", err
	}
	if _, found := object.Lookup("timestamp"); found {
		return payload, nil
	}
	rest := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(payload), "}"))
	if rest != "{" {
		rest += ","
	}
	return rest + `"timestamp":"` + strconv.FormatInt(now.Unix(), 10) + `"}`, nil
}

// literal writes a value in JSON.
func literal(v signature.Value) string {
	switch v.Kind {
	case signature.String:
		return quote(v.Text)
	case signature.Null:
		return "null"
	}
	return v.Text
}

func quote(text string) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a text always can be
	return string(bytes.TrimSpace(out.Bytes()))
}
