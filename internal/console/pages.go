package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
)

// pagePolicy allows scripts of our own files only. Components set styles
// themselves, and goods may have pictures elsewhere.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page is a file of the console, ready to be sent.
type page struct {
	contentType, tag string
	plain            []byte
	zipped           func() []byte // nil if the content is packed in itself
}

func loadPages(files fs.FS) (map[string]page, error) {
	pages := map[string]page{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		p := page{contentType: contentType(name), plain: content}
		sum := sha256.Sum256(content)
		p.tag = `"` + hex.EncodeToString(sum[:8]) + `"`
		if strings.Contains(p.contentType, "charset=") {
			// Packing all takes tens of milliseconds, and a command needs no pages.
			p.zipped = sync.OnceValue(func() []byte { return zip(content) })
		}
		pages[name] = p
		return nil
	})
	if err == nil && pages["index.html"].tag == "" {
		err = fmt.Errorf("the pages of the console have no index.html")
	}
	return pages, err
}

func zip(content []byte) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(content) // a buffer takes everything
	_ = w.Close()
	return zipped.Bytes()
}

// contentType does not ask the host, whose tables differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml; charset=utf-8"
	case ".json", ".webmanifest":
		return "application/json; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// isField tells whether a path is the short one of the field page, which people
// type into their phones.
func isField(path string) bool { return path == "/field" || strings.HasPrefix(path, "/field/") }

// servePage serves the files under /console/. Every path that is no file is a
// place within the pages, and gets the first of them.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case isField(r.URL.Path):
		h.Set("Location", (&url.URL{Path: "/console" + r.URL.Path}).EscapedPath())
		w.WriteHeader(http.StatusSeeOther)
		return
	case r.URL.Path == "/console":
		h.Set("Location", "/console/")
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/console/")
	p, found := s.pages[name]
	if !found {
		if path.Ext(name) != "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		p = s.pages["index.html"]
	}
	h.Set("Content-Type", p.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", p.tag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == p.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content := p.plain
	if p.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		content = p.zipped()
	}
	h.Set("Content-Length", fmt.Sprint(len(content)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(content) // the client is gone; there is nobody to tell
	}
}
