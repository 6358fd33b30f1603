// Package storage keeps pictures in a folder and serves them at /storage/.
// Names come from the content, so a picture never changes under its name.
package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Prefix starts the path of every stored picture.
const Prefix = "/storage/"

// MaxSize bounds a picture in bytes.
const MaxSize = 5 << 20

// ErrRefused means that something is not a picture that is served safely.
var ErrRefused = errors.New("only PNG, JPEG, GIF and WebP pictures up to 5 MiB are stored")

// Folder is a folder of pictures.
type Folder struct {
	root *os.Root
	// stored is what a picture's name looks like; nothing else is served.
	stored *regexp.Regexp
}

// Open opens or creates the folder.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("picture folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("picture folder: %w", err)
	}
	return &Folder{
		root:   root,
		stored: regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}/[0-9a-f]{32}\.(png|jpg|gif|webp)$`),
	}, nil
}

// Close releases the folder.
func (f *Folder) Close() error { return f.root.Close() }

// extensions are the types that browsers show and never run.
func extensions() map[string]string {
	return map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}
}

// Save stores a picture for an owner (a short name of lower-case letters,
// digits and dashes) and returns its path under Prefix. Saving the same bytes
// again gives the same path. It returns ErrRefused for anything but a picture.
func (f *Folder) Save(owner string, content []byte) (string, error) {
	extension, ok := extensions()[http.DetectContentType(content)]
	if !ok || len(content) > MaxSize {
		return "", ErrRefused
	}
	sum := sha256.Sum256(content)
	name := path.Join(owner, hex.EncodeToString(sum[:16])+extension)
	if !f.stored.MatchString(name) {
		return "", fmt.Errorf("picture of %q: %w", owner, ErrRefused)
	}
	if _, err := f.root.Stat(name); err == nil {
		return Prefix + name, nil
	}
	if err := f.write(owner, name, content); err != nil {
		return "", fmt.Errorf("store picture: %w", err)
	}
	return Prefix + name, nil
}

// write makes the picture appear under its name whole or not at all.
func (f *Folder) write(owner, name string, content []byte) error {
	if err := f.root.MkdirAll(owner, 0o700); err != nil {
		return err
	}
	temporary := name + ".part"
	file, err := f.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return f.root.Rename(temporary, name)
}

// ServeHTTP serves a stored picture by GET and HEAD.
func (f *Folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	if !f.stored.MatchString(name) || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		http.NotFound(w, r)
		return
	}
	file, err := f.root.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	for contentType, extension := range extensions() {
		if extension == filepath.Ext(name) {
			h.Set("Content-Type", contentType)
		}
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// Read reads a picture from a file of the operator's, bounded.
func Read(file string) ([]byte, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(in, MaxSize+1))
	if err != nil {
		return nil, err
	}
	return content, nil
}
