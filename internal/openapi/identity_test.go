package openapi_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
)

const (
	bare     = "800a7e9500d345c8987d3aafa412c77d"
	upper    = "800A7E9500D345C8987D3AAFA412C77D"
	dashed   = "800a7e95-00d3-45c8-987d-3aafa412c77d"
	dashedUp = "800A7E95-00D3-45C8-987D-3AAFA412C77D"
)

// consume.md §2: what consumes shows, what the order query shows, and which
// forms are one order number.
func TestTradeIDForms(t *testing.T) {
	for _, test := range []struct{ sent, shown string }{
		{bare, dashed},
		{upper, dashed},
		{dashed, dashed},
		{dashedUp, dashed},
		{"20240429000000000001", "20240429000000000001"},
		{"Order_No-2024-04-29.x"[:19] + "xX", "Order_No-2024-04-29xX"},
		{"800a7e95-00d3-45c8-987d-3aafa412", "800a7e95-00d3-45c8-987d-3aafa412"}, // 32 characters, but not all hex
		{strings.Repeat("z", 32), strings.Repeat("z", 32)},
		{strings.Repeat("0", 31), strings.Repeat("0", 31)},
	} {
		t.Run(test.sent, func(t *testing.T) {
			a := newAPI(t)
			a.AddCode(t, "5288640", 131, 0)
			a.AddCode(t, "5288641", 131, 0)
			got := a.do(t, post("/consumes", consumption.with("trade_id", test.sent)))
			if !strings.Contains(got.body, `"trade_id":"`+test.shown+`"`) {
				t.Errorf("consumes shows %s, want %s", got.body, test.shown)
			}
			got = a.do(t, post("/orders/1", fields{"machine_no": "16327129"}))
			if !strings.Contains(got.body, `"trade_id":"`+test.sent+`"`) {
				t.Errorf("the order query shows %s, want %s", got.body, test.sent)
			}
			if test.shown != dashed {
				wantOK(t, a.do(t, post("/orders/"+test.sent, fields{"machine_no": "16327129"})))
				return
			}
			for _, form := range []string{bare, upper, dashed, dashedUp} {
				wantOK(t, a.do(t, post("/orders/"+form, fields{"machine_no": "16327129"})))
				same := a.do(t, post("/consumes", consumption.with("trade_id", form)))
				wantRefusal(t, same, 10025, `{"order_id":1}`)
				other := a.do(t, post("/consumes", consumption.with("trade_id", form, "code", "5288641")))
				wantRefusal(t, other, 40002, `{"order_id":1}`)
			}
		})
	}
}

func TestTradeIDCaseMattersUnlessHex(t *testing.T) {
	a := newAPI(t)
	for i, tradeID := range []string{"Order-0000000000000A", "order-0000000000000a"} {
		code := fmt.Sprint(5288640 + i)
		a.AddCode(t, code, 131, 0)
		wantOK(t, a.do(t, post("/consumes", consumption.with("trade_id", tradeID, "code", code))))
	}
	wantRefusal(t, a.do(t, post("/orders/ORDER-0000000000000A", fields{"machine_no": "16327129"})), 80002, "")
}

// A trade_id is unique within a merchant, not beyond.
func TestTradeIDScope(t *testing.T) {
	a := newAPI(t)
	a.rivalOnline(t)
	a.AddCode(t, "5288640", 131, 0)
	wantOK(t, a.do(t, post("/consumes", consumption)))
	a.addRivalCode(t, "5288640")
	c := post("/consumes", consumption.with("machine_no", rivalMachine, "product_id", "231"))
	c.by = rival
	wantOK(t, a.do(t, c))
	if n := len(a.column(t, "SELECT * FROM orders")); n != 2 {
		t.Errorf("%d orders, want 2", n)
	}
}

// The table of consume.md §6.
func TestIdempotency(t *testing.T) {
	used := func(t *testing.T) *api {
		t.Helper()
		a := goldenAPI(t)
		wantOK(t, a.do(t, post("/consumes", consumption)))
		return a
	}
	const isUsed = `{"order_id":60}`
	for _, test := range []struct {
		name    string
		payload fields
		code    int
	}{
		{"same code, same trade_id", consumption, 10025},
		{"same code, other trade_id", consumption.with("trade_id", "20240429000000000001"), 10025},
		{"other code, same trade_id", consumption.with("code", "5288641"), 40002},
		{"unknown code, same trade_id", consumption.with("code", "999999"), 40002},
		{"dashed instead of undashed", consumption.with("trade_id", dashed), 10025},
		{"other product", consumption.with("product_id", "132"), 10025},
		{"unknown product", consumption.with("product_id", "999"), 10025},
		{"other notify_url", consumption.with("notify_url", "https://other.example/"), 10025},
		{"other machine, same trade_id", consumption.with("machine_no", "16327130"), 40002},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := used(t)
			before := a.snapshot(t)
			wantRefusal(t, a.do(t, post("/consumes", test.payload)), test.code, isUsed)
			a.wantUnchanged(t, before)
		})
	}

	t.Run("after a failed first try", func(t *testing.T) {
		a := goldenAPI(t)
		a.Online(t, false)
		wantRefusal(t, a.do(t, post("/consumes", consumption)), 30002, "")
		a.Online(t, true)
		wantOK(t, a.do(t, post("/consumes", consumption)))
	})

	t.Run("two at the same time", func(t *testing.T) {
		a := goldenAPI(t)
		answers := make([]answer, 8)
		var wg sync.WaitGroup
		for i := range answers {
			r := a.request(t, post("/consumes", consumption))
			wg.Go(func() { answers[i] = a.send(r) })
		}
		wg.Wait()
		won := 0
		for _, got := range answers {
			if strings.HasPrefix(got.body, `{"code":0,`) {
				won++
				continue
			}
			wantRefusal(t, got, 10025, isUsed)
		}
		if won != 1 {
			t.Errorf("%d succeeded, want 1", won)
		}
	})

	t.Run("used at the machine, order not uploaded yet", func(t *testing.T) {
		a := goldenAPI(t)
		a.exec(t, "UPDATE pickup_codes SET state = 'USED' WHERE id = 1")
		before := a.snapshot(t)
		wantRefusal(t, a.do(t, post("/consumes", consumption)), 10025, "")
		a.wantUnchanged(t, before)
	})

	t.Run("the newest row of a value counts", func(t *testing.T) {
		a := used(t)
		a.AddCode(t, "5288640", 131, 0)
		got := a.do(t, post("/consumes", consumption.with("trade_id", "20240429000000000001")))
		wantOK(t, got)
		// The first order is still the answer to its own trade_id.
		wantRefusal(t, a.do(t, post("/consumes", consumption)), 10025, isUsed)
	})
}

// The order's date is the date in the machine's zone; machines without one, or
// with one nobody knows, use the default (openapi.md §2).
func TestMachineZone(t *testing.T) {
	for _, test := range []struct{ zone, date string }{
		{"", "2024-04-29"},
		{"Asia/Shanghai", "2024-04-29"},
		{"America/Los_Angeles", "2024-04-28"},
		{"Pacific/Kiritimati", "2024-04-29"},
		{"Nowhere/Atlantis", "2024-04-29"},
	} {
		t.Run(test.zone, func(t *testing.T) {
			a := goldenAPI(t)
			a.exec(t, "UPDATE machines SET timezone = $1 WHERE id = 1", test.zone)
			got := a.do(t, post("/consumes", consumption))
			if !strings.Contains(got.body, `"date":"`+test.date+`"`) {
				t.Errorf("answer %s, want date %s", got.body, test.date)
			}
		})
	}
}

// A code is valid while now < expired_at (openapi.md §6.1).
func TestCodeExpiry(t *testing.T) {
	a := newAPI(t)
	now := a.Now().UnixMilli()
	a.AddCode(t, "1000001", 131, now+1)
	a.AddCode(t, "1000002", 131, now)
	a.AddCode(t, "1000003", 131, now-1)
	wantOK(t, a.do(t, post("/consumes", consumption.with("code", "1000001"))))
	for _, code := range []string{"1000002", "1000003"} {
		wantRefusal(t, a.do(t, post("/consumes", consumption.with("code", code, "trade_id", "20240429000000000001"))), 10026, "")
	}
}

func (a *api) rivalOnline(t testing.TB) {
	t.Helper()
	a.exec(t, "UPDATE presence SET is_online = TRUE WHERE machine_id = (SELECT id FROM machines WHERE machine_no = $1)", rivalMachine)
}

func (a *api) addRivalCode(t testing.TB, code string) {
	t.Helper()
	a.exec(t, `INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
		SELECT id, 231, $1, 1, 'UNUSED', 1714353655000, 0, 0, 0, '' FROM machines WHERE machine_no = $2`, code, rivalMachine)
}

// Whatever belongs to another merchant answers to the byte as if it were not
// there (errors.md §1).
func TestTenants(t *testing.T) {
	a := newAPI(t)
	a.rivalOnline(t)
	a.addRivalCode(t, "7777777")
	a.addRivalCode(t, "7777778")
	c := post("/consumes", consumption.with("machine_no", rivalMachine, "product_id", "231", "code", "7777778", "trade_id", "20240429000000000001"))
	c.by = rival
	wantOK(t, a.do(t, c))
	c = post("/deliveries", fields{"machine_no": rivalMachine, "method": "device.delivery.put", "order_id": "1", "record_id": "1"})
	c.by = rival
	wantOK(t, a.do(t, c))
	delivery := a.column(t, "SELECT id FROM deliveries")[0]
	a.AddCode(t, "5288640", 131, 0)
	// An order of the caller's own: order 2 with record 2. The rival has a
	// category and a channel name that the caller's machine does not have.
	wantOK(t, a.order(t, fields{"trade_id": "20240429000000000011"}))
	wantOK(t, a.do(t, setStatus("2", "1")))
	a.exec(t, "INSERT INTO categories (id, machine_id, title, sort_id, is_visible) SELECT 7, id, 'tea', 0, TRUE FROM machines WHERE machine_no = $1", rivalMachine)
	a.exec(t, "UPDATE channels SET name = 'R1' WHERE machine_id = (SELECT id FROM machines WHERE machine_no = $1) AND motor = 0", rivalMachine)

	own, theirs, nobody := "16327129", rivalMachine, "99999999"
	on := func(machineNo string) fields { return fields{"machine_no": machineNo} }
	issue := fields{"method": "pickup_code.product.id", "product_id": "231", "machine_no": own}
	cancel := fields{"method": "pickup_code.delete.id", "id": "1", "machine_no": own}
	start := fields{"method": "device.delivery.put", "order_id": "1", "record_id": "1", "machine_no": own}
	create := func(name string, value any) call { return unwrapped(newOrder(t, fields{name: value})) }
	product := func(id int) any { return raw(fmt.Sprintf(`[{"product_id":%d,"quantity":1}]`, id)) }
	status := func(machineNo, order string) call {
		return put("/orders/"+order, fields{"machine_no": machineNo, "status": "2"})
	}
	try := func(name string, value any) call {
		return post("/deliveries/debug", fields{
			"machine_no": own, "method": "device.delivery.put", "channel_name": "A1", "notify_url": "https://merchant.example/",
		}.with(name, value))
	}
	all := func(machineNo string) call {
		return post("/replenishments", fields{"machine_no": machineNo, "method": "replenishment.machine.all"})
	}
	covered := tenantRoutes()
	for _, test := range []struct {
		name            string
		theirs, missing call
		code            int
	}{
		{"machine", post("/rent/machines/"+theirs, nil), post("/rent/machines/"+nobody, nil), 30003},
		{"products", post("/products", on(theirs)), post("/products", on(nobody)), 30003},
		{"codes: machine", post("/products/231/pickup_code", on(theirs)), post("/products/231/pickup_code", on(nobody)), 30003},
		{"codes: product", post("/products/231/pickup_code", on(own)), post("/products/931/pickup_code", on(own)), 60001},
		{"issue: machine", post("/pickup_codes", issue.with("machine_no", theirs)), post("/pickup_codes", issue.with("machine_no", nobody)), 30003},
		{"issue: product", post("/pickup_codes", issue), post("/pickup_codes", issue.with("product_id", "931")), 60001},
		{"issue for all", post("/pickup_codes", fields{"method": "pickup_code.product.all", "machine_no": theirs}), post("/pickup_codes", fields{"method": "pickup_code.product.all", "machine_no": nobody}), 30003},
		{"cancel: machine", put("/pickup_codes", cancel.with("machine_no", theirs)), put("/pickup_codes", cancel.with("machine_no", nobody)), 30003},
		{"cancel: row", put("/pickup_codes", cancel), put("/pickup_codes", cancel.with("id", "931")), 80002},
		{"cancel all", put("/pickup_codes", fields{"method": "pickup_code.delete.all", "machine_no": theirs}), put("/pickup_codes", fields{"method": "pickup_code.delete.all", "machine_no": nobody}), 30003},
		{"consume: machine", post("/consumes", consumption.with("machine_no", theirs, "code", "7777777", "product_id", "231")), post("/consumes", consumption.with("machine_no", nobody)), 30003},
		{"consume: code", post("/consumes", consumption.with("code", "7777777")), post("/consumes", consumption.with("code", "999999")), 10024},
		{"consume: used code", post("/consumes", consumption.with("code", "7777778")), post("/consumes", consumption.with("code", "999999")), 10024},
		{"consume: product", post("/consumes", consumption.with("product_id", "231")), post("/consumes", consumption.with("product_id", "931")), 10028},
		{"consume: trade_id", post("/consumes", consumption.with("code", "999999", "trade_id", "20240429000000000001")), post("/consumes", consumption.with("code", "999999")), 10024},
		{"order: machine", post("/orders/1", on(theirs)), post("/orders/1", on(nobody)), 30003},
		{"order: id", post("/orders/1", on(own)), post("/orders/931", on(own)), 80002},
		{"order: trade_id", post("/orders/20240429000000000001", on(own)), post("/orders/20240429000000000931", on(own)), 80002},
		{"dispense: machine", post("/deliveries", start.with("machine_no", theirs)), post("/deliveries", start.with("machine_no", nobody)), 30003},
		{"dispense: order", post("/deliveries", start), post("/deliveries", start.with("order_id", "931")), 80002},
		{"delivery: machine", post("/deliveries/"+delivery, on(theirs)), post("/deliveries/"+delivery, on(nobody)), 30003},
		{"delivery: id", post("/deliveries/"+delivery, on(own)), post("/deliveries/1714353600000931", on(own)), 404},
		{"dispense: record", post("/deliveries", start.with("order_id", "2")), post("/deliveries", start.with("order_id", "2", "record_id", "931")), 80002},
		{"floors", post("/floors", on(theirs)), post("/floors", on(nobody)), 30003},
		{"categories", post("/categories", on(theirs)), post("/categories", on(nobody)), 30003},
		{"banners", post("/banners", on(theirs)), post("/banners", on(nobody)), 30003},
		{"new order: machine", create("machine_no", theirs), create("machine_no", nobody), 30003},
		{"new order: product", create("products", product(231)), create("products", product(931)), 60001},
		{"update: machine", status(theirs, "1"), status(nobody, "1"), 30003},
		{"update: id", status(own, "1"), status(own, "931"), 80002},
		{"update: trade_id", status(own, "20240429000000000001"), status(own, "20240429000000000931"), 80002},
		{"test: machine", try("machine_no", theirs), try("machine_no", nobody), 30003},
		{"test: channel", try("channel_name", "R1"), try("channel_name", "R931"), 60005},
		{"replenish: machine", replenishment(fields{"machine_no": theirs, "product_id": "231", "current_inventory": "1"}), replenishment(fields{"machine_no": nobody, "product_id": "231", "current_inventory": "1"}), 30003},
		{"replenish: product", replenishment(fields{"product_id": "231", "current_inventory": "1"}), replenishment(fields{"product_id": "931", "current_inventory": "1"}), 60001},
		{"replenish category: machine", replenishCategory(fields{"machine_no": theirs, "category_id": "7"}), replenishCategory(fields{"machine_no": nobody, "category_id": "7"}), 30003},
		{"replenish category: category", replenishCategory(fields{"category_id": "7"}), replenishCategory(fields{"category_id": "931"}), 80002},
		{"replenish all", all(theirs), all(nobody), 30003},
	} {
		t.Run(test.name, func(t *testing.T) {
			covered.note(a.request(t, test.theirs), test.theirs.payload["method"])
			before := a.snapshot(t)
			a.queries.Store(0)
			got := a.do(t, test.theirs)
			queries := a.queries.Swap(0)
			want := a.do(t, test.missing)
			if n := a.queries.Load(); n != queries {
				t.Errorf("theirs took %d queries, a missing one %d", queries, n)
			}
			if !strings.HasPrefix(want.body, fmt.Sprintf(`{"code":%d,`, test.code)) {
				t.Errorf("a missing one answers %s, want code %d", want.body, test.code)
			}
			got.body = strings.ReplaceAll(got.body, `"product_id":231`, `"product_id":931`)
			if got.status != want.status || got.body != want.body {
				t.Errorf("theirs: HTTP %d %s\nmissing: HTTP %d %s", got.status, got.body, want.status, want.body)
			}
			a.wantUnchanged(t, before, "wrong_codes")
		})
	}
	for route, done := range covered.seen {
		if !done {
			t.Errorf("%s was not tried with another merchant's ids", route)
		}
	}
}

// routesSeen are the routes that take an id, by method where there are several,
// and which of them a test has tried.
type routesSeen struct {
	mux  *http.ServeMux
	seen map[string]bool
}

func tenantRoutes() routesSeen {
	s := routesSeen{http.NewServeMux(), map[string]bool{}}
	for _, r := range openapi.Routes() {
		pattern := r.Verb + " " + openapi.Prefix + r.Path
		s.mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		if r.Path == "/ping" || r.Path == "/rent/machines" {
			continue // these take no id
		}
		if len(r.Methods) == 0 {
			s.seen[pattern] = false
		}
		for _, method := range r.Methods {
			s.seen[pattern+" "+method] = false
		}
	}
	return s
}

func (s routesSeen) note(r *http.Request, method any) {
	_, pattern := s.mux.Handler(r)
	if _, several := s.seen[fmt.Sprint(pattern, " ", method)]; several {
		pattern = fmt.Sprint(pattern, " ", method)
	}
	s.seen[pattern] = true
}

// The order and delivery of a machine that has moved to another merchant stay
// the caller's, and are nobody else's (openapi.md §3.2).
func TestMovedMachine(t *testing.T) {
	a := shopWithOrder(t)
	a.exec(t, "UPDATE machines SET merchant_id = 2 WHERE id = 1")
	on := fields{"machine_no": "16327129"}
	wantOK(t, a.do(t, post("/orders/1", on)))
	wantOK(t, a.do(t, post("/orders/20240429000000000001", on)))
	wantOK(t, a.do(t, post("/deliveries/1714353600000001", on)))
	wantRefusal(t, a.do(t, post("/orders/2", on)), 30003, "")
	wantRefusal(t, a.do(t, post("/deliveries/1714353600000002", on)), 30003, "")
	start := fields{"machine_no": "16327129", "method": "device.delivery.put", "order_id": "1", "record_id": "1"}
	for _, c := range []call{post("/orders/1", on), put("/orders/1", on.with("status", "2")), post("/deliveries", start)} {
		c.by = rival
		wantRefusal(t, a.do(t, c), 80002, "")
	}
	c := post("/deliveries/1714353600000001", on)
	c.by = rival
	wantAnswer(t, a.do(t, c), 200, `{"code":404,"message":"Not Found","data":{}}`)
	wantOK(t, a.do(t, post("/deliveries", start)))
	wantOK(t, a.do(t, put("/orders/1", on.with("status", "2"))))
	// New orders, replenishment and the rest are the new owner's.
	wantRefusal(t, a.order(t, nil), 30003, "")
	wantRefusal(t, a.do(t, replenishment(fields{"current_inventory": "1"})), 30003, "")
}

// A code that the former owner of a machine redeemed is nobody's code for the
// new one: neither its order nor that it was used may show (errors.md §1).
func TestMovedMachineHidesUsedCodes(t *testing.T) {
	a := newAPI(t)
	id := a.AddCode(t, "5288640", 131, 0)
	wantOK(t, a.do(t, post("/consumes", consumption)))
	a.exec(t, "UPDATE machines SET merchant_id = 2 WHERE id = 1")
	c := post("/consumes", consumption.with("trade_id", "20240429000000000099"))
	c.by = rival
	wantRefusal(t, a.do(t, c), 10024, "")
	c = put("/pickup_codes", fields{"machine_no": "16327129", "method": "pickup_code.delete.id", "id": strconv.FormatInt(id, 10)})
	c.by = rival
	wantRefusal(t, a.do(t, c), 80002, "")
}

// allow_private permits every target (consume.md §9.6).
func TestPrivateCallbacks(t *testing.T) {
	a := newAPI(t, func(c *openapi.Config) { c.AllowPrivateCallbacks = true })
	a.AddCode(t, "5288640", 131, 0)
	wantOK(t, a.do(t, post("/consumes", consumption.with("notify_url", "http://127.0.0.1:9/notify"))))
}
