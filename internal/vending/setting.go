package vending

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Names of settings that something else depends on.
const (
	SettingTemperature = "temperature"
	SettingHumidity    = "humidity"
)

// maxSettingText bounds a text a machine reports of itself, in characters.
const maxSettingText = 128

// Setting is one value a machine reports or is told.
type Setting struct{ Name, Value string }

// settingRule tells whether a value may be set.
type settingRule func(value string) bool

// displaySettings are the settings machine and platform tell each other
// (mqtt.md §4.10); pushedSettings go to the machine only (mqtt.md §5.10).
var (
	displaySettings = map[string]settingRule{
		"price_digits":         between(0, 4),
		"price_thousands":      isFlag,
		"price_line":           isFlag,
		"language":             isLanguage,
		"languages":            isLanguageList,
		"idle_timeout":         between(30, 180),
		"payment_wait_timeout": between(30, 180),
		"standby_ads_enabled":  isFlag,
		"standby_ads_autoplay": isFlag,
	}
	pushedSettings = map[string]settingRule{
		"app_navbar_logo":     isPictureURL,
		"app_home_background": isPictureURL,
	}
	// environmentSettings are all sent together (mqtt.md §4.5).
	environmentSettings = map[string]settingRule{
		"app_version":     isSettingText,
		"android_version": isSettingText,
		"java_version":    isSettingText,
		"sdk_version":     isSettingText,
		"device_model":    isSettingText,
		"manufacturer":    isSettingText,
		"serial_no":       isSettingText,
		"screen_width":    between(0, 99_999),
		"screen_height":   between(0, 99_999),
		"brightness":      between(0, 100),
		"volume":          between(0, 100),
		"language":        isLanguage,
	}
)

// DisplaySettings returns the names of the settings of mqtt.md §4.10, sorted.
func DisplaySettings() []string { return sortedNames(displaySettings) }

// PushedSettings returns the names of the settings of mqtt.md §5.10, sorted.
func PushedSettings() []string {
	return append(sortedNames(displaySettings), sortedNames(pushedSettings)...)
}

// EnvironmentSettings returns the names of the fields of mqtt.md §4.5, sorted.
func EnvironmentSettings() []string { return sortedNames(environmentSettings) }

// CheckDisplaySetting refuses a name or value that mqtt.md §4.10 does not know.
func CheckDisplaySetting(s Setting) error { return checkSetting(s, displaySettings) }

// CheckPushedSetting refuses a name or value that mqtt.md §5.10 does not know.
func CheckPushedSetting(s Setting) error { return checkSetting(s, displaySettings, pushedSettings) }

// CheckEnvironmentSetting refuses a name or value that mqtt.md §4.5 does not
// know.
func CheckEnvironmentSetting(s Setting) error { return checkSetting(s, environmentSettings) }

func checkSetting(s Setting, tables ...map[string]settingRule) error {
	for _, table := range tables {
		if rule, known := table[s.Name]; known {
			if !rule(s.Value) {
				return fmt.Errorf("setting %s: %q is out of range", s.Name, s.Value)
			}
			return nil
		}
	}
	return fmt.Errorf("setting %q is not known", s.Name)
}

func sortedNames(rules map[string]settingRule) []string { return slices.Sorted(maps.Keys(rules)) }

func between(low, high int64) settingRule {
	return func(value string) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && IsDigits(value) && low <= n && n <= high
	}
}

func isFlag(value string) bool { return value == "0" || value == "1" }

func isSettingText(value string) bool {
	return value != "" && utf8.RuneCountInString(value) <= maxSettingText
}

// isLanguage takes the likes of zh_CN, en-US and fr.
func isLanguage(value string) bool {
	if len(value) < 2 || len(value) > 16 {
		return false
	}
	for _, r := range value {
		if !strings.ContainsRune("_-", r) && !isASCIILetterOrDigit(r) {
			return false
		}
	}
	return true
}

func isLanguageList(value string) bool {
	if len(value) > 255 {
		return false
	}
	for each := range strings.SplitSeq(value, ",") {
		if !isLanguage(each) {
			return false
		}
	}
	return true
}

// isPictureURL takes an http or https URL, or nothing for no picture.
func isPictureURL(value string) bool {
	if value == "" {
		return true
	}
	u, err := url.Parse(value)
	return err == nil && len(value) <= 512 && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func isASCIILetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
