package docgen_test

import (
	"bytes"
	"os"
	"path/filepath"
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
