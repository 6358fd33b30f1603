package languages_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/languages"
)

func TestPreferred(t *testing.T) {
	for accept, want := range map[string]string{
		"": "en", "de": "en", "zh": "zh-CN", "zh-HK,en;q=0.8": "zh-CN", "en,zh;q=0.9": "en",
		"de,zh;q=0.3,en;q=0.7": "en", "zh;q=0.3, en; q=0.7": "en", "fr, ZH;Q=0.9, en;q=0.8": "zh-CN",
		"zh;q=0": "en", "zh;q=0.000, de": "en", "zh;q=x, en;q=0.1": "en", "fr;q=x,zh-TW": "zh-CN", "zh;q=NaN": "en",
		"english": "en", "zhx, en-GB": "en", ",;,=": "en", "-": "en", "*": "en",
	} {
		if got := languages.Preferred(accept, "en", "zh-CN"); got != want {
			t.Errorf("%q: %s, want %s", accept, got, want)
		}
	}
}
