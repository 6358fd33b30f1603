// Package docsite serves the pages of docs as a site. It needs no script and
// nothing from elsewhere.
package docsite

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"sync"
)

// Prefix is the path under which all pages are.
const Prefix = "/docs"

// Site renders the pages at the first request and keeps them.
type Site struct {
	pages func() (map[string]page, error)
	log   *slog.Logger
}

// page is a page, ready to send.
type page struct {
	lang, policy string
	html         []byte
}

// New makes the handler of the Markdown pages in files.
func New(files fs.FS, log *slog.Logger) *Site {
	return &Site{log: log, pages: sync.OnceValues(func() (map[string]page, error) { return render(files) })}
}

// ServeHTTP serves the page that the path names: /docs/operating is operating.md.
// /docs itself leads to the first page in the language of Accept-Language.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if name == "" {
		h.Set("Vary", "Accept-Language")
		http.Redirect(w, r, address("index"+prefers(r.Header.Get("Accept-Language")).suffix), http.StatusFound)
		return
	}
	pages, err := s.pages()
	if err != nil {
		s.log.Error("cannot render the documentation", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	p, found := pages[name]
	if !found {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.lang)
	h.Set("Content-Security-Policy", p.policy)
	_, _ = w.Write(p.html) // the client is gone; there is nobody to tell
}

// render makes all pages.
func render(files fs.FS) (map[string]page, error) {
	sources, err := read(files)
	if err != nil {
		return nil, err
	}
	t, err := parseTemplate()
	if err != nil {
		return nil, err
	}
	pages := map[string]page{}
	for _, s := range sources {
		if pages[s.name], err = t.page(s, sources); err != nil {
			return nil, fmt.Errorf("render %s: %w", s.name, err)
		}
	}
	return pages, nil
}

// address is the path at which a page is served.
func address(name string) string { return Prefix + "/" + name }
