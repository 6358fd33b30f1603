package console

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/audit"
)

// Whoever administers the platform sees how it is; the owner of a merchant does not.
func TestPlatformHealth(t *testing.T) {
	f := newFixture(t)
	_, err := f.accounts.CreateUser(t.Context(), audit.By{}, account.NewUser{
		Email: "root@host.example", Name: "Root", Password: password, PlatformAdmin: true,
	})
	f.must(err)
	f.redeem() // withdraws the code and dispenses
	got := f.signIn("root@host.example").want(http.StatusOK, "GET", "/platform/health", nil)
	if got["version"] != "v1.0.0" || got["schema_version"].(float64) < 13 || got["connected"] != 1.0 || got["now"] != float64(f.Now().UnixMilli()) {
		t.Errorf("health %v", got)
	}
	want := map[string]string{"commands": "2", "callbacks": "0", "callbacks_dead": "0", "alert_messages": "0"}
	for _, each := range got["queues"].([]any) {
		q := each.(map[string]any)
		name := q["queue"].(string)
		if n := fmt.Sprint(q["waiting"]); n != want[name] || (q["since"] != 0.0) != (n != "0") {
			t.Errorf("%s: %v", name, q)
		}
		delete(want, name)
	}
	if len(want) != 0 {
		t.Errorf("not told: %v", want)
	}
	f.as(account.Owner, "").want(http.StatusForbidden, "GET", "/platform/health", nil)
}
