// Command gen writes what is derived from the code: api/errors.json and some
// pages of docs. A test compares them with the committed files.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/vendlane/vendlane/internal/docgen"
)

func main() {
	files, err := docgen.Files()
	if err == nil {
		for name, text := range files {
			if err = os.WriteFile(filepath.Join("..", "..", name), text, 0o600); err != nil {
				break
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
