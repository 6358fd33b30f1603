package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxFile bounds what is read into memory when a file is opened.
const maxFile = 1 << 30

// ErrCorrupt is wrapped when a journal or code file is damaged before its last
// line, or a state file at all. A machine that may have forgotten a motor start must not go on.
var ErrCorrupt = errors.New("file is corrupt")

// lineFile is an append-only file of JSON lines. Every line is flushed to
// storage before the next is written, so a power loss can damage only the last.
type lineFile struct{ f *os.File }

// readLines calls take with every line of the file, which need not exist. A last
// line that take refuses was torn by a power loss and is skipped.
func readLines(path string, take func(line []byte) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxFile {
		return fmt.Errorf("%s: longer than %d bytes", path, maxFile)
	}
	if err := foldLines(data, take); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func foldLines(data []byte, take func(line []byte) error) error {
	data = bytes.TrimSuffix(data, []byte("\n"))
	for n := 1; len(data) > 0; n++ {
		line, rest, more := bytes.Cut(data, []byte("\n"))
		if err := take(line); err != nil && more {
			return fmt.Errorf("line %d: %w: %w", n, ErrCorrupt, err)
		}
		data = rest
	}
	return nil
}

// createLines is replaceLines and opens the file for appending.
func createLines[T any](path string, lines []T) (*lineFile, error) {
	if err := replaceLines(path, lines); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &lineFile{f}, nil
}

// replaceLines replaces the file by one with the given lines, in one step, and
// returns when it is on storage.
func replaceLines[T any](path string, lines []T) error {
	next := path + ".new"
	if err := writeLines(next, lines); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeLines[T any](path string, lines []T) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	text := json.NewEncoder(out)
	for _, line := range lines {
		if err := text.Encode(line); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(out.Flush(), f.Sync(), f.Close())
}

// syncDir makes a rename inside dir durable. Windows has no such call and needs
// none.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // only synced
	return d.Sync()
}

// append writes one line and returns when it is on storage. After an error the
// file must not be appended to: the damaged line has to stay the last.
func (l *lineFile) append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := l.f.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.f.Sync()
}

func (l *lineFile) close() error { return l.f.Close() }
