//go:build unix

package app

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/config"
)

// Whatever the folder lets others do, and it may have been there before, the
// files in it are their owner's alone.
func TestFilesAreTheOwnersAlone(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	if err := os.Chmod(cfg.Data, 0o755); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a, err := New(t.Context(), cfg, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.Provision.Apply(t.Context(), lobbyFile()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.pictures.Save("shop", []byte("\x89PNG\r\n\x1a\n")); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	err = filepath.WalkDir(cfg.Data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == cfg.Data {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		seen[entry.Name()] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{databaseFile, databaseFile + "-wal", databaseFile + "-shm", masterKeyFile, pictureFolder} {
		if !seen[name] {
			t.Errorf("there is no %s among %v", name, seen)
		}
	}
	if strings.Contains(log.String(), "level=WARN") {
		t.Error(log.String())
	}
}

// A folder with a database gets no key by itself: nothing in it could be read.
func TestNoNewKeyBesideADatabase(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	if isNew, err := IsNew(cfg); err != nil || !isNew {
		t.Errorf("an empty folder is new: %v, %v", isNew, err)
	}
	if err := Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(cfg.Data, masterKeyFile)); err != nil {
		t.Fatal(err)
	}
	if err := Migrate(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "missing but the database exists") {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, masterKeyFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a key now: %v", err)
	}
}

// A new data folder is closed to others as well.
func TestNewDataFolderIsTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "data")
	if err := prepareData(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A master key that everybody can read is worth a line in the log.
func TestReadableMasterKeyIsReported(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	file := filepath.Join(cfg.Data, masterKeyFile)
	if err := os.WriteFile(file, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]int{0o600: 0, 0o640: 0, 0o644: 1} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		if _, err := masterKey(cfg, nil, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(log.String(), "level=WARN"); got != want || strings.Contains(log.String(), "abab") {
			t.Errorf("mode %v: %d warnings, want %d: %s", mode, got, want, log.String())
		}
	}
}
