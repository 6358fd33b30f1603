//go:build !unix

package pgserver

import (
	"errors"
	"os/exec"
)

// runAs works on Unix only.
func runAs(*exec.Cmd, string) error { return errors.New("a private server needs a Unix system") }
