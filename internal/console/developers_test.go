package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// A credential is replaced, shown once, and never written down.
func TestRotateKeys(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Developer, "")
	for which, stored := range map[string]func(m db.Merchant, secret string) bool{
		"app_secret": func(m db.Merchant, secret string) bool { return secrets.HashMatches(secret, m.AppSecretHash) },
		"app_key": func(m db.Merchant, secret string) bool {
			key, err := f.Box.Open(secrets.PurposeAppKey, m.AppKeySealed)
			return err == nil && key == secret
		},
		"webhook_secret": func(m db.Merchant, secret string) bool {
			key, err := f.Box.Open(secrets.PurposeWebhookSecret, m.WebhookSecretSealed)
			return err == nil && key == secret && m.WebhookSecretPreviousSealed == f.Merchant.WebhookSecretSealed
		},
	} {
		shown := b.want(200, "POST", "/developers/keys/rotate", map[string]string{"which": which})
		secret := shown["secret"].(string)
		m, err := f.Store.MerchantByID(t.Context(), f.Merchant.ID)
		f.must(err)
		if !stored(m, secret) {
			t.Errorf("%s is not what was shown", which)
		}
		if got := f.lastAudit(); strings.Contains(got, secret) || got != "keys.rotate."+which+` merchant shop  -> {"overlap":86400000}` {
			t.Errorf("audit %s", got)
		}
	}
	keys := b.want(200, "GET", "/developers/keys", nil)
	now := float64(f.Now().UnixMilli())
	if keys["app_id"] != f.Merchant.AppID || keys["app_key_rotated_at"] != now || keys["webhook_secret_previous_until"] != now+24*3600*1000 ||
		keys["app_key_previous_until"] != now+24*3600*1000 {
		t.Errorf("keys %v", keys)
	}
	b.wantError(422, "10001", "POST", "/developers/keys/rotate", `{"which":"everything"}`)
	b.wantError(422, "10001", "POST", "/developers/keys/rotate", `{"which":"app_key","overlap":1}`)
	for _, which := range []string{"app_secret", "app_key", "webhook_secret"} {
		b.want(204, "POST", "/developers/keys/end-overlap", map[string]string{"which": which})
		if ended := b.want(200, "GET", "/developers/keys", nil); ended[which+"_previous_until"] != 0.0 {
			t.Errorf("%s: %v", which, ended)
		}
	}
	b.wantError(422, "10001", "POST", "/developers/keys/end-overlap", `{"which":"everything"}`)
}

// The debugger names the cause, of what is pasted and of what was logged, and
// shows no key.
func TestDebug(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Developer, "")
	wrong, err := signature.NewEnvelope(map[string]any{"code": "5288640", "timestamp": fmt.Sprint(f.Now().Unix())}, f.Merchant.AppID)
	f.must(err)
	object, err := signature.DecodeEnvelope(wrong)
	f.must(err)
	sign, _ := object.Lookup("sign")
	report := b.want(200, "POST", "/developers/debug", map[string]string{"raw": string(wrong), "kind": "http"})
	if report["diagnosis"] != "app_id_as_key" || report["accepted"] != false || strings.Contains(fmt.Sprint(report), "kva") {
		t.Errorf("%v", report)
	}
	right, err := signature.NewEnvelope(map[string]any{"timestamp": "1714000000"}, "kva")
	f.must(err)
	if got := b.want(200, "POST", "/developers/debug", map[string]string{"raw": string(right), "kind": "http"})["diagnosis"]; got != "stale_timestamp" {
		t.Errorf("stale: %v", got)
	}
	b.wantError(400, "bad_request", "POST", "/developers/debug", `{"raw":"x","kind":"letter"}`)

	f.Write(t, func(tx *store.Tx) error {
		return tx.InsertRequestLog(t.Context(), db.InsertRequestLogParams{
			MerchantID: f.Merchant.ID, Kind: "HTTP", At: f.Now().UnixMilli(), Headers: "{}", Raw: string(wrong),
			Payload: `{"code":"5288640"}`, Code: 10015, Diagnosis: "app_id_as_key", Answer: `{"code":10015,"data":{}}`,
		})
	})
	rows := b.list("/developers/requests?rejected=true")
	if column(rows, "diagnosis") != "app_id_as_key" {
		t.Fatalf("log %v", rows)
	}
	path := fmt.Sprintf("/developers/requests/%v", rows[0]["id"])
	explained := b.send("GET", path+"/debug", nil).Body.String()
	whole := b.send("GET", path, nil).Body.String()
	for _, text := range []string{explained, whole} {
		if strings.Contains(text, "5288640") || strings.Contains(text, "eyJ") || strings.Contains(text, sign.Text) {
			t.Errorf("a developer sees the code: %s", text)
		}
	}
	if !strings.Contains(explained, `"diagnosis":"app_id_as_key"`) || !strings.Contains(explained, `code=******`) || !strings.Contains(whole, `"code":10015`) {
		t.Errorf("%s\n%s", explained, whole)
	}
	if whole := f.as(account.Owner, "").send("GET", path, nil).Body.String(); !strings.Contains(whole, "5288640") || !strings.Contains(whole, "eyJ") {
		t.Errorf("an owner sees %s", whole)
	}
}

// Messages are listed with their attempts, and a dead one is sent again once.
func TestCallbacks(t *testing.T) {
	f := newFixture(t)
	f.makeThings()
	b := f.as(account.Developer, "")
	rows := b.list("/developers/callbacks?state=DEAD")
	if len(rows) != 1 || rows[0]["machine_no"] != "16327129" || rows[0]["attempts"].([]any)[0].(map[string]any)["status"] != 500.0 {
		t.Fatalf("callbacks %v", rows)
	}
	th := f.things[f.Merchant.ID]
	path := fmt.Sprintf("/orders/%d/callbacks/%d/resend", th.order, th.callback)
	b.want(http.StatusNoContent, "POST", path, nil)
	f.wantAudit(fmt.Sprintf("callback.resend callback %d  -> ", th.callback))
	if got := column(b.list("/developers/callbacks"), "state"); got != "PENDING" {
		t.Errorf("after it was sent again: %s", got)
	}
	b.wantError(409, "callback_not_dead", "POST", path, nil)
	rival := f.things[f.rival.ID]
	b.wantError(404, "not_found", "POST", fmt.Sprintf("/orders/%d/callbacks/%d/resend", th.order, rival.callback), nil)
}

// A search finds ids of every kind, for those who may see what they name.
func TestSearch(t *testing.T) {
	f := newFixture(t)
	path, d := f.redeem()
	f.makeThings()
	b, restocker := f.as(account.Owner, ""), f.as(account.Restocker, "")
	id := strings.TrimPrefix(path, "/orders/")
	for text, want := range map[string]string{
		"16327129": "machine 16327129", "lobby 2": "machine 16327130", "COL": "good 1", "可乐": "good 1", trade: "order " + id, id: "order " + id,
		fmt.Sprint(d.ID): "order " + id, "5288640": "code 1", strings.Repeat("ab", 12): "request 1", "nothing": "", "%": "", "rival": "",
	} {
		found := []string{}
		for _, each := range b.list("/search?q=" + strings.NewReplacer(" ", "%20", "%", "%25").Replace(text)) {
			found = append(found, fmt.Sprint(each["kind"], " ", each["ref"]))
		}
		if text != id && strings.Join(found, ", ") != want || text == id && !slices.Contains(found, want) {
			t.Errorf("%q finds %v, want %s", text, found, want)
		}
	}
	for _, text := range []string{trade, id, "5288640", strings.Repeat("ab", 12)} {
		for _, each := range restocker.list("/search?q=" + text) {
			if each["kind"] != "machine" {
				t.Errorf("a restocker finds %v", each)
			}
		}
	}
}

// What a machine was told shows its codes to nobody who may not see them.
func TestEventsHideCodes(t *testing.T) {
	f := newFixture(t)
	f.makeThings()
	for role, want := range map[account.Role]string{
		account.Operator: `{"code":"5288640","id":"17","sign":"F00"}`, account.Developer: `{"code":"******","id":"17","sign":"******"}`, account.Restocker: `null`,
	} {
		var page struct {
			Items []struct {
				Payload json.RawMessage `json:"payload"`
			} `json:"items"`
		}
		f.must(json.Unmarshal(f.as(role, "").send("GET", "/machines/16327129/events", nil).Body.Bytes(), &page))
		if len(page.Items) != 1 || string(page.Items[0].Payload) != want {
			t.Errorf("%s sees %s, want %s", role, page.Items, want)
		}
	}
}

// An hour counts as far as messages show that the machine was there.
func TestUptime(t *testing.T) {
	const first, now, after = 24 * hour, 47*hour + hour/2, hour / 6
	at := func(t int64, method string) db.RecentMessagesRow {
		return db.RecentMessagesRow{CreatedAt: t, Method: method}
	}
	said := []db.RecentMessagesRow{ // newest first
		at(47*hour+hour/4, "client.heartbeat"),
		at(30*hour+hour/2, methodOffline),
		at(30*hour+hour/2-hour/12, "client.heartbeat"),
		at(30*hour, "client.heartbeat"),
		at(24*hour-hour/12, "client.heartbeat"),
	}
	got := uptimeOf(said, first, now, 0, after)
	for i, want := range map[int]float64{0: 1.0 / 12, 1: 0, 6: 1.0/6 + 1.0/12, 23: 1.0 / 3} {
		if share := *got[i].Online; share < want-1e-9 || share > want+1e-9 {
			t.Errorf("hour %d: %v, want %v", i, share, want)
		}
	}
	if got := uptimeOf(nil, first, now, 26*hour, after); got[1].Online != nil || *got[2].Online != 0 {
		t.Errorf("before it was known: %+v", got[:3])
	}
}
