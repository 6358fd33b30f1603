package signature_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vendlane/vendlane/signature"
)

// FuzzParseObject compares the parser with encoding/json in both directions: what
// we accept it accepts with the same values and the same pairs; what it accepts and
// we refuse breaks one of our additional rules.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, ` {"a":[1,-0.5e+3,{"b":null}],"sign":"x"} `,
		`{"a":"\ud83d\ude00\u4e2d\/\n"}`, `{"a":"\ud800"}`, `{"a":[[[[[[[]]]]]]]}`, `{"a":[[[[[[[[]]]]]]]]}`,
		`{"a":{"b":["","NULL",true]},"c":" "}`, "{\"a\":\"\x80\"}", `{"a":01}`, `{"a":1}x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := signature.ParseObject(text)
		if err != nil {
			if !errors.Is(err, signature.ErrMalformed) {
				t.Fatalf("error %v does not wrap ErrMalformed", err)
			}
			if json.Valid(text) && !hasReason(text) {
				t.Fatalf("refused without reason: %v", err)
			}
			return
		}
		if hasReason(text) && !bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) {
			t.Fatal("accepted against our rules")
		}
		want := decodeAny(t, text).(map[string]any)
		count := 0
		for name, got := range o.Members() {
			count++
			ref, ok := want[name]
			if !ok || !sameValue(t, got, ref) {
				t.Fatalf("member %q is %+v, encoding/json has %#v", name, got, ref)
			}
		}
		if count != len(want) {
			t.Fatalf("%d members, encoding/json has %d", count, len(want))
		}
		if ref, ok := canonicalReference(want); ok && o.Canonical(signature.Raw, "k") != ref {
			t.Fatalf("canonical string:\n got %q\nwant %q", o.Canonical(signature.Raw, "k"), ref)
		}
	})
}

// hasReason reports whether valid JSON breaks a rule that encoding/json lacks.
// Surrogate escapes and long inputs count as a reason without a closer look.
func hasReason(text []byte) bool {
	if len(text) > 1024 || !utf8.Valid(text) || bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) {
		return true
	}
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return true
	}
	type level struct {
		object, value bool
		names         map[string]bool
	}
	var open []level
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			return true
		}
		if d, ok := token.(json.Delim); ok && (d == '}' || d == ']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].object {
			l := &open[n-1]
			if !l.value {
				name := token.(string)
				if l.names[name] {
					return true
				}
				l.names[name] = true
			}
			l.value = !l.value
		}
		if d, ok := token.(json.Delim); ok {
			open = append(open, level{object: d == '{', names: map[string]bool{}})
			if len(open) > signature.MaxDepth {
				return true
			}
		}
	}
}

func decodeAny(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("accepted, but encoding/json says: %v", err)
	}
	return v
}

func sameValue(t *testing.T, got signature.Value, ref any) bool {
	t.Helper()
	switch ref := ref.(type) {
	case string:
		return got.Kind == signature.String && got.Text == ref
	case json.Number:
		return got.Kind == signature.Number && got.Text == ref.String()
	case bool:
		return got.Kind == signature.Bool && got.Text == strconv.FormatBool(ref)
	case nil:
		return got == signature.Value{Kind: signature.Null}
	case []any:
		return got.Kind == signature.Array && json.Valid([]byte(got.Text))
	case map[string]any:
		_, err := signature.ParseObject([]byte(got.Text))
		return got.Kind == signature.Nested && err == nil
	}
	return false
}

// canonicalReference is a second, simple implementation of form R with key "k".
// ok is false if two flattened names are equal, where only the order of the text
// decides.
func canonicalReference(object map[string]any) (canonical string, ok bool) {
	texts := map[string]string{}
	ok = true
	var flatten func(name string, v any)
	flatten = func(name string, v any) {
		text := ""
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				flatten(name+"["+k+"]", x)
			}
		case []any:
			for i, x := range v {
				flatten(name+"["+strconv.Itoa(i)+"]", x)
			}
		case string:
			text = v
		case json.Number:
			text = v.String()
		case bool:
			text = strconv.FormatBool(v)
		}
		if text == "" || text == "NULL" {
			return
		}
		if _, again := texts[name]; again {
			ok = false
		}
		texts[name] = text
	}
	var names []string
	for k, v := range object {
		if k != "sign" {
			flatten(k, v)
		}
	}
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = name + "=" + texts[name]
	}
	return strings.Join(names, "&") + "&key=k", ok
}

// FuzzCanonical signs arbitrary members and keys in every form, verifies them, and
// checks that a changed text, key or signature is noticed.
func FuzzCanonical(f *testing.F) {
	f.Add("code", "5288640", "kva")
	f.Add("notify_url", "https://merchant.example/?a=1&b=2", "k&y=")
	f.Add("*~", "NULL", "k")
	f.Add("a[0]", "a=b&c 中\x00", " ")
	f.Fuzz(func(t *testing.T, name, text, key string) {
		if !utf8.ValidString(name) || !utf8.ValidString(text) || key == "" || name == "sign" ||
			len(name)+len(text) > 1024 {
			t.Skip()
		}
		build := func(text, sign string) *signature.Object {
			j, err := json.Marshal(map[string]any{
				name: map[string]any{"n": 9.5, "list": []any{text, nil, true}}, "sign": sign,
			})
			if err != nil {
				t.Fatal(err)
			}
			return mustParse(t, string(j))
		}
		unsigned := build(text, "")
		for _, form := range []signature.Form{signature.Raw, signature.Escaped, signature.EscapedJava} {
			sign := unsigned.Sign(form, key)
			if !build(text, sign).Verify(key) {
				t.Fatalf("form %d: good signature refused", form)
			}
			if build(text+"x", sign).Verify(key) {
				t.Fatalf("form %d: changed text accepted", form)
			}
			if build(text, sign).Verify(key+"x", "x"+key) {
				t.Fatalf("form %d: other key accepted", form)
			}
			flipped := []byte(sign)
			flipped[len(text)%32] ^= 1 // stays a hex digit, except 'A' and 'F'
			if build(text, string(flipped)).Verify(key) {
				t.Fatalf("form %d: changed signature accepted", form)
			}
		}
		body, err := signature.NewEnvelope(map[string]any{name: text}, key)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := signature.DecodeEnvelope(body); err != nil || !o.Verify(key) {
			t.Fatalf("own envelope refused: %v", err)
		} else if v, _ := o.Lookup(name); v.Text != text {
			t.Fatalf("text %q came back as %q", text, v.Text)
		}
	})
}

// FuzzDecodeBase64 compares with the four encodings of encoding/base64: we accept
// what at least one of them accepts once white space is gone.
func FuzzDecodeBase64(f *testing.F) {
	for _, seed := range []string{"", "YQ==", "YQ", "Y Q\n=\t=", "-_-_", "+/+/", "+_", "Y", "YQ=", "YR==", "===="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := signature.DecodeBase64(text)
		if err != nil && !errors.Is(err, signature.ErrMalformed) {
			t.Fatalf("error %v does not wrap ErrMalformed", err)
		}
		stripped := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\v", "", "\f", "", "\r", "").Replace(string(text))
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if want, refErr := encoding.DecodeString(stripped); refErr == nil {
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("got %x, error %v, want %x", got, err, want)
				}
				return
			}
		}
		if err == nil {
			t.Fatalf("accepted as %x", got)
		}
	})
}

// FuzzEnvelope reads bodies as HTTP and MQTT bring them. An error is ErrMalformed;
// what is read is the object in the base64 text, and wrapping it again gives it
// back.
func FuzzEnvelope(f *testing.F) {
	packed := base64.StdEncoding.EncodeToString([]byte(`{"machine_no":"16327129","timestamp":"1714353655"}`))
	for _, seed := range []string{
		`{"payload":"` + packed + `"}`, packed, `{"payload":"` + packed + `","payload":""}`, `{"payload":"\u00` + packed + `"}`, `{"payload":null}`, `{"payload":{"a":1}}`,
		`{"payload":""}`, "{\"payload\":\"e30\\n=\"}", "e30", "e30=", "e30==", "e-_+", "\ufeff" + packed, `[{"payload":"` + packed + `"}]`, strings.Repeat("[", 100), `{"payload":"` + strings.Repeat("A", 70_000) + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, decode := range []func([]byte) (*signature.Object, error){signature.DecodeEnvelope, signature.DecodeMessage} {
			o, err := decode(body)
			if err != nil {
				if !errors.Is(err, signature.ErrMalformed) {
					t.Fatalf("error %v does not wrap ErrMalformed", err)
				}
				continue
			}
			again, err := signature.DecodeMessage([]byte(base64.StdEncoding.EncodeToString([]byte(o.JSON()))))
			if len(body) <= signature.MaxSize/2 && (err != nil || again.JSON() != o.JSON()) {
				t.Fatalf("%q again: %v", o.JSON(), err)
			}
		}
	})
}
