// Package deploytest checks the files in deploy against the program they run,
// with the tools that read them.
package deploytest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const root = "../.."

func deployed(parts ...string) string {
	return filepath.Join(append([]string{root, "deploy"}, parts...)...)
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t testing.TB, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// replace is for placeholders: each must be there.
func replace(t testing.TB, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in the file", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// documents reads every document of a YAML file; a key given twice is an error.
func documents[T any](t testing.TB, file string) []T {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, file)))
	var all []T
	for {
		var doc T
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, doc)
	}
}

func TestYAMLParses(t *testing.T) {
	files := 0
	err := filepath.WalkDir(deployed(), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		files++
		for i, doc := range documents[map[string]any](t, path) {
			if len(doc) == 0 {
				t.Errorf("%s: document %d is empty", path, i+1)
			}
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("%d files, %v", files, err)
	}
}
