package docgen_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/docgen"
)

// The committed files must say what the code says.
func TestFilesAreCurrent(t *testing.T) {
	files, err := docgen.Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run make generate", name)
		}
	}
}

// The compatibility page names no test that is not there.
func TestCompatibilityNamesTestsThatExist(t *testing.T) {
	declared := map[string]string{} // the tests' files by their folder
	for _, test := range docgen.CompatibilityTests() {
		if declared[test.Folder] == "" {
			names, err := filepath.Glob(filepath.Join("..", "..", test.Folder, "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				declared[test.Folder] += string(text)
			}
		}
		if !strings.Contains(declared[test.Folder], "\nfunc "+test.Name+"(") {
			t.Errorf("%s has no %s", test.Folder, test.Name)
		}
	}
}
