package sigtext

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/vendlane/vendlane/internal/sigdebug"
)

// The terminal says what the console's debugger says.
func TestTextsAreThoseOfTheConsole(t *testing.T) {
	for file, own := range map[string]texts{"en": inEnglish(), "zh": inChinese()} {
		source, err := os.ReadFile("../../web/src/i18n/" + file + "/developers.ts")
		if err != nil {
			t.Fatal(err)
		}
		console := func(prefix string) map[string]string {
			found := map[string]string{}
			for _, m := range regexp.MustCompile(`(?m)^\s*"`+prefix+`\.([a-z0-9_]+)": "(.*)",$`).FindAllStringSubmatch(string(source), -1) {
				found[m[1]] = m[2]
			}
			return found
		}
		diagnoses := map[string]string{}
		for d, text := range own.diagnoses {
			diagnoses[string(d)] = text
		}
		for prefix, got := range map[string]map[string]string{"debug_step": own.steps, "dropped": own.reasons, "diagnosis": diagnoses} {
			if want := console(prefix); len(want) == 0 || !maps.Equal(got, want) {
				t.Errorf("%s, %s:\n got %q\nwant %q", file, prefix, got, want)
			}
		}
	}
}

// The texts of a message do not command the terminal, and every line is one.
func TestTextsOfOthers(t *testing.T) {
	r := sigdebug.Explain(sigdebug.Input{Kind: sigdebug.Callback, AppKey: "kva", Raw: []byte(
		"{\n \"a\u202e\": \"x\\n\\u001b[2J\u009b\", \"e\\u0007\": \"\", \"sign\": \"\\u001b\"}")})
	forms, err := sigdebug.Forms(r.Payload, "kva")
	if err != nil {
		t.Fatal(err)
	}
	for _, chinese := range []bool{false, true} {
		for name, text := range map[string]string{"sign": Signed(r, forms, "x\x1by", chinese), "verify": Verified(r, forms, chinese)} {
			for _, c := range text {
				if c != '\n' && !unicode.IsPrint(c) {
					t.Errorf("%s holds %U: %q", name, c, text)
				}
			}
			if !strings.Contains(text, "   a\ufffd=x\ufffd\ufffd[2J\ufffd\n") {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

// A message that cannot be read has only checks and a result.
func TestUnreadable(t *testing.T) {
	got := Verified(sigdebug.Explain(sigdebug.Input{Kind: sigdebug.HTTP, Raw: []byte(`{"payload":"!"}`)}), nil, false)
	want := "Checks\n   passed  Body is JSON\n   failed  Payload is base64\nResult\n   The payload is not valid base64.\n   ("
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
}
