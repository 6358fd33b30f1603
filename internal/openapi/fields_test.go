package openapi_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// kind is what a field takes (openapi.md §2 and the tables of §7).
type kind int

const (
	digitText kind = iota // decimal text without a range, such as machine_no
	integer               // a number from 1
	flagField             // 0 or 1
	words                 // any text
)

// raw is JSON that is sent as it stands.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// badValues are values of a kind that 10001 answers, by reason.
func badValues(k kind, required bool) map[string][]any {
	out := map[string][]any{"type": {true, false, raw("[]"), raw("{}"), raw(`["1"]`), raw(`{"a":1}`)}}
	if required {
		out["required"] = []any{omit, "", nil}
	}
	if k == words {
		out["type"] = append(out["type"], 1, raw("1.5"))
		out["format"] = []any{"\x00", "A\x00", "https://merchant.example/\x00"} // no engine may differ
		return out
	}
	out["format"] = []any{"x", " 1", "1 ", "+1", "-1", -1, raw("1.5"), raw("1e3"), "1.0", "0x1", "１", "٣", "1\x00", "1,2", "null"}
	switch k {
	case integer:
		out["range"] = []any{"0", 0, "00", strings.Repeat("9", 19), strings.Repeat("9", 400)}
	case flagField:
		out["range"] = []any{"2", 2, "10", strings.Repeat("1", 19)}
	}
	return out
}

// Every field of every endpoint, with everything that is wrong with it alone.
func TestFields(t *testing.T) {
	type field struct {
		name     string
		kind     kind
		required bool
	}
	machineNo := field{"machine_no", digitText, true}
	for _, e := range []struct {
		name   string
		call   call
		fields []field
	}{
		{"products", post("/products", fields{}), []field{
			machineNo, {"page", integer, false}, {"per_page", integer, false}, {"select_all", flagField, false},
			{"cabinet_name", words, false}, {"addr", integer, false}, {"category_id", digitText, false},
		}},
		{"product codes", post("/products/131/pickup_code", fields{}), []field{machineNo}},
		{"issue", post("/pickup_codes", fields{"method": "pickup_code.product.id", "product_id": "131"}), []field{
			machineNo, {"product_id", integer, true},
		}},
		{"issue for all", post("/pickup_codes", fields{"method": "pickup_code.product.all"}), []field{machineNo}},
		{"cancel", put("/pickup_codes", fields{"method": "pickup_code.delete.id", "id": "1"}), []field{
			machineNo, {"id", integer, true},
		}},
		{"cancel all", put("/pickup_codes", fields{"method": "pickup_code.delete.all"}), []field{machineNo}},
		{"consume", post("/consumes", consumption), []field{
			machineNo, {"code", digitText, true}, {"product_id", integer, true}, {"notify_url", words, true},
		}},
		{"order", post("/orders/1", fields{}), []field{machineNo}},
		{"start delivery", post("/deliveries", fields{"method": "device.delivery.put", "order_id": "1", "record_id": "1"}), []field{
			machineNo, {"order_id", integer, true}, {"record_id", integer, true}, {"force", flagField, false},
		}},
		{"delivery", post("/deliveries/1714353600000001", fields{}), []field{machineNo}},
		{"floors", post("/floors", fields{}), []field{machineNo}},
		{"categories", post("/categories", fields{}), []field{machineNo}},
		{"banners", post("/banners", fields{}), []field{machineNo}},
		{"update order", put("/orders/1", fields{"status": "1"}), []field{machineNo}},
		{"test delivery", post("/deliveries/debug", fields{"method": "device.delivery.put", "channel_name": "A1", "notify_url": "https://merchant.example/"}), []field{
			machineNo, {"channel_name", words, true}, {"notify_url", words, true},
		}},
		{"replenish", replenishment(fields{"current_inventory": "5"}), []field{
			machineNo, {"product_id", integer, true}, {"current_inventory", digitText, false}, {"max_total", digitText, false},
		}},
		{"replenish category", replenishCategory(nil), []field{
			machineNo, {"category_id", integer, true}, {"current_inventory", digitText, false}, {"max_total", digitText, false},
			{"cabinet_name", words, false}, {"addr", integer, false},
		}},
		{"replenish all", post("/replenishments", fields{"method": "replenishment.machine.all"}), []field{
			machineNo, {"cabinet_name", words, false}, {"addr", integer, false},
		}},
	} {
		t.Run(e.name, func(t *testing.T) {
			a := newAPI(t)
			before := a.snapshot(t)
			e.call.payload = fields{"machine_no": "16327129"}.with().with(pairs(e.call.payload)...)
			for _, f := range e.fields {
				for why, values := range badValues(f.kind, f.required) {
					for _, value := range values {
						c := e.call
						c.payload = c.payload.with(f.name, value)
						got := a.do(t, c)
						wantRefusal(t, got, 10001, reason(f.name, why))
						if t.Failed() {
							t.Fatalf("%s = %v", f.name, value)
						}
					}
				}
			}
			a.wantUnchanged(t, before)
		})
	}
}

func pairs(f fields) []any {
	out := []any{}
	for name, value := range f {
		out = append(out, name, value)
	}
	return out
}

// What has a code of its own instead of 10001.
func TestOwnCodes(t *testing.T) {
	a := newAPI(t)
	issue := fields{"machine_no": "16327129", "method": "pickup_code.product.id", "product_id": "131"}
	bad := []any{true, raw("[]"), raw("{}"), "x", "-1", -1, "+7", " 7", raw("7.0"), raw("7e0"), "７", strings.Repeat("9", 30)}
	before := a.snapshot(t)
	for _, test := range []struct {
		field  string
		code   int
		values []any
	}{
		{"code_length", 10031, append(bad, "5", 5, "11", 11, "0")},
		{"count", 10033, append(bad, "0", 0)},
		{"expired_at", 10032, []any{
			true, raw("[]"), raw("{}"), 1735660799, raw("1.5"), "x", "2024-12-31", "2024-12-31T23:59:59", "2024-12-31 23:59",
			"2024-12-31 24:00:00", "2024-12-31 23:59:60", "2024-02-30 00:00:00", "2023-02-29 00:00:00", "2024-13-01 00:00:00",
			"2024-1-1 00:00:00", " 2024-12-31 23:59:59", "2024-12-31 23:59:59Z", "2024-12-31 23:59:59.5", "0000-00-00 00:00:00",
			"2024-04-29 09:20:55", "2024-04-29 09:20:54", "1970-01-01 00:00:00", "99999-01-01 00:00:00", "1735660799000",
		}},
	} {
		for _, value := range test.values {
			wantRefusal(t, a.do(t, post("/pickup_codes", issue.with(test.field, value))), test.code, "")
			if t.Failed() {
				t.Fatalf("%s = %v", test.field, value)
			}
		}
	}
	for _, value := range []any{
		omit, "", nil, true, raw("[]"), raw("{}"), "1234567890123456789", strings.Repeat("a", 33), "800a7e95-00d3-45c8-987d-3aafa412c77", "800a7e95-00d3-45c8-987d-3aafa412c77dd",
		"800a7e9500d3-45c8-987d-3aafa412c77d-", "g00a7e95-00d3-45c8-987d-3aafa412c77d", "12345678901234567890!", "1234567890123456789 ", "号12345678901234567890",
		"\x10\x1100a7e5-00d3-45c8-987d-3aafa412c77d", "1234567890\x001234567890", raw("1234567890123456789"), raw("-12345678901234567890"),
		raw("1e1234567890123456789"), raw("1.2345678901234567890"), raw(strings.Repeat("1", 33)),
	} {
		wantRefusal(t, a.do(t, post("/consumes", consumption.with("trade_id", value))), 40001, "")
		if t.Failed() {
			t.Fatalf("trade_id = %v", value)
		}
	}
	a.wantUnchanged(t, before)
}

// Fields whose ranges are not those of a kind.
func TestRanges(t *testing.T) {
	a := newAPI(t)
	products := fields{"machine_no": "16327129"}
	consumes := consumption
	before := a.snapshot(t)
	for _, test := range []struct {
		call       call
		field, why string
	}{
		{post("/products", products.with("machine_no", strings.Repeat("1", 21))), "machine_no", "format"},
		{post("/products", products.with("per_page", "101")), "per_page", "range"},
		{post("/products", products.with("addr", "9")), "addr", "range"},
		{post("/products", products.with("cabinet_name", "a")), "cabinet_name", "format"},
		{post("/products", products.with("cabinet_name", "AA")), "cabinet_name", "format"},
		{post("/products", products.with("cabinet_name", "Ä")), "cabinet_name", "format"},
		{post("/products", products.with("cabinet_name", "@")), "cabinet_name", "format"},
		{post("/products", products.with("cabinet_name", "A", "addr", "1")), "cabinet_name", "conflict"},
		{post("/products", products.with("cabinet_name", "A", "addr", "2", "select_all", "1")), "cabinet_name", "conflict"},
		{post("/consumes", consumes.with("code", "12345")), "code", "format"},
		{post("/consumes", consumes.with("code", "12345678901")), "code", "format"},
		{post("/consumes", consumes.with("notify_url", "merchant.example/notify")), "notify_url", "url_scheme"},
		{post("/consumes", consumes.with("notify_url", "javascript:alert(1)")), "notify_url", "url_scheme"},
		{post("/consumes", consumes.with("notify_url", "https://")), "notify_url", "format"},
		{post("/consumes", consumes.with("notify_url", "https://merchant.example/"+strings.Repeat("a", 512-24))), "notify_url", "format"},
		{post("/consumes", consumes.with("notify_url", "https://merchant.example/\n")), "notify_url", "format"},
		{post("/consumes", consumes.with("notify_url", "https://localhost/")), "notify_url", "url_forbidden_target"},
		{post("/consumes", consumes.with("notify_url", "https://10.1.2.3/")), "notify_url", "url_forbidden_target"},
		{post("/consumes", consumes.with("notify_url", "https://[::1]/")), "notify_url", "url_forbidden_target"},
		{post("/consumes", consumes.with("notify_url", "https://[::ffff:192.168.0.1]/")), "notify_url", "url_forbidden_target"},
		{post("/consumes", consumes.with("notify_url", "https://[64:ff9b::a00:1]/")), "notify_url", "url_forbidden_target"},
	} {
		wantRefusal(t, a.do(t, test.call), 10001, reason(test.field, test.why))
		if t.Failed() {
			t.Fatalf("%v", test.call.payload)
		}
	}
	a.wantUnchanged(t, before)

	// The longest that is allowed: 512 characters, also of more than one byte.
	for i, url := range []string{
		"https://merchant.example/" + strings.Repeat("a", 512-25),
		"https://merchant.example/" + strings.Repeat("货", 512-25),
	} {
		code := []string{"5288640", "5288641"}[i]
		a.AddCode(t, code, 131, 0)
		wantOK(t, a.do(t, post("/consumes", consumes.with("notify_url", url, "code", code, "trade_id", "2024042900000000000"+code[6:]))))
	}
}

// Where digits are expected a JSON number will do, and "" and null are the same
// as absent (openapi.md §2).
func TestNumbersAsFields(t *testing.T) {
	a := newAPI(t)
	wantOK(t, a.do(t, post("/pickup_codes", fields{
		"machine_no": 16327129, "method": "pickup_code.product.id", "product_id": 131, "code_length": 7, "count": 2, "quantity": 5,
	})))
	codes := a.column(t, "SELECT code FROM pickup_codes ORDER BY id")
	if len(codes) != 2 || len(codes[0]) != 7 {
		t.Fatalf("codes %q", codes)
	}
	if q := a.column(t, "SELECT DISTINCT quantity FROM pickup_codes"); len(q) != 1 || q[0] != "1" {
		t.Errorf("quantities %q: the field is a placeholder", q)
	}
	wantOK(t, a.do(t, post("/pickup_codes", fields{
		"machine_no": "16327129", "method": "pickup_code.product.id", "product_id": "131", "code_length": "", "count": nil, "expired_at": "",
	})))
	if codes := a.column(t, "SELECT code FROM pickup_codes WHERE LENGTH(code) = 6"); len(codes) != 1 {
		t.Errorf("defaults made %d codes of 6 digits, want 1", len(codes))
	}
	wantOK(t, a.do(t, post("/consumes", consumption.with(
		"code", raw(codes[0]), "machine_no", 16327129, "product_id", 131, "trade_id", raw("20240429000000000001"), "timestamp", 1714353655,
	))))
	wantOK(t, a.do(t, post("/orders/20240429000000000001", fields{"machine_no": 16327129})))
	wantOK(t, a.do(t, post("/deliveries", fields{
		"machine_no": 16327129, "method": "device.delivery.put", "order_id": 1, "record_id": 1, "force": nil,
	})))
	wantOK(t, a.do(t, put("/pickup_codes", fields{"machine_no": 16327129, "method": "pickup_code.delete.id", "id": 2})))
	if state := a.column(t, "SELECT state FROM pickup_codes WHERE id = 2"); state[0] != "CANCELLED" {
		t.Errorf("code is %s", state[0])
	}
}
