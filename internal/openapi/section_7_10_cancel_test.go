package openapi_test

import (
	"strings"
	"testing"
)

func TestSection710(t *testing.T) {
	a := newAPI(t)
	a.nextID(t, "pickup_codes", 1122223)
	a.AddCode(t, "5288640", 131, 0)
	a.AddCode(t, "5288641", 131, 0)
	before := a.snapshot(t)
	wantValue(t, a.example(t, "PUT", "/pickup_codes", `{
  "id": "1122223",
  "machine_no": "16327129",
  "method": "pickup_code.delete.id",
  "sign": "4BAED5FEE55ADE3E3D5B3E88FA9E05A8",
  "timestamp": "1714185061"
}`), `{
  "code": 0,
  "message": "ok",
  "data": {}
}`)
	a.wantRow(t, "SELECT id FROM pickup_codes WHERE state = 'CANCELLED'", "1122223")
	a.wantRow(t, "SELECT id FROM pickup_codes WHERE state = 'UNUSED'", "1122224")
	a.wantRow(t, "SELECT method, fields FROM commands", `client.pickup_codes.delete {"id":"1122223"}`)
	a.wantUnchanged(t, before, "pickup_codes", "commands")
}

// openapi.md §7.10 and §7.11: what is cancelled and what is left as it is.
func TestCancel(t *testing.T) {
	a := newAPI(t)
	now := a.Now().UnixMilli()
	a.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE WHERE id = 1") // not checked
	a.Online(t, false)                                                        // neither
	a.AddCode(t, "1000001", 131, now+1)
	a.AddCode(t, "1000002", 131, now) // expired, not swept
	a.AddCode(t, "1000003", 131, 0)
	a.AddCode(t, "1000004", 132, 0)
	a.AddCode(t, "1000005", 132, 0)
	a.exec(t, "UPDATE pickup_codes SET state = 'EXPIRED' WHERE id = 3")
	a.exec(t, "UPDATE pickup_codes SET state = 'CANCELLED' WHERE id = 4")
	const ok = `{"code":0,"message":"ok","data":{}}`
	cancel := fields{"machine_no": "16327129", "method": "pickup_code.delete.id"}
	for _, id := range []int{2, 3, 4} {
		before := a.snapshot(t)
		wantAnswer(t, a.do(t, put("/pickup_codes", cancel.with("id", id))), 200, ok)
		a.wantUnchanged(t, before)
	}
	before := a.snapshot(t)
	wantAnswer(t, a.do(t, put("/pickup_codes", cancel.with("id", "1"))), 200, ok)
	a.wantUnchanged(t, before, "pickup_codes", "commands")
	if rows := a.column(t, "SELECT state, finished_at FROM pickup_codes WHERE id = 1"); rows[0] != "CANCELLED 1714353655000" {
		t.Errorf("code %s", rows[0])
	}
	if rows := a.column(t, "SELECT method, fields FROM commands"); len(rows) != 1 || rows[0] != `client.pickup_codes.delete {"id":"1"}` {
		t.Errorf("commands %q", rows)
	}

	all := put("/pickup_codes", fields{"machine_no": "16327129", "method": "pickup_code.delete.all"})
	wantAnswer(t, a.do(t, all), 200, ok)
	if rows := a.column(t, "SELECT state FROM pickup_codes ORDER BY id"); strings.Join(rows, " ") != "CANCELLED UNUSED EXPIRED CANCELLED CANCELLED" {
		t.Errorf("codes %q", rows)
	}
	if rows := a.column(t, "SELECT method, fields FROM commands"); len(rows) != 2 || rows[1] != `client.pickup_codes.delete {"id":"5"}` {
		t.Errorf("commands %q", rows)
	}
	before = a.snapshot(t)
	wantAnswer(t, a.do(t, all), 200, ok) // nothing was there to cancel
	a.wantUnchanged(t, before)
}
