package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
)

// drive redeems and dispenses all codes of one machine, one after the other, the
// way a merchant's backend would: it asks again until it has an answer.
func (c *chaos) drive(m fleetsim.Identity) {
	for n := range chaosCodes {
		order, record := c.redeem(m, n)
		if order == "" || !c.dispense(m, n, order, record) {
			return // reported already
		}
		c.accepted.Add(1)
		select {
		case c.progress <- struct{}{}:
		default:
		}
	}
}

// redeem consumes a code and returns order and record. A repeat that answers
// 10025 with the order is a success (consume.md §6).
func (c *chaos) redeem(m fleetsim.Identity, n int) (order, record string) {
	trade := "chaos-" + m.MachineNo + "-" + strconv.Itoa(n) + "-000000"
	var orderID int64
	ok := c.insist(m, "redeem "+trade, "/consumes", map[string]any{
		"machine_no": m.MachineNo, "method": "event.consume.pickup_code", "code": chaosCode(n),
		"product_id": strconv.Itoa(c.product(m, n)), "notify_url": c.sink.server.URL, "trade_id": trade,
	}, func(a answer) bool {
		var got struct {
			OrderID int64 `json:"order_id"`
		}
		c.repair(m, n, a)
		if a.Code != 0 && a.Code != 10025 || json.Unmarshal(a.Data, &got) != nil {
			return false
		}
		orderID = got.OrderID
		return orderID != 0
	})
	if !ok {
		return "", ""
	}
	var recordID int64
	ok = c.insist(m, "look up "+trade, "/orders/"+trade, map[string]any{"machine_no": m.MachineNo}, func(a answer) bool {
		var got struct {
			Records []struct {
				ID int64 `json:"id"`
			} `json:"records"`
		}
		if a.Code != 0 || json.Unmarshal(a.Data, &got) != nil || len(got.Records) != 1 {
			return false
		}
		recordID = got.Records[0].ID
		return true
	})
	if !ok {
		return "", ""
	}
	return strconv.FormatInt(orderID, 10), strconv.FormatInt(recordID, 10)
}

// dispense has a record dispensed. A repeat that answers 40008 was accepted
// before.
func (c *chaos) dispense(m fleetsim.Identity, n int, order, record string) bool {
	return c.insist(m, "dispense "+record, "/deliveries", map[string]any{
		"machine_no": m.MachineNo, "method": "device.delivery.put", "order_id": order, "record_id": record,
	}, func(a answer) bool {
		c.repair(m, n, a)
		return a.Code == 0 || a.Code == 40008
	})
}

// repair is somebody who clears a faulty channel and says so at the machine. It
// may be off at the moment; then the next answer has it repeated.
func (c *chaos) repair(m fleetsim.Identity, n int, a answer) {
	if a.Code == 60006 {
		_ = c.fleet.Publish(c.t.Context(), m.MachineNo, "client.channel.status.put", map[string]string{
			"product_id": strconv.Itoa(c.product(m, n)), "floor_status": "1",
		})
	}
}

// product is the one a machine's nth code is for.
func (c *chaos) product(m fleetsim.Identity, n int) int {
	no, _ := strconv.Atoi(m.MachineNo)
	first, _ := strconv.Atoi(c.machines[0].MachineNo)
	return chaosProduct(no-first, n%chaosChannels)
}

// insist repeats a call until accept takes its answer. The pause between two
// calls is a client's back-off: server and machine may be away for seconds.
func (c *chaos) insist(m fleetsim.Identity, what, path string, payload map[string]any, accept func(answer) bool) bool {
	ctx, cancel := context.WithTimeout(c.t.Context(), 4*time.Minute)
	defer cancel()
	pause := time.NewTicker(250 * time.Millisecond)
	defer pause.Stop()
	var last answer
	var err error
	for {
		r := ready{URL: c.address.Load().http}
		r.Merchant.AppID, r.Merchant.AppSecret, r.Merchant.AppKey = "vmchaos", "chaos-secret", m.AppKey
		if last, err = r.call(ctx, http.MethodPost, path, payload); err == nil && accept(last) {
			return true
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			info, _ := c.fleet.Machine(m.MachineNo)
			c.t.Errorf("machine %s: %s: last answer %d %s, %v; machine %+v", m.MachineNo, what, last.Code, last.Data, err, info)
			return false
		}
	}
}

// chaosSink is the merchant's notify_url.
type chaosSink struct {
	server *httptest.Server

	mu      sync.Mutex
	results map[string]map[bool]int // by delivery_id, then success
	bad     []string
}

func newChaosSink(t *testing.T) *chaosSink {
	s := &chaosSink{results: map[string]map[bool]int{}}
	s.server = httptest.NewServer(http.HandlerFunc(s.take))
	t.Cleanup(s.server.Close)
	return s
}

func (s *chaosSink) take(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	var got result
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || json.Unmarshal(body, &got) != nil || got.deliveryID == "" {
		s.bad = append(s.bad, string(body))
		return
	}
	if s.results[got.deliveryID] == nil {
		s.results[got.deliveryID] = map[bool]int{}
	}
	s.results[got.deliveryID][got.success]++
}
