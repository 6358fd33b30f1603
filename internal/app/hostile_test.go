package app

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/signature"
)

// newApp makes a platform with the lobby's shop that nothing reaches but the
// test, with its machine online, and returns the credentials of its merchant.
func newApp(t *testing.T, cfg config.Config, opts Options) (*App, provision.MerchantResult) {
	t.Helper()
	cfg.Data = t.TempDir()
	a, err := New(t.Context(), cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	result, err := a.Provision.Apply(t.Context(), lobbyFile())
	if err != nil {
		t.Fatal(err)
	}
	beat := fleet.Heartbeat{MachineID: result.Merchants[0].Machines[0].ID, NetworkType: "4G"}
	if err := a.Fleet.TakeHeartbeat(t.Context(), beat); err != nil {
		t.Fatal(err)
	}
	return a, result.Merchants[0]
}

// Texts that a database may be unable to keep are refused by their own rule, on
// either engine: never a 500, which an attacker could make at will.
func TestTextsThatNoDatabaseKeeps(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			cfg := config.Default()
			if engine == "postgres" {
				cfg.Store.DSN, cfg.Secrets.MasterKey = testkit.NewPostgres(t).DSN(), strings.Repeat("ab", 32)
			}
			a, m := newApp(t, cfg, Options{})
			for name, c := range map[string]struct {
				path, appID string
				payload     map[string]any
				code        string
			}{
				"Appid not UTF-8":         {"/ping", "\xff", nil, "10014"},
				"Appid cut off":           {"/ping", m.AppID + "\xe4\xb8", nil, "10014"},
				"machine_no NUL in path":  {"/rent/machines/%00", m.AppID, nil, "30003"},
				"machine_no not UTF-8":    {"/rent/machines/%ff", m.AppID, nil, "30003"},
				"order id not UTF-8":      {"/orders/%ff", m.AppID, map[string]any{"machine_no": lobby}, "80002"},
				"trade_id with NUL":       {"/orders/20240429000000000001%00", m.AppID, map[string]any{"machine_no": lobby}, "80002"},
				"delivery id with NUL":    {"/deliveries/1%00", m.AppID, map[string]any{"machine_no": lobby}, "404"},
				"product id not UTF-8":    {"/products/%ff/pickup_code", m.AppID, map[string]any{"machine_no": lobby}, "60001"},
				"machine_no with NUL":     {"/products", m.AppID, map[string]any{"machine_no": lobby + "\x00"}, "10001"},
				"cabinet_name with NUL":   {"/products", m.AppID, map[string]any{"machine_no": lobby, "cabinet_name": "\x00"}, "10001"},
				"channel_name with NUL":   {"/deliveries/debug", m.AppID, try("A1\x00", "https://merchant.example/"), "10001"},
				"notify_url with NUL":     {"/deliveries/debug", m.AppID, try("A1", "https://merchant.example/\x00"), "10001"},
				"expired_at with NUL":     {"/pickup_codes", m.AppID, map[string]any{"machine_no": lobby, "method": "pickup_code.product.all", "expired_at": "2099-01-01 00:00:00\x00"}, "10032"},
				"method with NUL":         {"/pickup_codes", m.AppID, map[string]any{"machine_no": lobby, "method": "\x00"}, "10017"},
				"unknown member with NUL": {"/products", m.AppID, map[string]any{"machine_no": lobby, "\x00": "\x00"}, "0"},
			} {
				w := ask(t, a, c.path, c.appID, m, c.payload)
				if !strings.HasPrefix(w.Body.String(), `{"code":`+c.code+`,`) {
					t.Errorf("%s: HTTP %d %s", name, w.Code, w.Body)
				}
			}
		})
	}
}

func try(channel, url string) map[string]any {
	return map[string]any{"machine_no": lobby, "method": "device.delivery.put", "channel_name": channel, "notify_url": url}
}

// ask sends one request past the network, so that nothing cleans it.
func ask(t *testing.T, a *App, path, appID string, m provision.MerchantResult, payload map[string]any) *httptest.ResponseRecorder {
	t.Helper()
	body := ""
	if payload != nil {
		payload["timestamp"] = strconv.FormatInt(time.Now().Unix(), 10)
		text, err := signature.NewEnvelope(payload, m.AppKey)
		if err != nil {
			t.Fatal(err)
		}
		body = string(text)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/openapi/v1"+path, strings.NewReader(body))
	r.Header["Appid"], r.Header["Appsecret"] = []string{appID}, []string{m.AppSecret}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}
