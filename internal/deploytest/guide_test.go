package deploytest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/config"
)

var guides = []string{"operating.md", "operating.zh-CN.md"}

// matches are the distinct texts of the first group.
func matches(pattern, text string) []string {
	set := map[string]bool{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		set[m[1]] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// The guides name settings, metrics and files that exist.
func TestGuidesNameWhatExists(t *testing.T) {
	known := metrics(t)
	settings, sections := map[string]bool{}, map[string]bool{}
	defaults := config.Default()
	for _, leaf := range config.Leaves(&defaults) {
		settings[leaf.Key], settings[leaf.Env] = true, true
		section, _, _ := strings.Cut(leaf.Key, ".")
		sections[section] = true
	}
	for _, guide := range guides {
		text := read(t, filepath.Join(root, "docs", guide))
		for _, name := range matches("`("+metricPattern+")`", text) {
			if !known[name] {
				t.Errorf("%s: nothing exposes %s", guide, name)
			}
		}
		for _, name := range matches("`([a-z0-9]+(?:\\.[a-z_]+)+|VENDLANE_[A-Z_]+)(?:: \"\")?`", text) {
			section, _, _ := strings.Cut(name, ".")
			isFile := strings.HasSuffix(name, ".yaml") || name == "master.key"
			if (sections[section] || strings.HasPrefix(name, "VENDLANE_")) && !isFile && !settings[name] {
				t.Errorf("%s: there is no setting %s", guide, name)
			}
		}
		for _, link := range matches(`\]\(([^)#]+)\)`, text) {
			if _, err := os.Stat(filepath.Join(root, "docs", link)); err != nil {
				t.Errorf("%s: %v", guide, err)
			}
		}
		for _, link := range matches(`\]\(#([^)]+)\)`, text) {
			if !slices.ContainsFunc(matches(`(?m)^## (.+)$`, text), func(title string) bool {
				return strings.ReplaceAll(strings.ToLower(title), " ", "-") == link
			}) {
				t.Errorf("%s: there is no section %s", guide, link)
			}
		}
	}
}

// Both languages tell the same: the same commands, and the same names in code.
func TestGuidesAgree(t *testing.T) {
	english, chinese := read(t, filepath.Join(root, "docs", guides[0])), read(t, filepath.Join(root, "docs", guides[1]))
	for what, pattern := range map[string]string{"commands": "(?s)```sh[^\n]*\n(.*?)```", "code": "`([^`\n]+)`"} {
		a, b := matches(pattern, english), matches(pattern, chinese)
		for _, text := range a {
			if !slices.Contains(b, text) {
				t.Errorf("%s only in %s: %s", what, guides[0], text)
			}
		}
		for _, text := range b {
			if !slices.Contains(a, text) {
				t.Errorf("%s only in %s: %s", what, guides[1], text)
			}
		}
	}
}
