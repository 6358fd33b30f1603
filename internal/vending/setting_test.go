package vending_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

// What each group of settings takes and refuses at its edges (mqtt.md §4.5,
// §4.10, §5.10). Names not in a group are tested below.
func TestSettingValues(t *testing.T) {
	flag := [2][]string{{"0", "1"}, {"", "2", "true", "01", " 1"}}
	timeout := [2][]string{{"30", "60", "180"}, {"", "29", "181", "-30", "60.5", "6e1", "+60", " 60", "99999999999999999999"}}
	percent := [2][]string{{"0", "80", "100"}, {"", "101", "-1", "+5", "0x10"}}
	pixels := [2][]string{{"1", "1080", "99999"}, {"", "-1", "100000", "1080px"}}
	text := [2][]string{{"2.3.0", "1.8.0_301", "主板", strings.Repeat("界", 128)}, {"", strings.Repeat("x", 129)}}
	language := [2][]string{{"zh_CN", "zh_HK", "en_US", "en-US", "fr"}, {"", "z", "zh CN", "zh_CN,en_US", "中文", strings.Repeat("x", 17)}}
	languages := [2][]string{{"zh_CN", "zh_CN,zh_HK", "zh_CN,en_US,zh_HK"}, {"", ",", "zh_CN,", ",zh_CN", "zh_CN, en_US", strings.Repeat("zh_CN,", 42) + "zh_CN"}}
	picture := [2][]string{{"", "http://a.example/x.png", "https://a.example/x.png?v=1"}, {"x.png", "/storage/x.png", "ftp://a.example/x", "https://", "javascript:alert(1)", "https://a.example/" + strings.Repeat("x", 512)}}
	display := map[string][2][]string{
		"price_digits":    {{"0", "2", "4"}, {"", "5", "-1", "two"}},
		"price_thousands": flag, "price_line": flag, "standby_ads_enabled": flag, "standby_ads_autoplay": flag,
		"language": language, "languages": languages, "idle_timeout": timeout, "payment_wait_timeout": timeout,
	}
	pictures := map[string][2][]string{"app_navbar_logo": picture, "app_home_background": picture}
	environment := map[string][2][]string{
		"app_version": text, "android_version": text, "java_version": text, "sdk_version": text, "device_model": text,
		"manufacturer": text, "serial_no": text, "screen_width": pixels, "screen_height": pixels,
		"brightness": percent, "volume": percent, "language": language,
	}
	for _, group := range []struct {
		name  string
		check func(vending.Setting) error
		names []string
		rules []map[string][2][]string
	}{
		{"display", vending.CheckDisplaySetting, vending.DisplaySettings(), []map[string][2][]string{display}},
		{"pushed", vending.CheckPushedSetting, vending.PushedSettings(), []map[string][2][]string{display, pictures}},
		{"environment", vending.CheckEnvironmentSetting, vending.EnvironmentSettings(), []map[string][2][]string{environment}},
	} {
		t.Run(group.name, func(t *testing.T) {
			names := []string{}
			for _, rules := range group.rules {
				for name, values := range rules {
					names = append(names, name)
					for _, good := range values[0] {
						if err := group.check(vending.Setting{name, good}); err != nil {
							t.Errorf("%s %q: %v", name, good, err)
						}
					}
					for _, bad := range values[1] {
						if err := group.check(vending.Setting{name, bad}); err == nil || !strings.Contains(err.Error(), name) {
							t.Errorf("%s %q: %v, want a refusal that names it", name, bad, err)
						}
					}
				}
			}
			slices.Sort(names)
			if got := slices.Sorted(slices.Values(group.names)); !slices.Equal(got, names) {
				t.Errorf("names %q, want those of the contract: %q", got, names)
			}
		})
	}
}

// A group knows its own names only: a machine cannot set its pictures, nor be
// told its versions.
func TestSettingsOfOtherGroups(t *testing.T) {
	for name, c := range map[string]struct {
		check   func(vending.Setting) error
		setting vending.Setting
	}{
		"picture from a machine":      {vending.CheckDisplaySetting, vending.Setting{"app_navbar_logo", "https://a.example/x.png"}},
		"volume from a machine":       {vending.CheckDisplaySetting, vending.Setting{"volume", "1"}},
		"version to a machine":        {vending.CheckPushedSetting, vending.Setting{"app_version", "1"}},
		"temperature to a machine":    {vending.CheckPushedSetting, vending.Setting{vending.SettingTemperature, "1"}},
		"price in the environment":    {vending.CheckEnvironmentSetting, vending.Setting{"price_digits", "2"}},
		"humidity in the environment": {vending.CheckEnvironmentSetting, vending.Setting{vending.SettingHumidity, "1"}},
		"unknown":                     {vending.CheckPushedSetting, vending.Setting{"colour", "1"}},
		"other case":                  {vending.CheckPushedSetting, vending.Setting{"Language", "fr"}},
		"no name":                     {vending.CheckPushedSetting, vending.Setting{"", "1"}},
	} {
		if err := c.check(c.setting); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
