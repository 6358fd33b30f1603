package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A mutant that does not fit the code any more would fail only when somebody
// runs the command.
func TestMutantsFit(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants() {
		if names[m.name] {
			t.Errorf("two mutants are called %q", m.name)
		}
		names[m.name] = true
		texts := map[string]string{}
		for _, e := range m.edits {
			text, seen := texts[e.file]
			if !seen {
				content, err := os.ReadFile(filepath.Join("..", "..", e.file))
				if err != nil {
					t.Fatal(err)
				}
				text = string(content)
			}
			changed, err := e.apply(text)
			if err != nil {
				t.Errorf("%s: %v", m.name, err)
			}
			texts[e.file] = changed
		}
	}
}
