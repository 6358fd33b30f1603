// Package pgserver runs private PostgreSQL servers, for tests and benchmarks.
package pgserver

import (
	"os/exec"
	"path/filepath"
	"slices"
)

// Folder is where the programs of the newest PostgreSQL server are, "" if there
// are none.
func Folder() string {
	if path, err := exec.LookPath("postgres"); err == nil {
		// The others stand beside the program itself, not beside a link to it.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	// Debian keeps them out of the PATH.
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.Max(found))
}
