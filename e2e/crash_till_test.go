package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// crashShop is a merchant in debug mode, so that no machine has to be online,
// with room for every redemption of the longest run.
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
        planogram: [{product_id: 1, motor: 0, good: g, capacity: 10000000, stock: 10000000}]
`

const (
	crashMachine = "70000001"
	crashStock   = 10_000_000
	crashWorkers = 16
	crashCodes   = 1500 // issued at a time
	crashRefill  = 500  // codes left that have more issued
)

// errRefused is the contract's 500: nothing was changed (errors.md §2).
var errRefused = errors.New("answered with 500")

// attempt is one redemption as its client knows it.
type attempt struct {
	code, tradeID string
	// refused tells that every answer so far said that nothing was changed, so
	// that the order must not be there.
	refused bool
}

// till redeems codes with many workers and remembers what became of each. What
// got no answer it asks again, as consume.md §6 says.
type till struct {
	t     *testing.T
	place *place

	mu     sync.Mutex
	known  map[string]bool // codes it has or had
	unused []string
	open   []attempt // without an answer, or refused
	trades int
	orders map[string]int64 // acknowledged, by trade_id
	codeOf map[string]string
	// found are the orders of open attempts that are in the database all the same.
	found                       map[string]int64
	unanswered, refused, turned int // turned: unanswered attempts that had happened
}

func newTill(t *testing.T, p *place) *till {
	return &till{
		t: t, place: p, known: map[string]bool{}, orders: map[string]int64{}, codeOf: map[string]string{}, found: map[string]int64{},
	}
}

// stock makes sure that there are codes to redeem.
func (k *till) stock(url string) {
	k.t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.unused) > crashRefill {
		return
	}
	for _, code := range crashClient(url).issue(k.t, crashCodes) {
		if !k.known[code] {
			k.known[code] = true
			k.unused = append(k.unused, code)
		}
	}
}

// next takes an attempt that is to be repeated, or a new one.
func (k *till) next() attempt {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.open); n > 0 {
		a := k.open[n-1]
		k.open = k.open[:n-1]
		return a
	}
	if len(k.unused) == 0 {
		k.t.Error("no codes are left")
		return attempt{}
	}
	n := len(k.unused)
	a := attempt{code: k.unused[n-1], tradeID: fmt.Sprintf("crash-%017d", k.trades), refused: true}
	k.unused = k.unused[:n-1]
	k.trades++
	k.codeOf[a.tradeID] = a.code
	return a
}

// settle notes the end of an attempt and returns how many were acknowledged.
func (k *till) settle(a attempt, order int64, err error) (acknowledged int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil:
		if before := k.found[a.tradeID]; before != 0 && before != order {
			k.t.Errorf("order %d of %s became %d", before, a.tradeID, order)
		}
		k.orders[a.tradeID] = order
	case errors.Is(err, errRefused):
		k.refused++
		k.open = append(k.open, a)
	default:
		k.unanswered++
		a.refused = false
		k.open = append(k.open, a)
	}
	return len(k.orders)
}

// work redeems until ctx ends, or, if once, until the first redemption fails in
// each worker. It calls ack with the number of all acknowledged so far.
func (k *till) work(ctx context.Context, url string, once bool, ack func(n int)) {
	var workers sync.WaitGroup
	for range crashWorkers {
		workers.Go(func() { k.serve(ctx, crashClient(url), once, ack) })
	}
	workers.Wait()
}

func (k *till) serve(ctx context.Context, r ready, once bool, ack func(n int)) {
	pause := time.NewTicker(50 * time.Millisecond) // a client's back-off
	defer pause.Stop()
	for ctx.Err() == nil && !k.t.Failed() {
		a := k.next()
		order, err := r.consume(ctx, a)
		n := k.settle(a, order, err)
		switch {
		case err == nil:
			ack(n)
		case once:
			return
		default:
			<-pause.C
		}
	}
}

// workUntil redeems until n more are acknowledged.
func (k *till) workUntil(url string, n int) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), patience)
	defer cancel()
	k.mu.Lock()
	goal := len(k.orders) + n
	k.mu.Unlock()
	k.work(ctx, url, false, func(n int) {
		if n >= goal {
			cancel()
		}
	})
	if !k.t.Failed() && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		k.t.Fatalf("not %d more redemptions in time; %d unanswered, %d refused", n, k.unanswered, k.refused)
	}
}

// workUntilRefused redeems until every worker was told that it cannot be.
func (k *till) workUntilRefused(url string) {
	k.t.Helper()
	before := k.refused
	k.workUntilNothingGoes(url)
	if k.refused != before+crashWorkers {
		k.t.Errorf("%d of %d workers were refused", k.refused-before, crashWorkers)
	}
}

// workUntilNothingGoes redeems until every worker has failed.
func (k *till) workUntilNothingGoes(url string) {
	k.t.Helper()
	k.work(k.t.Context(), url, true, func(int) {})
}

// workWhile redeems while something happens to the platform.
func (k *till) workWhile(url string, happen func()) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(k.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.work(ctx, url, false, func(int) {})
	}()
	defer func() {
		cancel()
		<-ended
	}()
	happen()
}

// look finds out which of the open attempts have happened. One that was refused
// must not have.
func (k *till) look() {
	k.t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range k.open {
		id := k.place.orderOf(a.tradeID)
		if id == 0 {
			continue
		}
		if a.refused {
			k.t.Errorf("%s was answered with 500, and order %d is there", a.tradeID, id)
		}
		k.found[a.tradeID] = id
		k.turned++
	}
}

// finish has every open attempt acknowledged and holds the database against
// what was.
func (k *till) finish(url string) {
	k.t.Helper()
	k.look()
	r := crashClient(url)
	for len(k.open) > 0 {
		a := k.next()
		order, err := r.consume(k.t.Context(), a)
		if err != nil {
			k.t.Fatalf("repeat of %s: %v", a.tradeID, err)
		}
		k.settle(a, order, nil)
	}
	k.place.check(k)
	k.t.Logf("%d redemptions; %d times no answer, %d of them had happened; %d refused", len(k.orders), k.unanswered, k.turned, k.refused)
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

// consume returns the order a code became, also when it had become one before.
func (r ready) consume(ctx context.Context, a attempt) (int64, error) {
	got, err := r.call(ctx, http.MethodPost, "/consumes", map[string]any{
		"machine_no": crashMachine, "method": "event.consume.pickup_code", "code": a.code, "product_id": "1",
		"notify_url": "https://merchant.example/notify", "trade_id": a.tradeID,
	})
	if err != nil {
		return 0, err
	}
	if got.Status == http.StatusInternalServerError && got.Code == 500 {
		return 0, errRefused
	}
	var order struct {
		OrderID int64 `json:"order_id"`
	}
	if err := json.Unmarshal(got.Data, &order); err != nil {
		return 0, err
	}
	if got.Code != 0 && got.Code != 10025 || order.OrderID == 0 {
		return 0, fmt.Errorf("consumes answered %d %s", got.Code, got.Data)
	}
	return order.OrderID, nil
}
