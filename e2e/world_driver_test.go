package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
)

// callLimit is how long the platform may take for an answer, whatever has
// happened to its database: 20 s of waiting, 3 s for a commit, and air.
const callLimit = 30 * time.Second

// driveAll has all codes redeemed and dispensed, on every machine one after the
// other. done is closed at the end.
func (w *world) driveAll() (done <-chan struct{}) {
	var drivers sync.WaitGroup
	for _, m := range w.machines {
		drivers.Go(func() {
			for n := range w.size.codes {
				if !w.drive(m, n) {
					return // reported already
				}
			}
		})
	}
	return ending(&drivers)
}

// driveOnce has one more code redeemed and dispensed on every machine.
func (w *world) driveOnce(n int) (done <-chan struct{}) {
	var drivers sync.WaitGroup
	for _, m := range w.machines {
		drivers.Go(func() { w.drive(m, n) })
	}
	return ending(&drivers)
}

func ending(drivers *sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		drivers.Wait()
		close(done)
	}()
	return done
}

// drive redeems and dispenses the nth code of one machine the way a merchant's
// backend would: it asks again until it has an answer.
func (w *world) drive(m fleetsim.Identity, n int) bool {
	w.slots <- struct{}{}
	defer func() { <-w.slots }()
	code := worldCode(n)
	if !w.size.given || n >= w.size.codes {
		if code = w.issue(m, n); code == "" {
			return false
		}
	}
	order, record := w.redeem(m, n, code)
	if order == "" || !w.dispense(m, n, order, record) {
		return false
	}
	w.accepted.Add(1)
	select {
	case w.progress <- struct{}{}:
	default:
	}
	return true
}

// issue makes a code and looks it up. A repeat makes another one, which is left
// unused: the call is not idempotent (openapi.md §7.8).
func (w *world) issue(m fleetsim.Identity, n int) (code string) {
	product := strconv.Itoa(w.product(m, n))
	ok := w.insist(m, "issue a code", "/pickup_codes", map[string]any{
		"machine_no": m.MachineNo, "method": "pickup_code.product.id", "product_id": product, "code_length": "10",
	}, func(a answer) bool { return a.Code == 0 })
	if !ok {
		return ""
	}
	w.insist(m, "list codes", "/products/"+product+"/pickup_code", map[string]any{"machine_no": m.MachineNo}, func(a answer) bool {
		var rows []struct {
			Code string `json:"code"`
		}
		if a.Code != 0 || json.Unmarshal(a.Data, &rows) != nil || len(rows) == 0 {
			return false
		}
		code = rows[0].Code
		return true
	})
	return code
}

// redeem consumes a code and returns order and record. A repeat that answers
// 10025 with the order is a success (consume.md §6).
func (w *world) redeem(m fleetsim.Identity, n int, code string) (order, record string) {
	trade := "world-" + m.MachineNo + "-" + strconv.Itoa(n) + "-000000"
	var orderID int64
	ok := w.insist(m, "redeem "+trade, "/consumes", map[string]any{
		"machine_no": m.MachineNo, "method": "event.consume.pickup_code", "code": code,
		"product_id": strconv.Itoa(w.product(m, n)), "notify_url": w.sink.server.URL, "trade_id": trade,
	}, func(a answer) bool {
		var got struct {
			OrderID int64 `json:"order_id"`
		}
		w.repair(m, n, a)
		if a.Code != 0 && a.Code != 10025 || json.Unmarshal(a.Data, &got) != nil {
			return false
		}
		orderID = got.OrderID
		return orderID != 0
	})
	if !ok {
		return "", ""
	}
	w.mu.Lock()
	w.redeemed[trade] = orderID
	w.mu.Unlock()
	var recordID int64
	ok = w.insist(m, "look up "+trade, "/orders/"+trade, map[string]any{"machine_no": m.MachineNo}, func(a answer) bool {
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
func (w *world) dispense(m fleetsim.Identity, n int, order, record string) bool {
	return w.insist(m, "dispense "+record, "/deliveries", map[string]any{
		"machine_no": m.MachineNo, "method": "device.delivery.put", "order_id": order, "record_id": record,
	}, func(a answer) bool {
		w.repair(m, n, a)
		return a.Code == 0 || a.Code == 40008
	})
}

// repair is somebody who clears a faulty channel and says so at the machine. It
// may be off at the moment; then the next answer has it repeated.
func (w *world) repair(m fleetsim.Identity, n int, a answer) {
	if a.Code == 60006 {
		_ = w.fleet.Publish(w.t.Context(), m.MachineNo, "client.channel.status.put", map[string]string{
			"product_id": strconv.Itoa(w.product(m, n)), "floor_status": "1",
		})
	}
}

// product is the one a machine's nth code is for.
func (w *world) product(m fleetsim.Identity, n int) int {
	no, _ := strconv.Atoi(m.MachineNo)
	first, _ := strconv.Atoi(w.machines[0].MachineNo)
	return worldProduct(no-first, n%worldChannels)
}

// insist repeats a call until accept takes its answer. The pause between two
// calls is a client's back-off, from 1/8 s to 2 s: server and machine may be
// away for seconds.
func (w *world) insist(m fleetsim.Identity, what, path string, payload map[string]any, accept func(answer) bool) bool {
	ctx, cancel := context.WithTimeout(w.t.Context(), 4*time.Minute)
	defer cancel()
	var last answer
	var err error
	for pause := time.Second / 8; ; pause = min(2*pause, 2*time.Second) {
		if last, err = w.call(ctx, m, path, payload); err == nil && accept(last) {
			return true
		}
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			w.t.Errorf("machine %s: %s: no answer within %v", m.MachineNo, what, callLimit)
			return false
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			info, _ := w.fleet.Machine(m.MachineNo)
			w.t.Errorf("machine %s: %s: last answer %d %s, %v; machine %+v", m.MachineNo, what, last.Code, last.Data, err, info)
			return false
		}
	}
}

func (w *world) call(ctx context.Context, m fleetsim.Identity, path string, payload map[string]any) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	r := ready{URL: w.api()}
	r.Merchant.AppID, r.Merchant.AppSecret, r.Merchant.AppKey = "vmworld", "world-secret", m.AppKey
	return r.call(ctx, http.MethodPost, path, payload)
}
