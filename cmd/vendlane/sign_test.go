package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/sigdebug"
)

// block is one of a documentation page: its language, the file it is, its text.
var block = regexp.MustCompile("(?ms)^```(\\w+)(?: file=([\\w.]+))?(?: skip=\\S+)?\n(.*?)^```$")

// The pages show what the commands print.
func TestSigningPages(t *testing.T) {
	for page, locale := range map[string]string{"signing.md": "LC_ALL=en_US.UTF-8", "signing.zh-CN.md": "LC_ALL=zh_CN.UTF-8"} {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("../../docs", page))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			environ, commands := []string{locale}, 0
			for _, m := range block.FindAllStringSubmatch(string(text), -1) {
				if m[2] != "" {
					writeFile(t, m[2], m[3])
				}
				if m[1] != "console" {
					continue
				}
				got := ""
				for line := range strings.Lines(m[3]) {
					if !strings.HasPrefix(line, "$ ") {
						continue
					}
					got += line
					words := strings.Fields(line[len("$ "):])
					if words[0] == "export" {
						environ = append(environ, words[1])
						continue
					}
					var out bytes.Buffer
					if err := run(t.Context(), env{&out, &out, environ}, words[1:]); err != nil {
						out.WriteString("vendlane: " + err.Error() + "\n")
					}
					got += out.String()
					commands++
				}
				if got != m[3] {
					t.Errorf("the page shows\n%s\nthe commands print\n%s", m[3], got)
				}
			}
			if commands < 3 {
				t.Errorf("only %d commands", commands)
			}
			for _, d := range []sigdebug.Diagnosis{
				sigdebug.BadBody, sigdebug.BadBase64, sigdebug.BadPayload, sigdebug.SignMissing, sigdebug.SignMalformed, sigdebug.AppIDAsKey,
				sigdebug.AppSecretAsKey, sigdebug.KeyLeftOut, sigdebug.SignIncluded, sigdebug.EmptyValuesKept, sigdebug.ZeroLeftOut,
				sigdebug.NumberDiffers, sigdebug.BooleanDiffers, sigdebug.NestedAsJSON, sigdebug.Unsorted, sigdebug.URLEncodedValues,
				sigdebug.LowerCaseHex, sigdebug.TimestampMissing, sigdebug.TimestampFormat, sigdebug.StaleTimestamp, sigdebug.WrongKeyOrContent,
			} {
				if !strings.Contains(string(text), "`"+string(d)+"`") {
					t.Errorf("%s is not explained", d)
				}
			}
		})
	}
}

// runSigning runs a command with the AppKey of the examples.
func runSigning(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), env{&out, &out, []string{"VENDLANE_APP_KEY=kva", "VENDLANE_APP_SECRET=hidden-secret"}}, args)
	return out.String(), err
}

// What sign makes, verify accepts.
func TestSignThenVerify(t *testing.T) {
	for _, kind := range []string{"http", "mqtt", "callback"} {
		for _, form := range []string{"raw", "escaped"} {
			for _, payload := range []string{`{"machine_no":"16327129","url":"http://a/b c~*"}`, ` { } `, `{"n":9.50,"timestamp":"1714353655"}`} {
				out, err := runSigning(t, "sign", "-kind", kind, "-form", form, "-text", payload, "-json")
				if err != nil {
					t.Fatal(err)
				}
				var signed struct{ Body string }
				if err := json.Unmarshal([]byte(out), &signed); err != nil {
					t.Fatal(err)
				}
				out, err = runSigning(t, "verify", "-kind", kind, "-text", signed.Body, "-window", "0", "-json")
				if err != nil {
					t.Errorf("%s, %s, %s: %v\n%s", kind, form, payload, err, out)
				}
			}
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	const old = `{"timestamp":"1714353655","sign":"4D6F7F2E5F2B4E0BE4B1A8A5B77DBF5D"}`
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"wrong sign": {[]string{"-text", old}, "wrong_key_or_content"},
		"no JSON":    {[]string{"-text", "x"}, "bad_body"},
		"an old one": {[]string{"-text", mustSign(t, `{"timestamp":"1714353655"}`)}, "stale_timestamp"},
		"from the file of a key": {
			[]string{"-text", mustSign(t, `{"a":"b"}`), "-app-key-file", keyFile(t, "other\r\n")}, "wrong_key_or_content"},
	} {
		out, err := runSigning(t, append([]string{"verify"}, c.args...)...)
		if err == nil || err.Error() != "verify: not accepted: "+c.want {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(out, "hidden-secret") || strings.Contains(out, "=kva") {
			t.Errorf("%s: a secret is shown: %s", name, out)
		}
	}
	if out, err := runSigning(t, "verify", "-text", mustSign(t, `{"timestamp":"1714353655"}`), "-now", "1714353655"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := runSigning(t, "verify", "-text", mustSign(t, `{"a":"b"}`), "-app-key-file", keyFile(t, "kva\n")); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSignRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"a list":        {"sign", "-text", "[]"},
		"two of a name": {"sign", "-text", `{"a":1,"a":2}`},
		"a kind":        {"sign", "-text", "{}", "-kind", "grpc"},
		"a form":        {"sign", "-text", "{}", "-form", "java"},
		"no file":       {"sign", "-f", "missing.json"},
		"no key file":   {"sign", "-text", "{}", "-app-key-file", "missing"},
	} {
		if out, err := runSigning(t, args...); err == nil || out != "" {
			t.Errorf("%s: %v, printed %q", name, err, out)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), env{&out, &out, nil}, []string{"verify", "-text", "{}"}); err == nil || !strings.Contains(err.Error(), "no AppKey") {
		t.Errorf("no key: %v", err)
	}
}

// mustSign returns the body of a call.
func mustSign(t *testing.T, payload string) string {
	t.Helper()
	out, err := runSigning(t, "sign", "-text", payload)
	if err != nil {
		t.Fatal(err)
	}
	return out[strings.LastIndex(out, "{"):]
}

// keyFile holds an AppKey.
func keyFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	writeFile(t, file, text)
	return file
}
