//go:build !unix

package pgserver

import (
	"errors"
	"os/exec"
)

// RunAs works on Unix only.
func RunAs(*exec.Cmd, string) error { return errors.New("a private server needs a Unix system") }
