// Package program is what tests of the real binary have in common.
package program

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Main is the body of a TestMain: it builds the program whose package is at a
// path, puts the place of the binary into binary and runs the tests. It returns
// their exit status.
func Main(m *testing.M, path string, binary *string) int {
	dir, err := os.MkdirTemp("", "vendlane-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "folder for the binary:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	*binary = filepath.Join(dir, "vendlane")
	build := exec.Command("go", "build", "-o", *binary, path)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the binary:", err)
		return 1
	}
	return m.Run()
}

// Output collects what a process prints and tells when there is more.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

// NewOutput returns an empty one.
func NewOutput() *Output { return &Output{more: make(chan struct{}, 1)} }

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

// More gets a value when something was written since the last one.
func (o *Output) More() <-chan struct{} { return o.more }

// String is all of it so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
