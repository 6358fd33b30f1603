package openapi_test

import (
	"encoding/json"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// example sends a payload of openapi.md §7 to the letter, its sign included,
// at the moment of its timestamp.
func (a *api) example(t testing.TB, verb, path, payload string) answer {
	t.Helper()
	var sent struct {
		Timestamp string `json:"timestamp"`
	}
	if err := json.Unmarshal([]byte(payload), &sent); err != nil {
		t.Fatal(err)
	}
	seconds, err := strconv.ParseInt(sent.Timestamp, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	a.clockAt(seconds)
	return a.do(t, call{verb: verb, path: path, body: envelope(payload), by: shop})
}

// clockAt sets the clock to a Unix time.
func (a *api) clockAt(seconds int64) { a.Advance(time.Unix(seconds, 0).Sub(a.Now())) }

// nextID makes the next row of a table have an id.
func (a *api) nextID(t testing.TB, table string, id int64) {
	t.Helper()
	if err := a.Store.SetNextID(t.Context(), table, id); err != nil {
		t.Fatal(err)
	}
}

// wantValue compares a business answer as a JSON value: the order of members
// does not count.
func wantValue(t testing.TB, got answer, want string) {
	t.Helper()
	if got.status != 200 || !reflect.DeepEqual(jsonValue(t, got.body), jsonValue(t, want)) {
		t.Errorf("answer\n  HTTP %d %s\nwant\n  HTTP 200 %s", got.status, got.body, compact(t, want))
	}
}

func jsonValue(t testing.TB, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

// withDeliveryID puts the id of the contract's example in place of the drawn
// one, which must have its form.
func withDeliveryID(t testing.TB, got answer, id string) answer {
	t.Helper()
	var body struct {
		Code    int            `json:"code"`
		Message string         `json:"message"`
		Data    map[string]any `json:"data"`
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	drawn, _ := body.Data["delivery_id"].(string)
	if _, err := strconv.ParseUint(drawn, 10, 64); err != nil || len(drawn) != 16 {
		t.Errorf("delivery_id %q is not 16 digits", drawn)
	}
	body.Data["delivery_id"] = id
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	got.body = string(text)
	return got
}

// shopOf is the shop with a planogram of its own.
func shopOf(t testing.TB, planogram ...provision.Channel) *api {
	t.Helper()
	a := newAPI(t)
	a.apply(t, func(m *provision.Merchant) { m.Machines[0].Planogram = planogram })
	return a
}

// wantRow compares one row of a query.
func (a *api) wantRow(t testing.TB, query, want string) {
	t.Helper()
	if rows := a.column(t, query); len(rows) != 1 || rows[0] != want {
		t.Errorf("%s: %q, want %q", query, rows, want)
	}
}

// shelfChecks are the checks of 7.5–7.7, in their order.
func shelfChecks(t *testing.T, path string) {
	a := newAPI(t, limited)
	c := a.allWrong(t, "POST", path, fields{"machine_no": true})
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
	a.Online(t, false)
	c = a.climb(t, c, append(a.commonRungs(t, ""),
		rung{"fields: type", set("timestamp", "1714353657"), 10001, reason("machine_no", "type")},
		rung{"fields: presence", set("machine_no", ""), 10001, reason("machine_no", "required")},
		rung{"fields: format", set("machine_no", "1632712x"), 10001, reason("machine_no", "format")},
		rung{"machine", set("machine_no", "99999999"), 30003, ""},
		rung{"machine of another merchant", set("machine_no", rivalMachine), 30003, ""},
		rung{"transfer", set("machine_no", "16327129"), 30006, ""},
		rung{"offline", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 30002, ""},
	))
	// Debug mode excuses an offline machine; MAINTENANCE is no matter here.
	a.exec(t, "UPDATE merchants SET debug = TRUE WHERE id = 1")
	before := a.snapshot(t)
	wantOK(t, a.do(t, c))
	a.exec(t, "UPDATE merchants SET debug = FALSE WHERE id = 1")
	a.exec(t, "UPDATE presence SET is_online = TRUE WHERE machine_id = 1")
	c.payload = c.payload.with("machine_no", 16327129, "unknown", "member")
	wantOK(t, a.do(t, c))
	a.wantUnchanged(t, before, "merchants", "presence")
}

// apply provisions a changed shop.
func (a *api) apply(t testing.TB, change func(*provision.Merchant)) {
	t.Helper()
	file := storetest.File()
	change(&file.Merchants[0])
	applier := provision.New(a.ProvisionDeps())
	if _, err := applier.Apply(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	a.exec(t, "DELETE FROM commands") // machines were told of the change
}
