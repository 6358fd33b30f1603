package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/security.md claims nothing that names a test or a file which is not there,
// and says the same in both languages.
func TestSecurityDocNamesWhatExists(t *testing.T) {
	const root = "../.."
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string][]string{} // by document
	for _, name := range []string{"security.md", "security.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`((?:Test|Fuzz)\\w+|[.\\w/-]+/[\\w.-]+\\.go|\\.ci/\\w+|\\.golangci\\.\\w+)`").FindAllSubmatch(text, -1) {
			thing := string(m[1])
			named[name] = append(named[name], thing)
			_, missing := os.Stat(filepath.Join(root, thing))
			if !tests[thing] && missing != nil {
				t.Errorf("%s names %s, which does not exist", name, thing)
			}
		}
	}
	en, zh := named["security.md"], named["security.zh-CN.md"]
	if len(en) < 50 || strings.Join(en, " ") != strings.Join(zh, " ") {
		t.Errorf("the languages name %d and %d tests and files, or not in the same order", len(en), len(zh))
	}
}
