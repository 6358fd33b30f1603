package webpage_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/webpage"
)

func TestLanguage(t *testing.T) {
	const english, chinese = webpage.English, webpage.Chinese
	for accept, want := range map[string]string{
		"": english, "de": english, "zh": chinese, "zh-HK,en;q=0.8": chinese, "en,zh;q=0.9": english,
		"de,zh;q=0.3,en;q=0.7": english, "de, zh; q=0.8, en; q=0.7": chinese, "fr;q=x,zh-TW": chinese, "english": english,
		"zh;q=0, en": english, "zh;q=0.000": english, "zhx, en-GB": english, "fr, ZH;Q=0.9, en;q=0.8": chinese,
		"zh;q=NaN": english, ",;,=": english, "-": english, "*": english,
	} {
		if got := webpage.Language("", accept); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
		if got := webpage.Language("xx", accept); got != want {
			t.Errorf("%q with a choice that there is not: %s, want %s", accept, got, want)
		}
		if webpage.Language(chinese, accept) != chinese || webpage.Language("zh", accept) != chinese || webpage.Language(english, accept) != english {
			t.Errorf("a choice is overruled by %q", accept)
		}
	}
}

func TestStylePolicy(t *testing.T) {
	// The digest is that of openssl sha256 -binary | base64.
	const want = "default-src 'none'; style-src 'sha256-7IWhgxoOGTB5NQzjGk9OPt0FwhVeBvZGoWgF9xLLh8c='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if got := webpage.StylePolicy([]byte("<html><style>p { margin: 0 }</style><p>")); got != want {
		t.Errorf("policy %q", got)
	}
}
