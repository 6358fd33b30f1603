package certify

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The pages list every check as the code has it.
func TestDocsListEveryCheck(t *testing.T) {
	for file, title := range map[string]func(check) string{
		"../../docs/certify.md":       func(c check) string { return c.title },
		"../../docs/certify.zh-CN.md": func(c check) string { return c.zh },
	} {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rows strings.Builder
		for _, s := range steps() {
			for _, c := range s.checks {
				fmt.Fprintf(&rows, "| `%s` | %s | %s |\n", c.id, c.section, title(c))
			}
		}
		if !strings.Contains(string(page), rows.String()) {
			t.Errorf("%s: the table of checks should be\n%s", file, rows.String())
		}
	}
}
