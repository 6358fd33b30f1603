package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
)

// Every list that the document promises as CSV is one, with a head.
func TestListsAsCSV(t *testing.T) {
	f := newFixture(t)
	f.makeThings()
	b := f.as(account.Owner, "")
	b.headers["Accept"] = "text/csv"
	paths, _ := theSpec(t).at("paths")
	found := 0
	for path := range paths {
		content, _ := theSpec(t).at("paths", path, "get", "responses", "200", "content")
		if content["text/csv"] == nil || strings.HasPrefix(path, "/platform/") {
			continue
		}
		found++
		filled := f.ids(path, path, false, b)
		w := b.send("GET", filled, nil)
		head, _, _ := strings.Cut(w.Body.String(), "\n")
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") || !strings.Contains(head, ",") {
			t.Errorf("%s: HTTP %d %s %q", filled, w.Code, w.Header().Get("Content-Type"), head)
		}
	}
	if found < 15 {
		t.Errorf("%d lists", found)
	}
}
