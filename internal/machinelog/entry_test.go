package machinelog_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/signature"
)

func payload(t testing.TB, text string) string {
	t.Helper()
	object, err := signature.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return machinelog.Payload(object)
}

// Passwords are masked (mqtt.md §3.5), and the signature with them: it is made
// of the message and would let a password be guessed.
func TestPayload(t *testing.T) {
	for name, c := range map[string]struct{ message, want string }{
		"nothing":            {`{}`, `{}`},
		"no secret":          {`{ "method":"x", "sign":"AB" }`, `{"method":"x","sign":"AB"}`},
		"kinds":              {`{"a":1.50,"b":true,"c":null,"d":[1,"x"],"e":{"f":2},"g":""}`, `{"a":1.50,"b":true,"c":null,"d":[1,"x"],"e":{"f":2},"g":""}`},
		"escapes":            {`{"a\"b":"c\\\u0000\n"}`, `{"a\"b":"c\\\u0000\n"}`},
		"secret":             {`{"password":"p","sign":"AB"}`, `{"password":"***","sign":"***"}`},
		"secret after sign":  {`{"sign":"AB","password":"p"}`, `{"sign":"***","password":"***"}`},
		"other names of it":  {`{"New_PassWord":"p","wifi_password":"q"}`, `{"New_PassWord":"***","wifi_password":"***"}`},
		"escaped name":       {`{"p\u0061ssword":"p"}`, `{"password":"***"}`},
		"number":             {`{"password":123456,"sign":"AB"}`, `{"password":"***","sign":"***"}`},
		"null":               {`{"password":null}`, `{"password":"***"}`},
		"object":             {`{"password":{"new":"p"}}`, `{"password":"***"}`},
		"nested":             {`{"data":{"password":"p"},"sign":"AB"}`, `{"data":"***","sign":"***"}`},
		"nested in an array": {`{"list":[{"a":[{"Password":1}]}],"b":{"c":"d"},"sign":"AB"}`, `{"list":"***","b":{"c":"d"},"sign":"***"}`},
		"nested and escaped": {`{"data":{"p\u0061ssword":"p"}}`, `{"data":"***"}`},
		"value, not a name":  {`{"method":"client.machine.password.modified","a":["password"],"sign":"AB"}`, `{"method":"client.machine.password.modified","a":["password"],"sign":"AB"}`},
	} {
		if got := payload(t, c.message); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Long values are cut and many members dropped; what is left is JSON.
func TestPayloadIsBounded(t *testing.T) {
	long := strings.Repeat("柜", 1025)
	var got map[string]any
	text := payload(t, fmt.Sprintf(`{%q:"a","text":%q,"full":%q,"number":%s,"list":[%q],"password":%q}`,
		long, long, long[:3*1024], strings.Repeat("7", 1025), long, long))
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	short := strings.Repeat("柜", 1024)
	want := map[string]any{
		short + "…": "a", "text": short + "…", "full": short, "number": strings.Repeat("7", 1024) + "…",
		"list": `["` + strings.Repeat("柜", 1022) + "…", "password": "***",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v\nwant\n%v", got, want)
	}
	// A secret beyond the members that are kept still masks the signature.
	var many strings.Builder
	many.WriteString(`{"sign":"AB"`)
	for i := range 100 {
		fmt.Fprintf(&many, `,"m%d":"%d"`, i, i)
	}
	got = nil
	text = payload(t, many.String()+`,"password":"p"}`)
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != 64 || got["sign"] != "***" {
		t.Errorf("%d members, sign %v (%v)", len(got), got["sign"], err)
	}
}

// Whatever surrounds a password, at whatever depth, it is not in the log, and
// what is there is JSON.
func FuzzPayload(f *testing.F) {
	const secret = "Zq9-the-secret-Zq9"
	for _, seed := range []string{
		`{"password":"%s"}`, `{"a":{"password":"%s"}}`, `{"a":[{"PASSWORD":["%s"]}],"sign":"x"}`, `{"p\u0061ssword":"%s","b":1e5}`,
		`{"a":{"new_password":{"b":"%s"}},"c":"` + strings.Repeat("x", 1100) + `"}`, `{"a":null,"b":false}`,
		`{"a":{"b":"` + strings.Repeat("\\\"", 600) + `","password":"%s"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.Replace(text, "%s", secret, 1)
		object, err := signature.ParseObject([]byte(text))
		if err != nil {
			return // no message
		}
		got := machinelog.Payload(object)
		var members map[string]any
		if err := json.Unmarshal([]byte(got), &members); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		var all any
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return // no message
		}
		if underPassword(all, secret) && !outsidePassword(all, secret) && strings.Contains(got, secret) {
			t.Errorf("the secret of %s is in %s", text, got)
		}
	})
}

// underPassword tells whether text occurs in the value of a member that is
// named like a password.
func underPassword(v any, text string) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if isPassword(name) && strings.Contains(fmt.Sprint(value), text) || underPassword(value, text) {
				return true
			}
		}
	case []any:
		for _, each := range v {
			if underPassword(each, text) {
				return true
			}
		}
	}
	return false
}

// outsidePassword tells whether text occurs anywhere else.
func outsidePassword(v any, text string) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if strings.Contains(name, text) || !isPassword(name) && outsidePassword(value, text) {
				return true
			}
		}
	case []any:
		for _, each := range v {
			if outsidePassword(each, text) {
				return true
			}
		}
	case string:
		return strings.Contains(v, text)
	}
	return false
}

func isPassword(name string) bool { return strings.Contains(strings.ToLower(name), "password") }
