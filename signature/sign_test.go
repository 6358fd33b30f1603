package signature_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/signature"
)

// TestEscapingTable checks all ASCII characters against the escaper of net/url and
// the one place where Java differs.
func TestEscapingTable(t *testing.T) {
	for c := range rune(128) {
		char := string(c)
		o := mustParse(t, `{"t":"`+jsonEscape(c)+`"}`)
		want := url.QueryEscape(char)
		if got := o.Canonical(signature.Escaped, "k"); got != "t="+want+"&key=k" {
			t.Errorf("%q: got %s, want %s", char, got, want)
		}
		switch char {
		case "*":
			want = "*"
		case "~":
			want = "%7E"
		}
		if got := o.Canonical(signature.EscapedJava, "k"); got != "t="+want+"&key=k" {
			t.Errorf("%q in the Java dialect: got %s, want %s", char, got, want)
		}
		if got := o.Canonical(signature.Raw, "k"); got != "t="+char+"&key=k" {
			t.Errorf("%q raw: got %q", char, got)
		}
	}
}

func jsonEscape(r rune) string {
	const hexDigits = "0123456789abcdef"
	return `\u00` + string(hexDigits[r>>4]) + string(hexDigits[r&15])
}

func TestCanonicalOrderAndDropping(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a[10] before a[1]", `{"a":["","x",0,0,0,0,0,0,0,0,"y"]}`,
			"a[10]=y&a[1]=x&a[2]=0&a[3]=0&a[4]=0&a[5]=0&a[6]=0&a[7]=0&a[8]=0&a[9]=0"},
		{"a before a[0]", `{"a[0]x":1,"aa":2,"a":3,"A":4}`, "A=4&a=3&a[0]x=1&aa=2"},
		{"empty and NULL at every depth", `{"a":{"b":["","NULL",null,{"c":"","d":"null"}],"e":{}},"f":"NULL","g":[[]]}`, "a[b][3][d]=null"},
		{"kept texts", `{"a":" ","b":"Null","c":"0","d":false}`, "a= &b=Null&c=0&d=false"},
		{"sign at the top only", `{"sign":{"x":1},"s":{"sign":"y"}}`, "s[sign]=y"},
		{"equal flattened names keep their order", `{"b":{"x":"2"},"b[x]":"1","a":0}`, "a=0&b[x]=2&b[x]=1"},
		{"nothing left", `{"a":null}`, ""},
		{"empty member names", `{"":{"":"x"}}`, "[]=x"},
	} {
		if got := mustParse(t, c.text).Canonical(signature.Raw, "k"); got != c.want+"&key=k" {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Only the order of the text tells apart pairs whose flattened names are equal.
func TestEqualNamesKeepOrderAmongMany(t *testing.T) {
	var text, want strings.Builder
	for i := range 100 {
		name := fmt.Sprintf("m%02d", 99-i)
		fmt.Fprintf(&text, `"%s[x]":"first","%s":{"x":"second"},`, name, name)
		fmt.Fprintf(&want, "m%02d[x]=first&m%02d[x]=second&", i, i)
	}
	o := mustParse(t, "{"+text.String()+`"z":0}`)
	if got := o.Canonical(signature.Raw, "k"); got != want.String()+"z=0&key=k" {
		t.Errorf("got %s", got)
	}
}

func TestVerifyKeys(t *testing.T) {
	sign := mustParse(t, `{"a":"b"}`).Sign(signature.Raw, "right")
	o := mustParse(t, `{"a":"b","sign":"`+sign+`"}`)
	empty := mustParse(t, `{"a":"b","sign":"`+o.Sign(signature.Raw, "")+`"}`)
	for _, c := range []struct {
		name string
		o    *signature.Object
		keys []string
		want bool
	}{
		{"right key", o, []string{"right"}, true},
		{"right key first", o, []string{"right", "wrong"}, true},
		{"right key last", o, []string{"wrong", "right"}, true},
		{"right key twice", o, []string{"right", "right"}, true},
		{"wrong keys", o, []string{"wrong", "Right"}, false},
		{"no key", o, nil, false},
		{"empty key", empty, []string{""}, false},
		{"empty key beside another", empty, []string{"right", ""}, false},
	} {
		if got := c.o.Verify(c.keys...); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
	lower := mustParse(t, `{"a":"b","sign":"`+strings.ToLower(sign)+`"}`)
	if !lower.Verify("right") {
		t.Error("lower-case sign refused")
	}
}

func TestSealEdges(t *testing.T) {
	text, err := signature.SignJSON(map[string]any{"a": 1, "b": "\xff<\n", "sign": "old"}, "k")
	if err != nil {
		t.Fatal(err)
	}
	o := mustParse(t, string(text))
	if v, _ := o.Lookup("b"); v.Text != "\uFFFD<\n" {
		t.Errorf("b = %q", v.Text)
	}
	if v, _ := o.Lookup("a"); v.Kind != signature.Number || v.Text != "1" {
		t.Errorf("a = %+v", v)
	}
	if !o.Verify("k") {
		t.Errorf("own signature refused: %s", text)
	}
	for _, bad := range []any{1.5, true, nil, []string{"x"}} {
		if _, err := signature.SignJSON(map[string]any{"member": bad}, "k"); err == nil || !strings.Contains(err.Error(), "member") {
			t.Errorf("%T: error %v", bad, err)
		}
		if _, err := signature.NewEnvelope(map[string]any{"member": bad}, "k"); err == nil {
			t.Errorf("%T: no error from NewEnvelope", bad)
		}
	}
	o, err = signature.DecodeMessage(signature.EncodeMessage(map[string]string{"sign": "old", "a": "", "b": "x"}, "k"))
	if err != nil || !o.Verify("k") {
		t.Errorf("message: %v", err)
	}
	if _, ok := o.Lookup("a"); ok {
		t.Error("empty field was sent")
	}
}
