package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// ErrPostgres means that the database is PostgreSQL, which has tools of its own.
var ErrPostgres = errors.New("the database is PostgreSQL")

// Backup is what a backup folder holds. It is laid out like a data folder.
type Backup struct {
	Database sqlite.Contents
	// Pictures and PictureBytes count the pictures that were copied.
	Pictures     int
	PictureBytes int64
	// Key tells whether the master key is in the folder.
	Key bool
}

// BackUp writes the database of the data folder to a new folder, also while the
// platform runs on it. withData adds the pictures, and the master key if it lies
// in the data folder. The folder appears under its name whole or not at all. It
// returns ErrPostgres for an installation on PostgreSQL.
func BackUp(ctx context.Context, cfg config.Config, to string, withData bool) (b Backup, err error) {
	if cfg.Store.DSN != "" {
		return b, ErrPostgres
	}
	to = filepath.Clean(to)
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return b, errors.Join(fmt.Errorf("%s exists already: a backup overwrites nothing", to), err)
	}
	part, err := os.MkdirTemp(filepath.Dir(to), "."+filepath.Base(to)+".part-*")
	if err != nil {
		return b, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	// Pictures come after the database that names them: none is ever deleted.
	if b.Database, err = sqlite.Backup(ctx, filepath.Join(cfg.Data, databaseFile), filepath.Join(part, databaseFile)); err != nil {
		return b, err
	}
	if withData {
		if err = b.addData(ctx, cfg, part); err != nil {
			return b, err
		}
	}
	if err = syncTree(part); err != nil {
		return b, err
	}
	if err = os.Rename(part, to); err != nil {
		return b, err
	}
	return b, syncFolder(filepath.Dir(to))
}

func (b *Backup) addData(ctx context.Context, cfg config.Config, part string) error {
	if cfg.Secrets.MasterKey == "" {
		if _, err := copyFile(filepath.Join(cfg.Data, masterKeyFile), filepath.Join(part, masterKeyFile)); err != nil {
			return err
		}
		b.Key = true
	}
	root := filepath.Join(cfg.Data, pictureFolder)
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		name, err := filepath.Rel(cfg.Data, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir():
			return os.Mkdir(filepath.Join(part, name), 0o700)
		case !entry.Type().IsRegular() || strings.HasSuffix(name, ".part"):
			return nil // being written, or none of ours
		}
		size, err := copyFile(path, filepath.Join(part, name))
		if err != nil {
			return err
		}
		b.Pictures++
		b.PictureBytes += size
		return nil
	})
}

// copyFile copies a file to a new, durable one.
func copyFile(from, to string) (size int64, err error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	size, err = io.Copy(out, in)
	return size, errors.Join(err, out.Sync(), out.Close())
}

// syncTree makes the names in a folder, and in those below, durable.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return syncFolder(path)
	})
}
