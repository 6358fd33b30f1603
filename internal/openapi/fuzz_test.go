package openapi_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// Whatever stands in a payload that is signed correctly: never a panic, never
// a 500, and always an envelope of the catalogue.
func FuzzConsumePayload(f *testing.F) {
	payload := func(changes ...any) string { return consumption.with(changes...).text(f, time.Unix(1714353655, 0)) }
	for _, seed := range []string{
		payload(), payload("code", 5288640), payload("product_id", "132"), payload("code", "999999"), payload("trade_id", dashed),
		payload("trade_id", omit), payload("method", true), payload("notify_url", "http://[::1]:99999/"), payload("timestamp", "1"),
		payload("notify_url", "http://%zz/"), payload("machine_no", ""), payload("product_id", "999999999999999999"), "{}", "[]", `{"a":{"b":[1,{}]}}`,
		payload("machine_no", "\x00"), payload("code", "0000000000"), payload("x", []int{1}), payload("trade_id", "\x10\x1000a7e5-00d3-45c8-987d-3aafa412c77d"),
	} {
		f.Add([]byte(seed))
	}
	a := newAPI(f)
	a.AddCode(f, "5288640", 131, 0)
	f.Fuzz(func(t *testing.T, text []byte) {
		c := post("/consumes", nil)
		c.body = envelope(string(text))
		if object, err := signature.ParseObject(text); err == nil {
			if _, found := object.Lookup("sign"); !found {
				c.body = envelope(sign(t, string(text), shop.key, signature.Raw))
			}
		}
		got := a.do(t, c)
		var out struct {
			Code    *int
			Message *string
			Data    json.RawMessage
		}
		d := json.NewDecoder(bytes.NewReader([]byte(got.body)))
		d.DisallowUnknownFields()
		if err := d.Decode(&out); err != nil || out.Code == nil || out.Message == nil || len(out.Data) == 0 || out.Data[0] != '{' {
			t.Fatalf("HTTP %d %s (%v)", got.status, got.body, err)
		}
		if _, known := texts[*out.Code]; got.status >= 500 || *out.Code != 0 && !known {
			t.Fatalf("HTTP %d %s", got.status, got.body)
		}
	})
}
