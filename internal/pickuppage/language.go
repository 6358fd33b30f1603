package pickuppage

import "github.com/vendlane/vendlane/internal/languages"

// The languages of the page.
const (
	chinese = "zh-CN"
	english = "en"
)

// language is the one that was chosen, else the one the browser prefers, else
// English.
func language(chosen, accept string) string {
	if chosen == chinese || chosen == english {
		return chosen
	}
	return languages.Preferred(accept, english, chinese)
}
