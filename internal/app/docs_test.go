package app_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
)

// The documentation is served to readers and nowhere else; every other path
// and verb stays the API's.
func TestDocumentationIsServed(t *testing.T) {
	cfg := config.Default()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	a, err := app.New(t.Context(), cfg, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	for target, want := range map[string]struct {
		status            int
		contentType, text string
	}{
		"GET /openapi.yaml":     {http.StatusOK, "application/yaml", "openapi: 3.1.0"},
		"HEAD /openapi.yaml":    {http.StatusOK, "application/yaml", ""},
		"GET /docs/api":         {http.StatusOK, "text/html; charset=utf-8", "Redeem a pickup code"},
		"GET /docs/api?lang=zh": {http.StatusOK, "text/html; charset=utf-8", "错误码"},
		"GET /docs":             {http.StatusFound, "text/html; charset=utf-8", "/docs/index"},
		"GET /docs/":            {http.StatusFound, "text/html; charset=utf-8", "/docs/index"},
		"GET /docs/operating":   {http.StatusOK, "text/html; charset=utf-8", "<h1 id=\"operating-guide\">"},
		"GET /docs/nothing":     {http.StatusNotFound, "text/plain; charset=utf-8", "Not Found"},
		"GET /docsx":            {http.StatusNotFound, "application/json; charset=utf-8", `"code":404`},
		"POST /docs":            {http.StatusNotFound, "application/json; charset=utf-8", `"code":404`},
		"POST /docs/index":      {http.StatusNotFound, "application/json; charset=utf-8", `"code":404`},
		"PUT /openapi.yaml":     {http.StatusNotFound, "application/json; charset=utf-8", `"code":404`},
	} {
		verb, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), verb, path, http.NoBody))
		if ct := w.Header().Get("Content-Type"); w.Code != want.status || ct != want.contentType || !strings.Contains(w.Body.String(), want.text) {
			t.Errorf("%s: HTTP %d, %q, without %q", target, w.Code, ct, want.text)
		}
	}
}
