package openapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
)

// Every answer is as api/openapi.yaml says, for every operation and method, and
// every code that the document lists for an operation is one it can answer.
func TestSpecAnswers(t *testing.T) {
	doc, seen := specLoad(t), map[string]map[int]bool{}
	stages := map[string]func(*testing.T, *specAPI){
		"common refusals": specCommonRefusals,
		"fields":          specFieldRefusals,
		"store gone":      specStoreGone,
		"unknown route":   specUnknownRoute,
		"english":         specEnglish,
		"shop window":     specShopWindow,
		"codes":           specCodes,
		"consumes":        specConsumes,
		"new orders":      specNewOrders,
		"order life":      specOrderLife,
		"deliveries":      specDeliveries,
		"tests":           specTests,
		"replenishments":  specReplenishments,
	}
	ran := 0
	for name, stage := range stages {
		t.Run(name, func(t *testing.T) {
			ran++
			stage(t, specNew(t, doc, seen))
		})
	}
	if ran < len(stages) || t.Failed() {
		return // what has not been sent was not seen
	}
	for _, c := range specCalls() {
		method, _ := c.payload["method"].(string)
		if key := c.verb + " " + c.path + " " + method; !seen[key][0] {
			t.Errorf("%s never succeeded", key)
		}
	}
	for _, op := range doc.operations(t) {
		for _, code := range op.codes {
			if !seen[op.String()][code] {
				t.Errorf("%s never answered %d, which the document lists", op, code)
			}
		}
		for code, methods := range op.codeMethods {
			for _, m := range specList(methods) {
				if !seen[op.String()+" "+m.(string)][specInt(t, code)] {
					t.Errorf("%s never answered %s to method %v, which the document lists", op, code, m)
				}
			}
		}
	}
}

// specTrade is the nth trade_id.
func specTrade(n int) string { return fmt.Sprintf("trade-%020d", n) }

// specCommonRefusals provokes the common codes and those of the machine's
// state wherever the document lists them.
func specCommonRefusals(t *testing.T, s *specAPI) {
	limited := s.serve(openapi.Config{RequestsPerSecond: 1, Burst: 1})
	ping := specFind("POST", "/ping", "")
	ping.server = limited
	s.want(t, 0, ping)
	machine := func(column, wrong, right string) (func(), func()) {
		set := func(value string) func() {
			return func() {
				s.exec(t, "UPDATE machines SET "+column+" = ? WHERE machine_no = ?", value, specMachine)
			}
		}
		return set(wrong), set(right)
	}
	merchant := func(column string, wrong, right any) (func(), func()) {
		set := func(value any) func() {
			return func() { s.exec(t, "UPDATE merchants SET "+column+" = ? WHERE app_id = ?", value, specAppID) }
		}
		return set(wrong), set(right)
	}
	presence := func(online bool) func() {
		return func() { s.exec(t, "UPDATE presence SET is_online = ?", online) }
	}
	type breaker struct {
		change      func(c specCall) specCall
		spoil, mend func()
	}
	same := func(c specCall) specCall { return c }
	breakers := map[int]breaker{
		429:   {change: func(c specCall) specCall { c.server = limited; return c }},
		10008: {change: func(c specCall) specCall { c.header = map[string]string{"AppSecret": ""}; return c }},
		10014: {change: func(c specCall) specCall { c.appID = "vmffffffffffffffff"; return c }},
		10013: {change: func(c specCall) specCall { c.secret = "wrong"; return c }},
		400:   {change: func(c specCall) specCall { c.body = "[]"; return c }},
		10015: {change: func(c specCall) specCall { c.key = "wrong"; return c }},
		10016: {change: func(c specCall) specCall { c.payload = c.payload.with("timestamp", "1714353054"); return c }},
		10017: {change: func(c specCall) specCall { c.payload = c.payload.with("method", "wrong"); return c }},
		10001: {change: func(c specCall) specCall { c.payload = c.payload.with("machine_no", specOmit); return c }},
		30003: {change: func(c specCall) specCall {
			if c.payload == nil {
				c.value = "99999999"
			} else {
				c.payload = c.payload.with("machine_no", "99999999")
			}
			return c
		}},
	}
	add := func(code int, spoil, mend func()) { breakers[code] = breaker{same, spoil, mend} }
	spoil, mend := merchant("status", "PENDING", "VERIFIED")
	add(10010, spoil, mend)
	spoil, mend = merchant("expired_at", s.Now().UnixMilli(), 0)
	add(10009, spoil, mend)
	spoil, mend = machine("status", "TRANSFER", "OPERATIONAL")
	add(30006, spoil, mend)
	spoil, mend = machine("status", "MAINTENANCE", "OPERATIONAL")
	add(30004, spoil, mend)
	add(30002, presence(false), presence(true))

	for _, c := range specCalls() {
		codes := s.operation(t, c).codes
		for code, b := range breakers {
			if !slices.Contains(codes, code) {
				continue
			}
			if b.spoil != nil {
				b.spoil()
			}
			s.want(t, code, b.change(c))
			if b.mend != nil {
				b.mend()
			}
		}
	}
	// The other side of timestamp: not ten digits.
	c := specFind("POST", "/floors", "")
	c.payload = c.payload.with("timestamp", "1714353655000")
	s.want(t, 10016, c)
}

// specFieldRefusals sends fields that are missing, mistyped, malformed and out
// of range: the platform and the schemas must agree on each.
func specFieldRefusals(t *testing.T, s *specAPI) {
	bad := map[string][]any{
		"machine_no":        {"", true, "x", "123456789012345678901", -1},
		"page":              {"0", "x", []any{}, 0},
		"per_page":          {"0", "101", 101, true},
		"category_id":       {"-1", "x", true},
		"cabinet_name":      {"a", "AB", 1},
		"addr":              {"0", "9", 9, "x"},
		"select_all":        {"2", true, "x"},
		"product_id":        {"", "0", 0, "x", "1234567890123456789", true},
		"id":                {"", "0", "x", true},
		"code":              {"", "12345", "12345678901", "12a456", true},
		"notify_url":        {"", "merchant.example", "ftp://merchant.example/", 1, "https://merchant.example/" + strings.Repeat("a", 500)},
		"order_id":          {"", "0", "x", true},
		"record_id":         {"", "0", "x", true},
		"force":             {"2", "x", true},
		"channel_name":      {"", 1, true},
		"current_inventory": {"-1", "x", true},
		"max_total":         {"-1", "x", true},
		"products":          {[]any{}, "x", []any{1}, make([]specFields, 51), []specFields{{"product_id": 1}}, []specFields{{"product_id": 1, "quantity": 100}}, []specFields{{"product_id": "x", "quantity": "1"}}},
	}
	own := map[string]struct {
		code   int
		values []any
	}{
		"code_length": {10031, []any{"5", "11", "x", true, 5}},
		"count":       {10033, []any{"0", "x", true, 0}},
		"expired_at":  {10032, []any{"tomorrow", "2024-02-30 00:00:00", 1, "2024-04-01 00:00:00"}},
		"status":      {40006, []any{"0", "7", "x", true, 9}},
		"trade_id":    {40001, []any{"", "short", true, "with spaces in its text", strings.Repeat("x", 33)}},
	}
	for _, c := range specCalls() {
		pointer, _ := s.doc.payload(t, s.operation(t, c))
		if pointer == "" {
			continue
		}
		for name := range specMap(s.payloadSchema(t, c)["properties"]) {
			code, values := 10001, bad[name]
			if o, found := own[name]; found {
				code, values = o.code, o.values
			}
			for _, value := range values {
				changed := c
				changed.payload = c.payload.with(name, value)
				s.want(t, code, changed)
			}
		}
		for _, name := range specList(s.payloadSchema(t, c)["required"]) {
			code, changed := 10001, c
			switch name {
			case "sign":
				continue
			case "timestamp":
				changed.payload = c.payload.with("timestamp", "")
				s.want(t, 10016, changed)
				continue
			case "method":
				code = 10017
			case "trade_id":
				code = 40001
			}
			changed.payload = c.payload.with(name, specOmit)
			s.want(t, code, changed)
		}
		if _, found := specMap(s.payloadSchema(t, c)["properties"])["addr"]; found {
			changed := c
			changed.payload = c.payload.with("addr", "1", "cabinet_name", "A")
			if got := s.want(t, 10001, changed); got["reason"] != "conflict" {
				t.Errorf("cabinet_name and addr: %v", got)
			}
		}
		if _, found := c.payload["notify_url"]; found {
			changed := c
			changed.payload = c.payload.with("notify_url", "http://127.0.0.1/")
			s.want(t, 10001, changed)
		}
		if _, found := c.payload["current_inventory"]; found {
			changed := c
			changed.payload = c.payload.with("current_inventory", specOmit)
			s.want(t, 10001, changed)
		}
	}
}

// payloadSchema is the schema of the payload of a call's method.
func (s *specAPI) payloadSchema(t *testing.T, c specCall) map[string]any {
	t.Helper()
	pointer, _ := s.doc.payload(t, s.operation(t, c))
	schema := s.doc.at(t, s.doc.follow(t, pointer)).(map[string]any)
	for i := range specList(schema["oneOf"]) {
		one := s.doc.at(t, s.doc.follow(t, pointer+"/oneOf/"+strconv.Itoa(i))).(map[string]any)
		if specMap(specMap(one["properties"])["method"])["const"] == c.payload["method"] {
			return one
		}
	}
	return schema
}

// specStoreGone closes the store under the server: everything answers 500.
func specStoreGone(t *testing.T, s *specAPI) {
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range specCalls() {
		s.want(t, 500, c)
	}
}

// specUnknownRoute: other paths, and other verbs of paths that there are.
func specUnknownRoute(t *testing.T, s *specAPI) {
	for _, target := range []string{"GET /ping", "PUT /ping", "DELETE /orders/1", "POST /nothing", "POST /", "POST /deliveries/1/2"} {
		verb, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), verb, openapi.Prefix+path, http.NoBody))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: HTTP %d", target, w.Code)
		}
		s.doc.checkResponse(t, target, "/components/responses/UnknownRoute", w, 404)
	}
}

// specEnglish: the English texts are in the document too.
func specEnglish(t *testing.T, s *specAPI) {
	english := s.serve(openapi.Config{Negotiate: true})
	ask := func(code int, c specCall) {
		t.Helper()
		c.server, c.header = english, map[string]string{"Accept-Language": "en-GB"}
		s.want(t, code, c)
	}
	c := specFind("POST", "/rent/machines/{machine_no}", "")
	c.value = "99999999"
	ask(30003, c)
	c = specFind("POST", "/floors", "")
	c.key = "wrong"
	ask(10015, c)
	c = specFind("POST", "/replenishments", "replenishment.category.id")
	c.payload = c.payload.with("category_id", s.category(t, "Drinks"), "current_inventory", "9")
	ask(60004, c)
}

// category returns the id of a category of the machine.
func (s *specAPI) category(t testing.TB, title string) string {
	t.Helper()
	var id int64
	if err := s.sql.QueryRow("SELECT id FROM categories WHERE title = ?", title).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(id, 10)
}

func specShopWindow(t *testing.T, s *specAPI) {
	for _, path := range []string{"/ping", "/rent/machines", "/rent/machines/{machine_no}", "/products", "/floors", "/categories", "/banners"} {
		s.want(t, 0, specFind("POST", path, ""))
	}
	detail := s.want(t, 0, specFind("POST", "/rent/machines/{machine_no}", ""))
	for name := range specMap(s.doc.at(t, "/components/schemas/MachineDetail/properties")) {
		if detail[name] == nil {
			t.Errorf("the machine's detail lacks %s, which is set", name)
		}
	}
	page := s.want(t, 0, specFind("POST", "/products", ""))
	if good := specMap(specMap(specList(page["data"])[0])["good"]); specList(good["media"]) == nil || good["content"] == "" {
		t.Errorf("the good lacks what is set: %v", good)
	}
	mover := specFind("POST", "/rent/machines", "")
	mover.appID = specMover
	s.want(t, 0, mover)
	mover.appID = specPauper
	s.want(t, 30001, mover)

	plain := specFind("POST", "/rent/machines/{machine_no}", "")
	plain.value = "16327130" // a machine with as little as possible
	s.want(t, 0, plain)
	s.exec(t, "UPDATE merchants SET debug = TRUE WHERE app_id = ?", specAppID)
	s.exec(t, "UPDATE presence SET is_online = FALSE")
	if got := s.want(t, 0, plain); got["is_online"] != nil {
		t.Errorf("an offline machine answers is_online %v", got["is_online"])
	}
	s.want(t, 0, specFind("POST", "/rent/machines", ""))

	products := specFind("POST", "/products", "")
	for _, filter := range []specFields{
		{"page": "1", "per_page": 1}, {"select_all": "1"}, {"select_all": 1, "addr": 2}, {"addr": "2"},
		{"cabinet_name": "B"}, {"cabinet_name": "Z"}, {"category_id": s.category(t, "Drinks")}, {"category_id": "999999"},
	} {
		c := products
		c.payload = products.payload.with()
		for name, value := range filter {
			c.payload[name] = value
		}
		s.want(t, 0, c)
	}
	for _, page := range []string{"99", "999999999999999999"} {
		c := products
		c.payload = products.payload.with("page", page)
		if got := s.want(t, 0, c); len(specList(got["data"])) > 0 || fmt.Sprintf("%.0f", got["current_page"]) == "1" {
			t.Errorf("page %s: %v", page, got)
		}
	}
	s.exec(t, "UPDATE products SET floor_status = '47' WHERE id = ?", specJammed)
	s.want(t, 0, specFind("POST", "/floors", ""))
}

func specCodes(t *testing.T, s *specAPI) {
	create := specFind("POST", "/pickup_codes", "pickup_code.product.id")
	all := specFind("POST", "/pickup_codes", "pickup_code.product.all")
	list := specFind("POST", "/products/{product_id}/pickup_code", "")
	cancel := specFind("PUT", "/pickup_codes", "pickup_code.delete.id")
	with := func(c specCall, changes ...any) specCall {
		c.payload = c.payload.with(changes...)
		return c
	}
	s.want(t, 0, list)
	s.want(t, 0, with(create, "count", "2", "code_length", "10", "expired_at", "2024-12-31 23:59:59", "quantity", "1"))
	s.want(t, 0, with(create, "code_length", 8, "expired_at", ""))
	s.want(t, 0, with(all, "code_length", "7"))
	s.want(t, 0, list)
	s.want(t, 10033, with(create, "count", "10"))
	s.want(t, 60002, with(create, "product_id", specOffSale))
	s.want(t, 60001, with(create, "product_id", specNoGood))
	s.want(t, 60001, with(create, "product_id", "999999"))
	unknown := list
	unknown.value = "x"
	s.want(t, 60001, unknown)

	s.want(t, 0, cancel)
	s.want(t, 0, cancel)
	s.want(t, 80002, with(cancel, "id", "999999"))
	s.exec(t, "UPDATE pickup_codes SET state = 'USED', order_id = 60 WHERE id = 2")
	s.want(t, 10025, with(cancel, "id", "2"))
	s.exec(t, "UPDATE pickup_codes SET order_id = 0 WHERE id = 2")
	s.want(t, 10025, with(cancel, "id", "2"))
	s.want(t, 0, specFind("PUT", "/pickup_codes", "pickup_code.delete.all"))

	s.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE")
	s.want(t, 10023, create)
	s.want(t, 10023, all)
}

// addCode puts a code for a product on the machine.
func (s *specAPI) addCode(t testing.TB, code string, productID int) {
	t.Helper()
	s.exec(t, `INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
		SELECT id, ?, ?, 1, 'UNUSED', ?, 0, 0, 0, '' FROM machines WHERE machine_no = ?`,
		productID, code, s.Now().UnixMilli(), specMachine)
}

func specConsumes(t *testing.T, s *specAPI) {
	base := specFind("POST", "/consumes", "event.consume.pickup_code")
	trade := 0
	consume := func(code string, productID int) specCall {
		trade++
		c := base
		c.payload = c.payload.with("code", code, "product_id", productID, "trade_id", specTrade(trade))
		return c
	}
	s.exec(t, "UPDATE products SET floor_status = '2' WHERE id = ?", specJammed)
	s.exec(t, "UPDATE products SET channel_id = 0 WHERE id = ?", specOrphan)
	products := map[string]int{
		"100001": specCola, "100002": specCola, "100003": specCola, "100004": specCola, "100005": specCola,
		"200001": specNoGood, "200002": specOffSale, "200003": specOrphan, "200004": specJammed, "200005": specEmpty,
	}
	for code, product := range products {
		s.addCode(t, code, product)
	}
	first := consume("100001", specCola)
	first.payload["trade_id"] = "800a7e9500d345c8987d3aafa412c77d"
	s.want(t, 0, first)
	s.want(t, 10025, first)
	s.exec(t, "UPDATE pickup_codes SET state = 'USED' WHERE code = '100002'")
	s.want(t, 10025, consume("100002", specCola))
	other := consume("100003", specCola)
	other.payload["trade_id"] = "800a7e95-00d3-45c8-987d-3aafa412c77d"
	s.want(t, 40002, other)

	s.want(t, 60001, consume("200001", specNoGood))
	s.want(t, 60002, consume("200002", specOffSale))
	s.want(t, 60005, consume("200003", specOrphan))
	s.want(t, 60006, consume("200004", specJammed))
	s.want(t, 60003, consume("200005", specEmpty))

	s.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE")
	s.want(t, 10023, consume("100003", specCola))
	s.exec(t, "UPDATE machines SET pickup_code_enabled = TRUE")

	s.want(t, 10028, consume("100003", specBelt))
	s.exec(t, "UPDATE pickup_codes SET state = 'CANCELLED' WHERE code = '100004'")
	s.want(t, 10027, consume("100004", specCola))
	s.exec(t, "UPDATE pickup_codes SET expired_at = ? WHERE code = '100005'", s.Now().UnixMilli())
	s.want(t, 10026, consume("100005", specCola))
	for range 7 {
		s.want(t, 10024, consume("999999", specCola))
	}
	s.want(t, 10029, consume("100003", specCola))
}
