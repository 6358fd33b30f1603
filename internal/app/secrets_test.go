package app

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/simulator"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/signature"
)

// The secrets of the story, each of a kind of its own so that it can be found.
const (
	secretAppSecret   = "sentinel-app-secret-000000000000"
	secretAppKey      = "sentinel-app-key"
	secretPassword    = "sentinel-machine-password"
	secretNewPassword = "sentinel-changed-password"
	secretGuess       = "sentinel-guessed-password"
	secretWebhook     = "sentinel-webhook-secret-00000000"
	secretMasterKey   = "sentinel-master-key-000000000000"
	secretDSN         = "sentinel-database-password"
	secretURL         = "sentinel-token-of-the-notify-url"
)

// logBuffer is a log that several goroutines write to.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// storyteller plays the merchant and keeps what it is refused with.
type storyteller struct {
	*testing.T
	app     *App
	refused strings.Builder
}

// call sends a request and returns the data of a success. Empty credentials are
// the right ones.
func (s *storyteller) call(path, secret, key string, payload map[string]any) json.RawMessage {
	s.Helper()
	if payload == nil {
		payload = map[string]any{}
	}
	payload["machine_no"], payload["timestamp"] = lobby, time.Now().Unix()
	body, err := signature.NewEnvelope(payload, key)
	if err != nil {
		s.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, "http://"+s.app.HTTPAddr().String()+"/api/openapi/v1"+path, bytes.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Appid", "vmsentinel")
	r.Header.Set("AppSecret", secret)
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		s.Fatal(err)
	}
	var out struct {
		Code int
		Data json.RawMessage
	}
	if err := json.Unmarshal(text, &out); err != nil {
		s.Fatalf("%s: %v", text, err)
	}
	if out.Code != 0 {
		fmt.Fprintln(&s.refused, string(text), w.Header)
		return nil
	}
	return out.Data
}

func (s *storyteller) good(path string, payload map[string]any) json.RawMessage {
	s.Helper()
	data := s.call(path, secretAppSecret, secretAppKey, payload)
	if data == nil {
		s.Fatalf("%s was refused: %s", path, s.refused.String())
	}
	return data
}

// The main job from the shop's set-up to its callback, with whatever goes wrong
// on the way, leaves no secret in the log (at its chattiest), in the metrics or
// in a refusal.
func TestSecretsStaySecret(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			cfg := config.Default()
			if engine == "postgres" {
				cfg.Store.DSN = testkit.NewPostgres(t).DSN()
				if !strings.Contains(cfg.Store.DSN, "://") { // the private server of the tests asks for none
					cfg.Store.DSN += " password=" + secretDSN
				}
			}
			testSecretsStaySecret(t, cfg)
		})
	}
}

func testSecretsStaySecret(t *testing.T, cfg config.Config) {
	cfg.MQTT.Listen, cfg.Callback.AllowPrivate = "127.0.0.1:0", true
	cfg.Secrets.MasterKey = hex.EncodeToString([]byte(secretMasterKey))
	cfg.SMTP = config.SMTP{Server: "127.0.0.1:1", TLS: "starttls", Username: "alerts", Password: "sentinel-mail-password", From: "a@shop.example"}
	webhook := "whsec_" + base64.StdEncoding.EncodeToString([]byte(secretWebhook))
	file := lobbyFile()
	shop := &file.Merchants[0]
	shop.AppID, shop.AppSecret, shop.AppKey, shop.WebhookSecret = "vmsentinel", secretAppSecret, secretAppKey, webhook
	shop.Machines[0].Password = secretPassword
	var log logBuffer
	a := runShop(t, cfg, file, slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s := &storyteller{T: t, app: a}

	notified := make(chan struct{}, 10)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bad") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		notified <- struct{}{}
	}))
	defer sink.Close()

	// A machine that first knows the wrong password and is then given another.
	if _, err := connect3(t, "tcp://"+a.MQTTAddr().String(), secretGuess, nil); err == nil {
		t.Fatal("a wrong password was accepted")
	}
	machine, err := simulator.Start(t.Context(), simulator.Config{
		MachineNo: lobby, Password: secretPassword, AppKey: secretAppKey,
		BrokerURL: "tcp://" + a.MQTTAddr().String(), Dir: t.TempDir(), RunTime: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := machine.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	wait(t, machine.Ready(), "the machine is not online")
	row, err := a.Store.MachineByNo(t.Context(), lobby)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Fleet.ChangePassword(t.Context(), row.Machine, secretNewPassword, false); err != nil {
		t.Fatal(err)
	}

	// A code is made, tried and redeemed.
	ids, err := a.Store.ProductIDsOnSale(t.Context(), row.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	product := fmt.Sprint(ids[0])
	s.good("/pickup_codes", map[string]any{"method": "pickup_code.product.id", "product_id": product, "code_length": "10", "count": "2"})
	var codes []struct{ Code string }
	if err := json.Unmarshal(s.good("/products/"+product+"/pickup_code", nil), &codes); err != nil || len(codes) != 2 {
		t.Fatalf("%v, %v", codes, err)
	}
	code := codes[0].Code
	consume := func(changes map[string]any) map[string]any {
		payload := map[string]any{
			"method": "event.consume.pickup_code", "code": code, "product_id": product, "trade_id": "20240429000000000001",
			"notify_url": sink.URL + "/good?token=" + secretURL,
		}
		for name, value := range changes {
			payload[name] = value
		}
		return payload
	}
	s.call("/consumes", secretAppSecret[1:], secretAppKey, consume(nil))
	s.call("/consumes", secretAppSecret, secretAppKey[1:], consume(nil))
	for name, value := range map[string]any{
		"code": "9" + code, "product_id": "99", "notify_url": "ftp://" + secretURL, "trade_id": secretURL + secretURL, "method": code,
	} {
		s.call("/consumes", secretAppSecret, secretAppKey, consume(map[string]any{name: value}))
	}
	var order struct {
		OrderID int64 `json:"order_id"`
		Records []struct{ ID int64 }
	}
	if err := json.Unmarshal(s.good("/consumes", consume(nil)), &order); err != nil || len(order.Records) != 1 {
		t.Fatalf("%+v, %v", order, err)
	}
	s.call("/consumes", secretAppSecret, secretAppKey, consume(nil))
	s.good("/deliveries", map[string]any{
		"method": "device.delivery.put", "order_id": fmt.Sprint(order.OrderID), "record_id": fmt.Sprint(order.Records[0].ID),
	})
	wait(t, notified, "no callback")
	// A test run whose callback fails.
	until(t, "no second run", func() bool {
		return s.call("/deliveries/debug", secretAppSecret, secretAppKey, map[string]any{
			"method": "device.delivery.put", "channel_name": "A1", "notify_url": sink.URL + "/bad?token=" + secretURL,
		}) != nil
	})
	wait(t, notified, "no second callback")
	until(t, "the failure is not logged", func() bool { return strings.Contains(log.String(), "callback failed") })

	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if strings.Count(s.refused.String(), "\n") < 8 || !strings.Contains(w.Body.String(), "callback_failed_total 1") || !strings.Contains(log.String(), `"level":"DEBUG"`) {
		t.Fatalf("the story was another one: refusals\n%s", s.refused.String())
	}
	for where, text := range map[string]string{"log": log.String(), "metrics": w.Body.String(), "refusals": s.refused.String()} {
		for _, secret := range []string{
			"sentinel-", hex.EncodeToString([]byte(secretMasterKey)), strings.TrimPrefix(webhook, "whsec_"), codes[0].Code, codes[1].Code,
			base64.StdEncoding.EncodeToString([]byte(secretPassword)),
		} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("the %s holds %q: …%s…", where, secret, text[max(0, i-300):min(len(text), i+100)])
			}
		}
	}
}

// Settings that cannot work are refused without the secret in them.
func TestRefusalsOfSettingsKeepSecrets(t *testing.T) {
	for _, dsn := range []string{
		"postgres://vendlane:" + secretDSN + "@127.0.0.1:1/vendlane", "postgres://vendlane:" + secretDSN + "%zz@127.0.0.1:1/vendlane",
		"host=127.0.0.1 port=1 user=vendlane password=" + secretDSN, "host=127.0.0.1 port=x password='" + secretDSN, "postgres://127.0.0.1:1/x?sslmode=" + "nonsense&password=" + secretDSN,
	} {
		cfg := config.Default()
		cfg.Data, cfg.Store.DSN, cfg.Secrets.MasterKey = t.TempDir(), dsn, strings.Repeat("ab", 32)
		var log logBuffer
		_, err := New(t.Context(), cfg, Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err == nil || strings.Contains(err.Error()+log.String(), "sentinel-") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	cfg := config.Default()
	cfg.Data, cfg.Secrets.MasterKey = t.TempDir(), secretMasterKey
	if _, err := New(t.Context(), cfg, Options{}); err == nil || strings.Contains(err.Error(), "sentinel-") {
		t.Errorf("master key: %v", err)
	}
}
