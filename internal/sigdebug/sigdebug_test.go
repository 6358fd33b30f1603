package sigdebug

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/signature"
)

const (
	key    = "kva"
	appID  = "vm0123456789abcdef"
	secret = "0123456789abcdef0123456789abcdef"
	now    = 1714353655
)

func input(raw string) Input {
	return Input{Raw: []byte(raw), Kind: HTTP, AppKey: key, AppID: appID, AppSecret: secret, Now: now, Window: 600}
}

// signed is a body whose sign is the MD5 of what a sender made of it; SIGN in
// the payload stands for it.
func signed(payload, canonical string) string {
	return wrap(strings.Replace(payload, "SIGN", fmt.Sprintf("%X", md5.Sum([]byte(canonical))), 1))
}

func wrap(payload string) string {
	return `{"payload":"` + base64.StdEncoding.EncodeToString([]byte(payload)) + `"}`
}

// A key that was replaced is named, and right while it is still good.
func TestPreviousKey(t *testing.T) {
	raw := signed(`{"a":"1","timestamp":"1714353655","sign":"SIGN"}`, "a=1&timestamp=1714353655&key=old")
	for name, c := range map[string]struct {
		until    int64
		kind     Kind
		want     Diagnosis
		key      string
		accepted bool
	}{
		"still good": {now*1000 + 1, HTTP, OK, "previous", true},
		"over":       {now * 1000, HTTP, OldAppKey, "", false},
		"callback":   {0, Callback, OK, "previous", true},
	} {
		in := input(raw)
		in.PreviousKey, in.PreviousUntil, in.Kind = "old", c.until, c.kind
		if c.kind == Callback {
			in.Raw = []byte(Explain(input(raw)).Payload)
		}
		r := Explain(in)
		if r.Diagnosis != c.want || r.Key != c.key || r.Accepted != c.accepted || c.accepted != (r.Expected == r.Received) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	in := input(signed(`{"a":"1","timestamp":"1714353655","sign":"SIGN"}`, "a=1&timestamp=1714353655&key=kva"))
	in.PreviousKey = "old"
	if r := Explain(in); r.Key != "current" || !r.Accepted {
		t.Errorf("current: %+v", r)
	}
}

func TestDiagnoses(t *testing.T) {
	const plain = `{"title":"a b/c","machine_no":"16327129","timestamp":"1714353655","sign":"SIGN"}`
	const right = "machine_no=16327129&timestamp=1714353655&title=a b/c"
	const escaped = "machine_no=16327129&timestamp=1714353655&title=a+b%2Fc"
	for name, c := range map[string]struct {
		raw      string
		want     Diagnosis
		accepted bool
		// from is where what the sender signed leaves what is right.
		from string
	}{
		"right":                  {signed(plain, right+"&key=kva"), OK, true, ""},
		"lower-case hex":         {signed(plain, right+"&key=kva"), LowerCaseHex, true, ""},
		"escaped":                {signed(plain, escaped+"&key=kva"), URLEncodedValues, true, ""},
		"escaped with %20":       {signed(plain, strings.ReplaceAll(escaped, "+", "%20")+"&key=kva"), URLEncodedValues, false, "%20b"},
		"escaped with lower hex": {signed(plain, strings.ReplaceAll(escaped, "%2F", "%2f")+"&key=kva"), URLEncodedValues, false, "fc&"},
		"AppId":                  {signed(plain, right+"&key="+appID), AppIDAsKey, false, "Id>"},
		"AppId, escaped":         {signed(plain, escaped+"&key="+appID), AppIDAsKey, false, "Id>"},
		"AppSecret":              {signed(plain, right+"&key="+secret), AppSecretAsKey, false, "Secret>"},
		"no key":                 {signed(plain, right), KeyLeftOut, false, ""},
		"empty key":              {signed(plain, right+"&key="), KeyLeftOut, false, ""},
		"sign included": {signed(plain, "machine_no=16327129&sign=&timestamp=1714353655&title=a b/c&key=kva"),
			SignIncluded, false, "sign="},
		"unsorted": {signed(plain, "title=a b/c&machine_no=16327129&timestamp=1714353655&key=kva"), Unsorted, false, "title"},
		"backwards": {signed(plain, "title=a b/c&timestamp=1714353655&machine_no=16327129&key=kva"),
			Unsorted, false, "title"},
		"another key": {signed(plain, right+"&key=other"), WrongKeyOrContent, false, ""},
		"empty value kept": {signed(`{"a":"","b":"1","timestamp":"1714353655","sign":"SIGN"}`, "a=&b=1&timestamp=1714353655&key=kva"),
			EmptyValuesKept, false, "a="},
		"NULL kept": {signed(`{"a":"NULL","b":"1","timestamp":"1714353655","sign":"SIGN"}`, "a=NULL&b=1&timestamp=1714353655&key=kva"),
			EmptyValuesKept, false, "a="},
		"null kept": {signed(`{"a":null,"b":"1","timestamp":"1714353655","sign":"SIGN"}`, "a=null&b=1&timestamp=1714353655&key=kva"),
			EmptyValuesKept, false, "a="},
		"null kept as nothing": {signed(`{"a":null,"b":"1","timestamp":"1714353655","sign":"SIGN"}`, "a=&b=1&timestamp=1714353655&key=kva"),
			EmptyValuesKept, false, "a="},
		"shorter number": {signed(`{"price":9.50,"timestamp":"1714353655","sign":"SIGN"}`, "price=9.5&timestamp=1714353655&key=kva"),
			NumberDiffers, false, "&time"},
		"longer number": {signed(`{"price":9.5,"timestamp":"1714353655","sign":"SIGN"}`, "price=9.50&timestamp=1714353655&key=kva"),
			NumberDiffers, false, "0&"},
		"a double of Go": {signed(`{"timestamp":1714353655,"sign":"SIGN"}`, "timestamp=1.714353655e+09&key=kva"),
			NumberDiffers, false, ".714"},
		"a double of Java": {signed(`{"timestamp":1714353655,"sign":"SIGN"}`, "timestamp=1.714353655E9&key=kva"),
			NumberDiffers, false, ".714"},
		"zero left out": {signed(`{"n":0,"ok":false,"timestamp":"1714353655","sign":"SIGN"}`, "timestamp=1714353655&key=kva"),
			ZeroLeftOut, false, "timestamp"},
		"boolean as number": {signed(`{"ok":true,"timestamp":"1714353655","sign":"SIGN"}`, "ok=1&timestamp=1714353655&key=kva"),
			BooleanDiffers, false, "1&"},
		"nested as JSON": {signed(`{"a":{"b": [1]},"timestamp":"1714353655","sign":"SIGN"}`, `a={"b":[1]}&timestamp=1714353655&key=kva`),
			NestedAsJSON, false, `={"b`},
		"stale":        {signed(`{"timestamp":"1714350000","sign":"SIGN"}`, "timestamp=1714350000&key=kva"), StaleTimestamp, false, ""},
		"no timestamp": {signed(`{"a":"1","sign":"SIGN"}`, "a=1&key=kva"), TimestampMissing, false, ""},
		"milliseconds": {signed(`{"timestamp":"1714353655000","sign":"SIGN"}`, "timestamp=1714353655000&key=kva"), TimestampFormat, false, ""},
		"no sign":      {wrap(`{"timestamp":"1714353655"}`), SignMissing, false, ""},
		"short sign":   {wrap(`{"timestamp":"1714353655","sign":"ABC"}`), SignMalformed, false, ""},
		"bad base64":   {`{"payload":"!!!"}`, BadBase64, false, ""},
		"no JSON":      {wrap(`{"a":`), BadPayload, false, ""},
		"twice":        {wrap(`{"a":"1","a":"2"}`), BadPayload, false, ""},
		"no payload":   {`{"data":"x"}`, BadBody, false, ""},
		"a form":       {`payload=x`, BadBody, false, ""},
		"nothing":      {``, BadBody, false, ""},
		"unwrapped": {strings.Replace(plain, "SIGN", fmt.Sprintf("%X", md5.Sum([]byte(right+"&key="+appID))), 1),
			AppIDAsKey, false, "Id>"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := c.raw
			if name == "lower-case hex" {
				raw = wrap(strings.Replace(plain, "SIGN", fmt.Sprintf("%x", md5.Sum([]byte(right+"&key=kva"))), 1))
			}
			got := Explain(input(raw))
			if got.Diagnosis != c.want || got.Accepted != c.accepted {
				t.Fatalf("%s, accepted %v, want %s, %v\n%+v", got.Diagnosis, got.Accepted, c.want, c.accepted, got)
			}
			if last := got.Steps[len(got.Steps)-1]; last.OK != c.accepted {
				t.Errorf("steps %+v", got.Steps)
			}
			if c.from != "" && (got.FirstDifference < 0 || !strings.HasPrefix(got.SenderCanonical[got.FirstDifference:], c.from)) {
				t.Errorf("differs at %d\n  %s\n  %s\nwant from %q on", got.FirstDifference, got.Canonical, got.SenderCanonical, c.from)
			}
			for _, hidden := range []string{"=" + key, appID, secret} {
				if strings.Contains(fmt.Sprintf("%+v", got), hidden) {
					t.Errorf("%s is shown: %+v", hidden, got)
				}
			}
		})
	}
}

// What a report shows of a good message, and where browsers see the difference.
func TestReport(t *testing.T) {
	const payload = `{"b":[1,{}],"a":"😀","e":"","n":"NULL","z":null,"timestamp":"1714353655","sign":"SIGN"}`
	got := Explain(input(signed(payload, "a=😀&b[0]=1&timestamp=1714353655&key=kva")))
	if !got.Accepted || got.Canonical != "a=😀&b[0]=1&timestamp=1714353655&key=<AppKey>" || got.Form != "raw" || got.FirstDifference != -1 {
		t.Errorf("%+v", got)
	}
	if want := "[{b[1] empty_container} {e empty} {n null_text} {z null} {sign sign}]"; fmt.Sprint(got.Dropped) != want {
		t.Errorf("dropped %v, want %s", got.Dropped, want)
	}
	if want := "[{a 😀} {b[0] 1} {timestamp 1714353655}]"; fmt.Sprint(got.Pairs) != want {
		t.Errorf("pairs %v, want %s", got.Pairs, want)
	}
	got = Explain(input(signed(payload, "a=😀&b[0]=1&timestamp=1714353655&key="+appID)))
	if got.FirstDifference != len("a=xx&b[0]=1&timestamp=1714353655&key=<App") { // an emoji is two units
		t.Errorf("first difference %d in %q", got.FirstDifference, got.SenderCanonical)
	}
}

// The other ways a message is packed.
func TestKinds(t *testing.T) {
	text, err := signature.SignJSON(map[string]any{"order_id": 60, "timestamp": "1"}, key)
	if err != nil {
		t.Fatal(err)
	}
	in := input(string(text))
	in.Kind = Callback
	if got := Explain(in); !got.Accepted || got.Diagnosis != OK { // its receiver judges the time
		t.Errorf("callback: %+v", got)
	}
	in = input(string(signature.EncodeMessage(map[string]string{"client_id": "16327129", "timestamp": "1"}, appID)))
	in.Kind, in.Window = MQTT, 0
	if got := Explain(in); got.Diagnosis != AppIDAsKey {
		t.Errorf("message: %+v", got)
	}
}

// The list that is shown is the list that is signed, whatever the payload.
func FuzzPairs(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1,"b":{"c":[1,2,{"d":null}],"sign":"x"},"sign":{"a":1}}`, `{"a[b]":1,"a":{"b":2}}`,
		`{"s":"\ud83d\ude00\/","e":"","n":"NULL","f":1e3,"g":-0.50,"t":true}`, `{"a":[[],{}]}`, `{"":""," ":" "}`, `{"":{"":0}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		object, err := signature.ParseObject([]byte(text))
		if err != nil {
			return
		}
		got := Explain(Input{Raw: []byte(text), Kind: Callback, AppKey: key})
		var out strings.Builder
		for _, p := range got.Pairs {
			out.WriteString(p.Name + "=" + p.Text + "&")
		}
		want := object.Canonical(signature.Raw, key)
		if len(got.Pairs) == 0 {
			out.WriteString("&")
		}
		if out.String()+"key=kva" != want {
			t.Errorf("%s\nshows %q\nsigns %q", text, out.String()+"key=kva", want)
		}
	})
}
