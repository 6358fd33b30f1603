package openapi_test

import (
	"strings"
	"testing"
)

const issueExample = `{
  "code_length": "7",
  "count": "2",
  "expired_at": "2024-12-31 23:59:59",
  "machine_no": "16327129",
  "method": "pickup_code.product.id",
  "product_id": "131",
  "quantity": "1",
  "sign": "4C0EC6CA925B05AE224867F4ACC0A68F",
  "timestamp": "1714185061"
}`

func TestSection708(t *testing.T) {
	a := newAPI(t)
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/pickup_codes", issueExample), `{
  "code": 0,
  "message": "ok",
  "data": {}
}`)
	const want = "131 1 UNUSED 1714185061000 1735660799000 7"
	rows := a.column(t, "SELECT product_id, quantity, state, created_at, expired_at, LENGTH(code) FROM pickup_codes")
	if len(rows) != 2 || rows[0] != want || rows[1] != want {
		t.Errorf("codes %q, want twice %q", rows, want)
	}
	if n := a.column(t, "SELECT id FROM commands WHERE method = 'client.pickup_codes.create'"); len(n) != 2 {
		t.Errorf("%d messages to the machine, want 2", len(n))
	}
	a.wantUnchanged(t, before, "pickup_codes", "commands")
}

func TestSection708Failure(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE WHERE id = 1")
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/pickup_codes", issueExample), `{
  "code": 10023,
  "message": "取货码功能尚未开启",
  "data": {}
}`)
	a.wantUnchanged(t, before)
}

// What the machine is told of a new code (mqtt.md §5.14).
func TestIssueTellsTheMachine(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE machines SET timezone = 'Europe/Berlin' WHERE id = 1")
	before := a.snapshot(t)
	issue := fields{"machine_no": "16327129", "method": "pickup_code.product.id", "product_id": "131", "code_length": "7"}
	wantAnswer(t, a.do(t, post("/pickup_codes", issue.with("expired_at", "2024-12-31 23:59:59"))), 200, `{"code":0,"message":"ok","data":{}}`)
	wantAnswer(t, a.do(t, post("/pickup_codes", issue)), 200, `{"code":0,"message":"ok","data":{}}`)
	a.wantUnchanged(t, before, "pickup_codes", "commands")
	codes := a.column(t, "SELECT code FROM pickup_codes ORDER BY id")
	want := []string{
		`client.pickup_codes.create {"code":"` + codes[0] + `","expired_at":"1735685999000","expired_day":"2024-12-31 23:59:59","id":"1","product_id":"131","quantity":"1","used":"0"}`,
		`client.pickup_codes.create {"code":"` + codes[1] + `","id":"2","product_id":"131","quantity":"1","used":"0"}`,
	}
	if rows := a.column(t, "SELECT method, fields FROM commands ORDER BY id"); strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("commands\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	// Shown as it was passed, in the machine's zone.
	got := a.do(t, post("/products/131/pickup_code", fields{"machine_no": "16327129"}))
	wantAnswer(t, got, 200, `{"code":0,"message":"ok","data":[
		{"id":1,"code":"`+codes[0]+`","status":"UNUSED","created_at":"2024-04-29 03:20:55","expired_at":"2024-12-31 23:59:59","quantity":1},
		{"id":2,"code":"`+codes[1]+`","status":"UNUSED","created_at":"2024-04-29 03:20:55","quantity":1}]}`)
}
