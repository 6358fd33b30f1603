package docsite

import (
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/docs"
	"github.com/vendlane/vendlane/internal/webpage"
	"github.com/yuin/goldmark/ast"
)

// englishOnly are the pages without a twin: decisions are for those who change
// the code, and figures of benchmarks change too often.
func englishOnly(name string) bool {
	return strings.HasPrefix(name, decisionFolder) || name == "performance"
}

func sources(t *testing.T) []source {
	t.Helper()
	all, err := read(docs.Pages)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every page has its twin, with the same headings in the same places.
func TestTwins(t *testing.T) {
	levels := map[string][]int{}
	for _, s := range sources(t) {
		for n := s.tree.FirstChild(); n != nil; n = n.NextSibling() {
			if h, isHeading := n.(*ast.Heading); isHeading {
				levels[s.name] = append(levels[s.name], h.Level)
			}
		}
	}
	for name, own := range levels {
		if englishOnly(name) {
			continue
		}
		twin, found := levels[languageOf(name).other().twin(name)]
		if !found {
			t.Errorf("%s has no twin", name)
		} else if !slices.Equal(own, twin) {
			t.Errorf("the headings of %s and its twin differ: levels %v and %v", name, own, twin)
		}
	}
}

// Headings go down one level at a time, from one of the first.
func TestHeadingsInOrder(t *testing.T) {
	for _, s := range sources(t) {
		before := 0
		_ = ast.Walk(s.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if h, isHeading := n.(*ast.Heading); isHeading && entering {
				first := s.tree.FirstChild() == n
				if h.Level > before+1 || (h.Level == 1) != first && !strings.HasPrefix(s.name, decisionFolder) {
					t.Errorf("%s: heading %q of level %d after %d", s.name, textOf(h, s.text), h.Level, before)
				}
				before = h.Level
			}
			return ast.WalkContinue, nil
		})
	}
}

// Every link of the Markdown leads to a file of the repository and to a heading
// that it has, and stays within its language where it can.
func TestLinksOfTheSource(t *testing.T) {
	all := sources(t)
	anchors := map[string]map[string]bool{}
	for _, s := range all {
		anchors[s.name] = map[string]bool{}
		_ = ast.Walk(s.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if id, found := n.AttributeString("id"); found && entering {
				anchors[s.name][string(id.([]byte))] = true
			}
			return ast.WalkContinue, nil
		})
	}
	for _, s := range all {
		_ = ast.Walk(s.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if l, isLink := n.(*ast.Link); isLink && entering {
				checkLink(t, s.name, string(l.Destination), anchors)
			}
			return ast.WalkContinue, nil
		})
	}
}

func checkLink(t *testing.T, from, to string, anchors map[string]map[string]bool) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Errorf("%s: %v", from, err)
		return
	}
	if u.Scheme != "" {
		return // the world's; tests do not go there
	}
	name := from
	if u.Path != "" {
		file := path.Join(path.Dir(from), u.Path)
		if _, err := os.Stat(filepath.Join("..", "..", "docs", file)); err != nil {
			t.Errorf("%s: %v", from, err)
		}
		name = strings.TrimSuffix(file, ".md")
	}
	known, isPage := anchors[name]
	if isPage && u.Fragment != "" && !known[u.Fragment] {
		t.Errorf("%s: there is no heading #%s in %s", from, u.Fragment, name)
	}
	lang := languageOf(from)
	if own := lang.twin(name); isPage && languageOf(name) != lang && anchors[own] != nil && name != lang.other().twin(from) {
		t.Errorf("%s leads to %s, not to %s", from, name, own)
	}
}

// The migration page names every decision.
func TestMigrationNamesEveryDecision(t *testing.T) {
	for _, page := range []string{"migration.md", "migration.zh-CN.md"} {
		text, err := fs.ReadFile(docs.Pages, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sources(t) {
			if strings.HasPrefix(s.name, decisionFolder) && !strings.Contains(string(text), "("+s.name+".md)") {
				t.Errorf("%s does not name %s", page, s.name)
			}
		}
	}
}

// On the site every link leads somewhere, ids are unique, every page can be
// reached, nothing comes from elsewhere, and the policy fits.
func TestSite(t *testing.T) {
	site := New(docs.Pages, slog.New(slog.DiscardHandler))
	ids := map[string]map[string]bool{}
	bodies := map[string]string{}
	for _, s := range sources(t) {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address(s.name), http.NoBody))
		body := w.Body.String()
		if w.Code != http.StatusOK || w.Header().Get("Content-Security-Policy") != webpage.StylePolicy([]byte(body)) {
			t.Fatalf("%s: HTTP %d, %v", s.name, w.Code, w.Header())
		}
		if lang := languageOf(s.name).tag; w.Header().Get("Content-Language") != lang || !strings.Contains(body, `<html lang="`+lang+`">`) {
			t.Errorf("%s says another language", s.name)
		}
		for _, word := range []string{"<script", "<link", "<img", " src=", " style=", " onclick", "@import", "url(", "ZgotmplZ", "raw HTML omitted"} {
			if strings.Contains(body, word) && !strings.Contains(string(s.text), word) {
				t.Errorf("%s has %q", s.name, word)
			}
		}
		bodies[address(s.name)], ids[address(s.name)] = body, map[string]bool{}
		for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if ids[address(s.name)][m[1]] {
				t.Errorf("%s: id %q is there twice", s.name, m[1])
			}
			ids[address(s.name)][m[1]] = true
		}
	}
	reached := map[string]bool{}
	for from, body := range bodies {
		for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			to, err := url.Parse(m[1])
			if err != nil || to.Scheme != "" {
				continue
			}
			at := to.Path
			if at == "" {
				at = from
			} else if at != from {
				reached[at] = true
			}
			switch {
			case at == "/docs/api" || at == "/openapi.yaml": // others serve these
			case ids[at] == nil:
				t.Errorf("%s: a link leads to %s", from, m[1])
			case to.Fragment != "" && !ids[at][to.Fragment]:
				t.Errorf("%s: a link leads to %s, which has no such heading", from, m[1])
			}
		}
	}
	for at := range bodies {
		if !reached[at] {
			t.Errorf("nothing leads to %s", at)
		}
	}
}

func TestServing(t *testing.T) {
	site := New(docs.Pages, slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		path, accept string
		status       int
		location     string
	}{
		{"/docs", "", http.StatusFound, "/docs/index"},
		{"/docs/", "fr, zh-TW;q=0.9, en;q=0.8", http.StatusFound, "/docs/index.zh-CN"},
		{"/docs", "zh;q=0, en", http.StatusFound, "/docs/index"},
		{"/docs/index.zh-CN", "en", http.StatusOK, ""},
		{"/docs/adr/0007-settling", "", http.StatusOK, ""},
		{"/docs/index.md", "", http.StatusNotFound, ""},
		{"/docs/../docs.go", "", http.StatusNotFound, ""},
		{"/docs/adr", "", http.StatusNotFound, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody)
		r.Header.Set("Accept-Language", c.accept)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.location {
			t.Errorf("%s: HTTP %d to %q", c.path, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestBrokenPages(t *testing.T) {
	w := httptest.NewRecorder()
	site := New(brokenFS{}, slog.New(slog.DiscardHandler))
	site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/docs/index", http.NoBody))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("HTTP %d", w.Code)
	}
}

type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

func TestSlugs(t *testing.T) {
	ids := slugs{}
	for _, c := range [][2]string{
		{"When something is wrong", "when-something-is-wrong"}, {"`a.b` & c_d-e", "ab--c_d-e"}, {"1. Issue a code", "1-issue-a-code"},
		{"结果不理想时", "结果不理想时"}, {"有没有重复出货？", "有没有重复出货"}, {"TLS", "tls"}, {"TLS", "tls-1"},
	} {
		if got := string(ids.Generate([]byte(c[0]), ast.KindHeading)); got != c[1] {
			t.Errorf("%q is %q, want %q", c[0], got, c[1])
		}
	}
}

// BenchmarkRender is what the first reader waits for.
func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		if _, err := render(docs.Pages); err != nil {
			b.Fatal(err)
		}
	}
}
