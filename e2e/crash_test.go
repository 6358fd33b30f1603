package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// crashShop is a merchant in debug mode, so that no machine has to be online,
// with room for every redemption of the test.
const crashShop = `
merchants:
  - slug: crash
    title: Crash test
    appid: vmcrash
    app_secret: crash-secret
    app_key: crash-key
    debug: true
    models: [{name: m, boards: [{addr: 1, floor_type: 1}]}]
    goods: [{slug: g, name: Good, price: "1.00"}]
    machines:
      - machine_no: "70000001"
        name: Machine
        model: m
        pickup_code_enabled: true
        planogram: [{product_id: 1, motor: 0, good: g, capacity: 5000, stock: 5000}]
`

const (
	crashMachine   = "70000001"
	crashCycles    = 3
	crashWorkers   = 16
	crashCodes     = 1500 // per cycle; the kill comes long before they are used up
	crashAfterAcks = 150
)

// attempt is one redemption as its client knows it.
type attempt struct {
	code, tradeID string
	orderID       int64 // 0: the client never got an answer
}

// An acknowledged redemption survives kill -9; one without an answer happened
// once or not at all, and a retry finds out which.
func TestKillLosesNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte(crashShop), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, []string{"VENDLANE_DATA=" + data}, "admin", "apply", "-f", file)
	readAll(t, p)
	if code := p.wait(); code != 0 {
		t.Fatalf("apply: exit code %d", code)
	}
	redeemed := 0
	for cycle := range crashCycles {
		p, url := startServe(t, data, "VENDLANE_RATELIMIT_APP_RPS=0", "VENDLANE_LOG_LEVEL=info")
		r := crashClient(url)
		attempts := r.redeemUntilKilled(t, p, cycle, r.issue(t, crashCodes))

		p, url = startServe(t, data, "VENDLANE_RATELIMIT_APP_RPS=0")
		r = crashClient(url)
		acknowledged, doubtful := 0, 0
		for _, a := range attempts {
			if a.orderID != 0 {
				acknowledged++
			} else {
				doubtful++
			}
			r.checkAttempt(t, a)
		}
		redeemed += len(attempts)
		if stock := r.stock(t); stock != 5000-int64(redeemed) {
			t.Fatalf("cycle %d: stock %d after %d redemptions of 5000", cycle, stock, redeemed)
		}
		t.Logf("cycle %d: %d acknowledged, %d without an answer", cycle, acknowledged, doubtful)
		p.kill()
	}
}

func crashClient(url string) ready {
	var r ready
	r.URL, r.Merchant.AppID, r.Merchant.AppSecret, r.Merchant.AppKey = url, "vmcrash", "crash-secret", "crash-key"
	return r
}

// issue makes codes and returns all that are unused.
func (r ready) issue(t *testing.T, n int) []string {
	t.Helper()
	a, err := r.call(t.Context(), "POST", "/pickup_codes", map[string]any{
		"machine_no": crashMachine, "method": "pickup_code.product.id", "product_id": "1",
		"count": strconv.Itoa(n), "code_length": "10",
	})
	if err != nil || a.Code != 0 {
		t.Fatalf("issue codes: %+v, %v", a, err)
	}
	a, err = r.call(t.Context(), "POST", "/products/1/pickup_code", map[string]any{"machine_no": crashMachine})
	var rows []struct {
		Code string `json:"code"`
	}
	if err != nil || json.Unmarshal(a.Data, &rows) != nil {
		t.Fatalf("list codes: %+v, %v", a, err)
	}
	codes := make([]string, len(rows))
	for i, row := range rows {
		codes[i] = row.Code
	}
	return codes
}

// redeemUntilKilled redeems codes with many workers, kills the process in the
// middle and returns every redemption that was tried.
func (r ready) redeemUntilKilled(t *testing.T, p *process, cycle int, codes []string) []attempt {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	work := make(chan attempt)
	go func() {
		defer close(work)
		for i, code := range codes {
			select {
			case work <- attempt{code: code, tradeID: fmt.Sprintf("crash-%02d-%012d", cycle, i)}:
			case <-ctx.Done():
				return
			}
		}
	}()
	var (
		mu       sync.Mutex
		attempts []attempt
		acks     int
		wg       sync.WaitGroup
		enough   = make(chan struct{})
	)
	for range crashWorkers {
		wg.Go(func() {
			for a := range work {
				order, err := r.consume(ctx, a)
				a.orderID = order
				mu.Lock()
				attempts = append(attempts, a)
				if order != 0 {
					if acks++; acks == crashAfterAcks {
						close(enough)
					}
				}
				mu.Unlock()
				if err != nil {
					return // the server is gone
				}
			}
		})
	}
	<-enough
	p.kill()
	cancel()
	wg.Wait()
	return attempts
}

// consume returns the order a code became, also when it had become one before.
func (r ready) consume(ctx context.Context, a attempt) (int64, error) {
	got, err := r.call(ctx, "POST", "/consumes", map[string]any{
		"machine_no": crashMachine, "method": "event.consume.pickup_code", "code": a.code, "product_id": "1",
		"notify_url": "https://merchant.example/notify", "trade_id": a.tradeID,
	})
	if err != nil {
		return 0, err
	}
	var order struct {
		OrderID int64 `json:"order_id"`
	}
	if err := json.Unmarshal(got.Data, &order); err != nil {
		return 0, err
	}
	if got.Code != 0 && got.Code != 10025 {
		return 0, fmt.Errorf("consumes answered %d %s", got.Code, got.Data)
	}
	return order.OrderID, nil
}

// checkAttempt repeats a redemption and expects the order the client already
// knows, or exactly one order where it knows none.
func (r ready) checkAttempt(t *testing.T, a attempt) {
	t.Helper()
	order, err := r.consume(t.Context(), a)
	if err != nil || order == 0 {
		t.Fatalf("repeat of %s: order %d, %v", a.tradeID, order, err)
	}
	if a.orderID != 0 && order != a.orderID {
		t.Errorf("acknowledged order %d of %s is %d after the restart", a.orderID, a.tradeID, order)
	}
	got, err := r.call(t.Context(), "POST", "/orders/"+a.tradeID, map[string]any{"machine_no": crashMachine})
	if err != nil || got.Code != 0 {
		t.Errorf("order of %s: %+v, %v", a.tradeID, got, err)
	}
}

func (r ready) stock(t *testing.T) int64 {
	t.Helper()
	got, err := r.call(t.Context(), "POST", "/products", map[string]any{"machine_no": crashMachine})
	var page struct {
		Data []struct {
			CurrentInventory int64 `json:"current_inventory"`
		} `json:"data"`
	}
	if err != nil || json.Unmarshal(got.Data, &page) != nil || len(page.Data) != 1 {
		t.Fatalf("stock: %+v, %v", got, err)
	}
	return page.Data[0].CurrentInventory
}
