// Package apidocs serves the OpenAPI document of the merchants' API, as it is
// and as a page to read. The page needs no script and nothing from elsewhere.
package apidocs

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"sync"

	"github.com/vendlane/vendlane/internal/webpage"
)

//go:embed page.html
var pageTemplate string

// Docs holds the document and, from the first request on, its pages.
type Docs struct {
	spec  []byte
	pages func() (map[string]page, error)
	log   *slog.Logger
}

// page is one language's, ready to send.
type page struct {
	lang   string
	body   []byte
	policy string
}

// New makes the handlers of a document in YAML. Parsing it waits for the first
// reader, because starting the platform should not.
func New(spec []byte, log *slog.Logger) *Docs {
	return &Docs{spec: spec, log: log, pages: sync.OnceValues(func() (map[string]page, error) { return render(spec) })}
}

// ServeSpec serves the document.
func (d *Docs) ServeSpec(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(d.spec) // the client is gone; there is nobody to tell
}

// ServePage serves the page in the language of ?lang= (en, zh), else of
// Accept-Language, else in English.
func (d *Docs) ServePage(w http.ResponseWriter, r *http.Request) {
	pages, err := d.pages()
	if err != nil {
		d.log.Error("cannot render the API page", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	p := pages[webpage.Language(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))]
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.lang)
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(p.body) // the client is gone; there is nobody to tell
}

func render(spec []byte) (map[string]page, error) {
	doc, err := parse(spec)
	if err != nil {
		return nil, err
	}
	t, err := template.New("page").Funcs(template.FuncMap{"spans": spans}).Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse page template: %w", err)
	}
	pages := map[string]page{}
	for _, words := range []texts{english(), chinese()} {
		v, err := doc.view(words)
		if err != nil {
			return nil, err
		}
		var body bytes.Buffer
		if err := t.Execute(&body, v); err != nil {
			return nil, fmt.Errorf("render page: %w", err)
		}
		pages[words.Lang] = page{lang: words.Lang, body: body.Bytes(), policy: webpage.StylePolicy(body.Bytes())}
	}
	return pages, nil
}
