package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// TestConsoleInTheBrowser has somebody at a desk go through the console, in both
// languages and at both widths. The demo has its history, so that every page is full.
func TestConsoleInTheBrowser(t *testing.T) {
	t.Parallel()
	browser := needBrowser(t)
	for _, language := range []string{"en", "zh-CN"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			journey(t, browser, language)
		})
	}
}

// journey goes through the console of a demo of its own in one language.
func journey(t *testing.T, browser browser, language string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "demo")
	_, r := startOldDemo(t, data, "--no-story")
	administrator := r.Console
	administrator.Email, administrator.Password = "root@host.example", "correct-horse"
	p := start(t, []string{"VENDLANE_DATA=" + data}, "admin", "user", "create", "-platform-admin", "-name", "Root",
		"-email", administrator.Email, "-password", administrator.Password)
	readAll(t, p)
	if code := p.wait(); code != 0 {
		t.Fatalf("admin user create: exit code %d", code)
	}
	merchant := httptest.NewServer(merchantOf(r))
	defer merchant.Close()
	browser.run(t, "journey", map[string]any{
		"language": language, "console": r.Console, "administrator": administrator, "machines": r.Machines,
		"merchant_url": merchant.URL, "callback_sink": r.CallbackSink,
	})
}

// merchantOf is the merchant's server as the journey needs it: redeem turns a
// code into an order that is dispensed, lower-case signs as many do by mistake.
func merchantOf(r ready) http.Handler {
	mux := http.NewServeMux()
	handle := func(path string, answer func(*http.Request, map[string]any) (string, error)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, req *http.Request) {
			var payload map[string]any
			err := json.NewDecoder(req.Body).Decode(&payload)
			var text string
			if err == nil {
				text, err = answer(req, payload)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			_, _ = w.Write([]byte(text)) // the journey is gone otherwise
		})
	}
	handle("/redeem", func(req *http.Request, payload map[string]any) (string, error) {
		return redeemAndDispense(req, r, payload)
	})
	handle("/lower-case", func(_ *http.Request, payload map[string]any) (string, error) {
		return lowerCase(r, payload)
	})
	return mux
}

// redeemAndDispense returns the id of the order.
func redeemAndDispense(req *http.Request, r ready, payload map[string]any) (string, error) {
	payload["method"], payload["notify_url"] = "event.consume.pickup_code", r.CallbackSink
	a, err := r.call(req.Context(), http.MethodPost, "/consumes", payload)
	var order struct {
		OrderID int64 `json:"order_id"`
		Records []struct {
			ID int64 `json:"id"`
		} `json:"records"`
	}
	if err == nil {
		err = json.Unmarshal(a.Data, &order)
	}
	if err != nil {
		return "", err
	}
	if a.Code != 0 || len(order.Records) != 1 {
		return "", fmt.Errorf("consumes answered %+v", a)
	}
	id := strconv.FormatInt(order.OrderID, 10)
	a, err = r.call(req.Context(), http.MethodPost, "/deliveries", map[string]any{
		"machine_no": payload["machine_no"], "method": "device.delivery.put", "order_id": id,
		"record_id": strconv.FormatInt(order.Records[0].ID, 10),
	})
	if err == nil && a.Code != 0 {
		err = fmt.Errorf("deliveries answered %+v", a)
	}
	return id, err
}

// lowerCase returns a signed body whose sign has lower-case digits.
func lowerCase(r ready, payload map[string]any) (string, error) {
	payload["timestamp"] = strconv.FormatInt(time.Now().Unix(), 10)
	signed, err := signature.SignJSON(payload, r.Merchant.AppKey)
	if err != nil {
		return "", err
	}
	lower := regexp.MustCompile(`"sign":"[0-9A-F]{32}"`).ReplaceAllStringFunc(string(signed), strings.ToLower)
	body, err := json.Marshal(map[string]string{"payload": base64.StdEncoding.EncodeToString([]byte(lower))})
	return string(body), err
}
