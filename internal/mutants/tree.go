package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// tree is a copy of the module.
type tree struct{ dir string }

// copyModule copies what git knows or would add.
func copyModule(ctx context.Context) (*tree, error) {
	root, err := output(ctx, ".", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	root = strings.TrimSpace(root)
	files, err := output(ctx, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "vendlane-mutants-")
	if err != nil {
		return nil, err
	}
	t := &tree{dir: dir}
	for name := range strings.SplitSeq(strings.TrimRight(files, "\x00"), "\x00") {
		if err := copyFile(filepath.Join(root, name), filepath.Join(dir, name)); err != nil {
			t.remove()
			return nil, err
		}
	}
	return t, nil
}

func (t *tree) remove() { _ = os.RemoveAll(t.dir) }

func copyFile(from, to string) (err error) {
	info, err := os.Stat(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil // deleted and not committed
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // fixed commands
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(out), nil
}

// try makes a mutant's changes, runs its tests and takes the changes back.
func (t *tree) try(ctx context.Context, m mutant) (outcome, error) {
	before := map[string]string{}
	defer func() {
		for file, text := range before {
			_ = t.write(file, text)
		}
	}()
	for _, e := range m.edits {
		text, err := os.ReadFile(filepath.Join(t.dir, e.file))
		if err != nil {
			return outcome{}, err
		}
		if _, kept := before[e.file]; !kept {
			before[e.file] = string(text)
		}
		changed, err := e.apply(string(text))
		if err != nil {
			return outcome{}, err
		}
		if err := t.write(e.file, changed); err != nil {
			return outcome{}, err
		}
	}
	o := t.test(ctx, m.suite)
	if strings.Contains(o.text, "[build failed]") || strings.Contains(o.text, "[setup failed]") {
		return o, fmt.Errorf("the mutant does not build:\n%s", o.text)
	}
	return o, ctx.Err()
}

func (t *tree) write(file, text string) error {
	return os.WriteFile(filepath.Join(t.dir, file), []byte(text), 0o600) //nolint:gosec // files of the table
}

// apply returns a file's text with the edit made.
func (e edit) apply(text string) (string, error) {
	if n := strings.Count(text, e.old); n != 1 {
		return "", fmt.Errorf("%s has %d times, not once: %s", e.file, n, e.old)
	}
	return strings.Replace(text, e.old, e.new, 1), nil
}

// outcome is what became of a run of tests.
type outcome struct {
	passed bool
	text   string
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// failed names a test that noticed.
func (o outcome) failed() string {
	all := failedTest.FindAllStringSubmatch(o.text, -1)
	switch {
	case o.passed:
		return ""
	case len(all) > 0:
		return all[len(all)-1][1]
	case strings.Contains(o.text, "panic: test timed out"):
		return "(timed out)"
	}
	return "(the process ended)"
}

// test runs a suite.
func (t *tree) test(ctx context.Context, s suite) outcome {
	cmd := exec.CommandContext(ctx, "go", "test", "-vet=off", "-count=1", "-timeout=60s", "-run="+s.run, "./"+s.pkg) //nolint:gosec // from the table
	cmd.Dir = t.dir
	cmd.WaitDelay = 5 * time.Second // a test may outlive its go command
	text, err := cmd.CombinedOutput()
	passed := err == nil
	if passed && bytes.Contains(text, []byte("[no tests to run]")) {
		return outcome{text: "no test has this name: " + s.String()}
	}
	return outcome{passed: passed, text: string(text)}
}
