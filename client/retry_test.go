package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/client"
)

const (
	consumed = `{"code":0,"message":"ok","data":{"order_id":60,"trade_id":"800a7e95-00d3-45c8-987d-3aafa412c77d","records":[{"id":78}]}}`
	used     = `{"code":10025,"message":"取货码已使用","data":{"order_id":60}}`
	internal = `{"code":500,"message":"服务器内部错误","data":{"request_id":"x"}}`
	offline  = `{"code":30002,"message":"设备已离线","data":{}}`
	limited  = `{"code":429,"message":"请求过于频繁，请稍后再试","data":{"retry_after":3}}`
	blocked  = `{"code":429,"message":"请求过于频繁，请稍后再试","data":{"retry_after":300}}`
	exists   = `{"code":40002,"message":"商户订单号已存在","data":{"order_id":60}}`
)

// order answers a query of order 60.
func order(tradeID string) string {
	return fmt.Sprintf(`{"code":0,"message":"ok","data":{"order_id":60,"trade_id":%q,"status":"PICKUPCODE",
		"records":[{"id":78,"product_id":131,"quantity":2,"status":"IS_SUCCESS"}]}}`, tradeID)
}

var consumption = client.Consumption{
	MachineNo: "16327129", Code: "5288640", ProductID: 131, NotifyURL: "https://merchant.example/notify",
	TradeID: "800a7e9500d345c8987d3aafa412c77d",
}

// The recipe of consume.md §6.
func TestConsume(t *testing.T) {
	for name, c := range map[string]struct {
		replies  []reply
		requests int
		err      error // nil: success
		replayed bool
	}{
		"at once":                 {[]reply{ok(consumed)}, 1, nil, false},
		"after a broken one":      {[]reply{broken, ok(consumed)}, 2, nil, false},
		"after an internal error": {[]reply{{status: 500, body: internal}, ok(consumed)}, 2, nil, false},
		"after a page of a proxy": {[]reply{{status: 502, body: "<html>"}, ok(consumed)}, 2, nil, false},
		"after half an answer":    {[]reply{ok(`{"code":0,`), ok(consumed)}, 2, nil, false},
		"after the rate limit":    {[]reply{{status: 429, body: limited}, ok(consumed)}, 2, nil, false},
		"replayed":                {[]reply{broken, ok(used), ok(order("800a7e9500d345c8987d3aafa412c77d"))}, 3, nil, true},
		"replayed by a later call, in another writing": {[]reply{ok(used), ok(order("800A7E95-00D3-45C8-987D-3AAFA412C77D"))}, 2, nil, true},
		"used by somebody else":                        {[]reply{broken, ok(used), ok(order("another-order-of-ours"))}, 3, client.ErrPickupCodeUsed, false},
		"used at the machine":                          {[]reply{ok(`{"code":10025,"message":"取货码已使用","data":{}}`)}, 1, client.ErrPickupCodeUsed, false},
		"refused":                                      {[]reply{ok(offline)}, 1, client.ErrMachineOffline, false},
		"refused after a broken one":                   {[]reply{broken, ok(offline)}, 2, client.ErrMachineOffline, false},
		"the order cannot be asked for":                {[]reply{ok(used), ok(offline)}, 2, client.ErrMachineOffline, false},
		"blocked for long":                             {[]reply{{status: 429, body: blocked}}, 1, client.ErrTooManyRequests, false},
		"internal error for ever":                      {[]reply{{status: 500, body: internal}}, 4, client.ErrInternal, false},
		"another code under the trade_id":              {[]reply{broken, ok(exists)}, 2, client.ErrTradeIDExists, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{replies: c.replies}
				got, err := newClient(t, config(p)).Consume(t.Context(), consumption)
				if !errors.Is(err, c.err) || len(p.sent) != c.requests {
					t.Fatalf("%d requests, error %v", len(p.sent), err)
				}
				if c.err == nil && (got.OrderID != 60 || got.Records[0].ID != 78 || got.Replayed != c.replayed) {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

// A page of something between the platform and us is no answer. With a status that
// refuses, the call did not get through, and does not the next time either.
func TestPagesOfOthers(t *testing.T) {
	for status, requests := range map[int]int{200: 4, 302: 1, 403: 1, 404: 1, 502: 4, 504: 4} {
		synctest.Test(t, func(t *testing.T) {
			p := &platform{replies: []reply{{status: status, body: "<html>"}}}
			err := newClient(t, config(p)).Ping(t.Context())
			if err == nil || errors.As(err, new(*client.Error)) || len(p.sent) != requests {
				t.Errorf("status %d: %d requests, error %v", status, len(p.sent), err)
			}
		})
	}
}

// What could do something twice is sent once, unless the rate limit refused it.
func TestWhatIsSentAgain(t *testing.T) {
	once := map[string]bool{
		"POST /pickup_codes pickup_code.product.id": true, "POST /pickup_codes pickup_code.product.all": true,
		"PUT /pickup_codes pickup_code.delete.all": true, "POST /deliveries device.delivery.put": true,
		"POST /deliveries/debug device.delivery.put": true, "POST /replenishments replenishment.product.id": true,
		"POST /replenishments replenishment.category.id": true, "POST /replenishments replenishment.machine.all": true,
	}
	for _, e := range endpoints() {
		name := e.verb + " " + e.path + " " + e.method
		for failure, answer := range map[string]reply{
			"broken": broken, "internal": {status: 500, body: internal}, "limited": {status: 429, body: limited},
		} {
			t.Run(name+" "+failure, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &platform{replies: []reply{answer}}
					if _, err := e.call(t.Context(), newClient(t, config(p))); err == nil {
						t.Fatal("no error")
					}
					if again := len(p.sent) == 4; again != (!once[name] || failure == "limited") {
						t.Errorf("%d requests", len(p.sent))
					}
				})
			})
		}
	}
}

func TestCreateOrderAgain(t *testing.T) {
	r := client.NewOrder{MachineNo: "16327129", NotifyURL: "https://merchant.example/notify", TradeID: "800a7e9500d345c8987d3aafa412c77d",
		Lines: []client.Line{{ProductID: 131, Quantity: 2}}}
	for name, c := range map[string]struct {
		replies []reply
		lines   []client.Line
		err     error
	}{
		"ours":                {[]reply{broken, ok(exists), ok(order(r.TradeID))}, r.Lines, nil},
		"ours, after a limit": {[]reply{broken, {status: 429, body: limited}, ok(exists), ok(order(r.TradeID))}, r.Lines, nil},
		"fewer lines":         {[]reply{broken, ok(exists), ok(order(r.TradeID))}, append(r.Lines, r.Lines...), client.ErrTradeIDExists},
		"another trade_id":    {[]reply{broken, ok(exists), ok(order("another-order-of-ours"))}, r.Lines, client.ErrTradeIDExists},
		"of a pickup code": {[]reply{broken, ok(exists), ok(strings.Replace(order(r.TradeID), `"status"`, `"pickup_code_id":1,"status"`, 1))},
			r.Lines, client.ErrTradeIDExists},
		"other lines":           {[]reply{broken, ok(exists), ok(order(r.TradeID))}, []client.Line{{ProductID: 131, Quantity: 1}}, client.ErrTradeIDExists},
		"of an older call":      {[]reply{ok(exists)}, r.Lines, client.ErrTradeIDExists},
		"the limit is no doubt": {[]reply{{status: 429, body: limited}, ok(exists)}, r.Lines, client.ErrTradeIDExists},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{replies: c.replies}
				r := r
				r.Lines = c.lines
				id, err := newClient(t, config(p)).CreateOrder(t.Context(), r)
				if !errors.Is(err, c.err) || (err == nil) != (id == 60) || len(p.sent) != len(c.replies) {
					t.Errorf("order %d, %d requests, error %v", id, len(p.sent), err)
				}
			})
		})
	}
}

// The pauses are bounded, and each attempt is signed with its own time.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{replies: []reply{broken}}
		cfg := config(p)
		start := time.Now()
		cfg.Attempts, cfg.Clock = 10, func() time.Time { return now().Add(time.Since(start)) }
		_, err := newClient(t, cfg).Categories(t.Context(), "16327129")
		if took := time.Since(start); err == nil || len(p.sent) != 10 || took < 55500*time.Millisecond || took > 61250*time.Millisecond {
			t.Errorf("%d requests in %v, error %v", len(p.sent), took, err)
		}
		first, _ := p.sent[0].payload(t).Timestamp()
		if last, _ := p.sent[9].payload(t).Timestamp(); last-first < 55 {
			t.Errorf("signed at %d and %d", first, last)
		}
	})
}

// The end of the context ends a call and its pauses.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{replies: []reply{broken}}
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := newClient(t, config(p)).Ping(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 250*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
