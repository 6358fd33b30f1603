package console

import (
	"net/http"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/vending"
)

// Whoever leads the merchant says where results go that nobody named an address for.
func TestNotifyURL(t *testing.T) {
	f := newFixture(t)
	f.server.use.CheckCallbackURL = func(url string) string { return vending.CheckNotifyURL(url, false) }
	b := f.as(account.Admin, "")
	const url = "https://merchant.example/notify"
	b.want(http.StatusNoContent, "PUT", "/merchant/notify-url", map[string]string{"notify_url": url})
	if got := b.want(http.StatusOK, "GET", "/merchant", nil); got["notify_url"] != url || got["slug"] != "shop" {
		t.Errorf("merchant %v", got)
	}
	if got := f.lastAudit(); got != `merchant.notify_url merchant shop {"notify_url":""} -> {"notify_url":"`+url+`"}` {
		t.Errorf("audit %s", got)
	}
	for _, wrong := range []string{"http://127.0.0.1/", "ftp://merchant.example", "merchant"} {
		b.wantError(http.StatusUnprocessableEntity, "10001", "PUT", "/merchant/notify-url", map[string]string{"notify_url": wrong})
	}
	f.as(account.Developer, "").wantError(http.StatusForbidden, "forbidden", "PUT", "/merchant/notify-url", `{"notify_url":""}`)
	b.want(http.StatusNoContent, "PUT", "/merchant/notify-url", `{"notify_url":""}`)
}
