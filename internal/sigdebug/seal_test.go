package sigdebug

import (
	"strings"
	"testing"

	"github.com/vendlane/vendlane/signature"
)

func TestForms(t *testing.T) {
	for payload, want := range map[string]int{
		`{"url":"http://a/b c","timestamp":"1714353655"}`: 2,
		`{"text":"~*","timestamp":"1714353655"}`:          3, // Java writes both in its own way
	} {
		object, err := signature.ParseObject([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		forms, err := Forms(payload, key)
		if err != nil || len(forms) != want {
			t.Fatalf("%+v, %v", forms, err)
		}
		for i, f := range forms {
			if f.Sign != object.Sign(signature.Form(i), key) || !strings.HasSuffix(f.Canonical, "&key=<AppKey>") {
				t.Errorf("%+v", f)
			}
		}
	}
	if _, err := Forms(`[]`, key); err == nil {
		t.Error("no error of a list")
	}
}

// What is sealed is accepted, whatever it holds and however it is packed.
func TestSeal(t *testing.T) {
	const payload = `{ "z": 9.50, "sign": "old", "n": null, "t": "<\/\u00e9\u2028😀\"", "l": [1, {"sign": true}], "timestamp": "1714353655" }`
	for _, kind := range []Kind{HTTP, MQTT, Callback} {
		for _, form := range []signature.Form{signature.Raw, signature.Escaped} {
			body, err := Seal(payload, key, form, kind)
			if err != nil {
				t.Fatal(err)
			}
			got := Explain(Input{Raw: []byte(body), Kind: kind, AppKey: key, Now: now, Window: 600})
			if !got.Accepted || got.Form != formName(form) {
				t.Errorf("%s, %s: %+v", kind, formName(form), got)
			}
			if want := `{"z":9.50,"n":null,"t":"</é`; !strings.HasPrefix(got.Payload, want) {
				t.Errorf("%s: %s, want %s…", kind, got.Payload, want)
			}
		}
	}
	if _, err := Seal(`{"a":1,"a":2}`, key, signature.Raw, HTTP); err == nil {
		t.Error("no error of a doubled member")
	}
}
