package apidocs_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/vendlane/vendlane/api"
	"github.com/vendlane/vendlane/internal/apidocs"
)

func get(t *testing.T, spec []byte, target, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	r.Header.Set("Accept-Language", accept)
	w := httptest.NewRecorder()
	apidocs.New(spec, slog.New(slog.DiscardHandler)).ServePage(w, r)
	return w
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ target, accept, want string }{
		{"/docs/api", "", "en"},
		{"/docs/api", "fr, de;q=0.5", "en"},
		{"/docs/api", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"},
		{"/docs/api", "fr, ZH;q=0.9, en;q=0.8", "zh-CN"},
		{"/docs/api", "zh;q=0, en", "en"},
		{"/docs/api", "zhx, en-GB", "en"},
		{"/docs/api?lang=zh", "en", "zh-CN"},
		{"/docs/api?lang=en", "zh", "en"},
		{"/docs/api?lang=xx", "zh", "zh-CN"},
	} {
		w := get(t, api.OpenAPI, c.target, c.accept)
		if got := w.Header().Get("Content-Language"); got != c.want || w.Code != http.StatusOK {
			t.Errorf("%s with %q: HTTP %d in %q, want %q", c.target, c.accept, w.Code, got, c.want)
		}
		if body := w.Body.String(); !strings.Contains(body, `<html lang="`+c.want+`">`) {
			t.Errorf("%s with %q: the page says another language", c.target, c.accept)
		}
	}
}

// The page names every endpoint, field, code and text of the document.
func TestPageIsComplete(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			Summary string `yaml:"summary"`
			Codes   []int  `yaml:"x-codes"`
		} `yaml:"paths"`
		Components struct {
			Schemas map[string]struct {
				Title      string         `yaml:"title"`
				Properties map[string]any `yaml:"properties"`
				Message    string         `yaml:"x-message"`
				English    string         `yaml:"x-english"`
			} `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(api.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "zh"} {
		page := html.UnescapeString(get(t, api.OpenAPI, "/docs/api?lang="+lang, "").Body.String())
		want := func(text string) {
			t.Helper()
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page lacks %q", lang, text)
			}
		}
		for path, item := range doc.Paths {
			for verb, op := range item {
				want(`">` + strings.ToUpper(verb) + "</span> /api/openapi/v1" + path + "</code>")
				want(">" + op.Summary + "</h3>")
				for _, code := range op.Codes {
					want(fmt.Sprintf("<tr><td>%d</td>", code))
				}
			}
		}
		for name, s := range doc.Components.Schemas {
			switch {
			case strings.HasSuffix(name, "Payload"):
				want(s.Title)
				for field := range s.Properties {
					want("<code>" + field + "</code>")
				}
			case strings.HasPrefix(name, "Error") && name != "Error404":
				want(s.Message)
				want(s.English)
			}
		}
		for _, text := range []string{
			"<code>records[].notify_sent</code>", "<code>data[].good.price</code>", "<code>[].channel.code</code>",
			`"trade_id": "800a7e9500d345c8987d3aafa412c77d"`, `<td>404</td><td data-label="HTTP">200</td>`,
		} {
			want(text)
		}
	}
}

// Links lead somewhere, ids are unique, nothing comes from elsewhere, and the
// policy fits the page.
func TestPageIsSelfContained(t *testing.T) {
	for lang, site := range map[string]string{"en": "/docs/index", "zh": "/docs/index.zh-CN"} {
		w := get(t, api.OpenAPI, "/docs/api?lang="+lang, "")
		page := w.Body.String()
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if ids[m[1]] {
				t.Errorf("id %q is there twice", m[1])
			}
			ids[m[1]] = true
		}
		links := 0
		for _, m := range regexp.MustCompile(`(?:href="|aria-labelledby=")#?([^"]*)"`).FindAllStringSubmatch(page, -1) {
			links++
			if m[1] != "/openapi.yaml" && m[1] != site && !strings.HasPrefix(m[1], "?lang=") && !ids[m[1]] {
				t.Errorf("a link leads to %q", m[1])
			}
		}
		if links < 20 {
			t.Errorf("only %d links", links)
		}
		for _, word := range []string{"<script", "<link", "<img", " src=", " style=", " onclick", "@import", "url(", "ZgotmplZ"} {
			if strings.Contains(page, word) {
				t.Errorf("the page has %q", word)
			}
		}
		style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
		if style == nil {
			t.Fatal("no style sheet")
		}
		sum := sha256.Sum256([]byte(style[1]))
		want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; "
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, want) {
			t.Errorf("policy %q, want %q …", policy, want)
		}
	}
}

// What the document says is text and never markup.
func TestDocumentIsEscaped(t *testing.T) {
	const spec = `{info: {title: "<b>", description: "` + "`<i>`" + `"}, tags: [{name: x, description: "<u>"}], paths: {}}`
	page := get(t, []byte(spec), "/docs/api", "").Body.String()
	for _, tag := range []string{"<b>", "<i>", "<u>"} {
		if strings.Contains(page, tag) || !strings.Contains(page, html.EscapeString(tag)) {
			t.Errorf("%s is not escaped", tag)
		}
	}
}

func TestBrokenDocument(t *testing.T) {
	for _, spec := range []string{
		"info: [",
		"{tags: [{name: x}], paths: {/a: {post: {tags: [x], x-codes: [1]}}}}",
		"{tags: [{name: x}], paths: {/a: {post: {tags: [x], responses: {'200': {$ref: '#/components/responses/No'}}}}}}",
	} {
		if w := get(t, []byte(spec), "/docs/api", ""); w.Code != http.StatusInternalServerError {
			t.Errorf("%s: HTTP %d", spec, w.Code)
		}
	}
}

func TestServeSpec(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/openapi.yaml", http.NoBody)
	apidocs.New(api.OpenAPI, slog.New(slog.DiscardHandler)).ServeSpec(w, r)
	if ct := w.Header().Get("Content-Type"); ct != "application/yaml" || w.Body.String() != string(api.OpenAPI) {
		t.Errorf("%q, %d bytes", ct, w.Body.Len())
	}
}

func BenchmarkFirstPage(b *testing.B) {
	for b.Loop() {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/docs/api", http.NoBody)
		apidocs.New(api.OpenAPI, slog.New(slog.DiscardHandler)).ServePage(w, r)
	}
}
