package app

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/secrets"
)

// Files in the data folder.
const (
	databaseFile  = "vendlane.db"
	masterKeyFile = "master.key"
	pictureFolder = "storage"
)

// prepareData creates the data folder and makes sure it can be written to, so
// that a wrong path fails at once and with its reason.
func prepareData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data folder %s cannot be created: %w", dir, err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("data folder %s cannot be written to: %w", dir, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// IsNew tells whether a data folder has no database yet. The folder need not exist.
func IsNew(cfg config.Config) (bool, error) {
	_, err := os.Stat(filepath.Join(cfg.Data, databaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}

// MoveData moves the database of a platform that is closed, and its key, to a
// data folder that is new. Of a failure the folder stays new.
func MoveData(from, to config.Config) error {
	for _, name := range []string{masterKeyFile, databaseFile} {
		if err := os.Rename(filepath.Join(from.Data, name), filepath.Join(to.Data, name)); err != nil {
			return err
		}
	}
	return nil
}

// masterKey returns the configured master key, else the one in the data
// folder, which is made when the folder is new. It makes none for a PostgreSQL
// database: other nodes could not read what is sealed under it.
func masterKey(cfg config.Config, random io.Reader, log *slog.Logger) ([]byte, error) {
	if cfg.Secrets.MasterKey != "" {
		return decodeKey("secrets.master_key", cfg.Secrets.MasterKey)
	}
	file := filepath.Join(cfg.Data, masterKeyFile)
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		warnOfReaders(log, file)
		return decodeKey(file, strings.TrimSpace(string(text)))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read master key: %w", err)
	}
	if cfg.Store.DSN != "" {
		return nil, fmt.Errorf("secrets.master_key must be set: all nodes of a PostgreSQL database need the same one (64 hex digits)")
	}
	if isNew, err := IsNew(cfg); err != nil {
		return nil, err
	} else if !isNew {
		return nil, fmt.Errorf("master key %s is missing but the database exists: restore the file or set secrets.master_key", file)
	}
	key := make([]byte, secrets.KeySize)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("draw a master key: %w", err)
	}
	if err := writeDurably(file, hex.EncodeToString(key)+"\n"); err != nil {
		return nil, fmt.Errorf("write master key: %w", err)
	}
	return key, nil
}

// warnOfReaders tells an operator of a secret file that every user may read. We
// make none, but a copy or a restored backup often is one.
func warnOfReaders(log *slog.Logger, file string) {
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o004 != 0 {
		log.Warn("every user of this host can read a secret file: change its mode to 0600", "file", file)
	}
}

// decodeKey never quotes the text: it is a secret.
func decodeKey(where, text string) ([]byte, error) {
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != secrets.KeySize {
		return nil, fmt.Errorf("%s must be %d hex digits", where, 2*secrets.KeySize)
	}
	return key, nil
}

// writeDurably writes a file that must survive a power cut: what is sealed
// under a lost key is lost with it.
func writeDurably(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder makes the names in a folder durable.
func syncFolder(folder string) error {
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
