package openapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/signature"
)

// payloadRoutes are the endpoints that read a body, in a fixed order.
func payloadRoutes() []openapi.Route {
	return slices.DeleteFunc(openapi.Routes(), func(r openapi.Route) bool {
		return r.Path == "/ping" || strings.HasPrefix(r.Path, "/rent/")
	})
}

// goodPayloads are payloads of an endpoint with every field of the API, one for
// each of its methods.
func goodPayloads(r openapi.Route) []fields {
	all := fields{
		"machine_no": "16327129", "product_id": "131", "id": "1", "count": "1", "code_length": "7", "expired_at": "2099-01-01 00:00:00",
		"code": "5288640", "trade_id": dashed, "notify_url": "https://merchant.example/", "order_id": "1", "record_id": "1", "status": "2", "force": "1",
		"channel_name": "A1", "category_id": "1", "current_inventory": "1", "cabinet_name": "A", "page": "1", "per_page": "100", "select_all": "0",
		"products": raw(`[{"product_id":131,"quantity":1}]`),
	}
	var out []fields
	for _, method := range r.Methods {
		out = append(out, all.with("method", method))
	}
	if len(out) == 0 {
		out = append(out, all)
	}
	return out
}

// tame sends a payload, signed if it bears no signature, to an endpoint, with id
// in its path. Never a panic, never a 500, and always an envelope of the
// catalogue must come back.
func (a *api) tame(t *testing.T, r openapi.Route, id string, text []byte) {
	t.Helper()
	body := envelope(string(text))
	if object, err := signature.ParseObject(text); r.Path == "/orders" {
		body = string(text)
	} else if err == nil {
		if _, found := object.Lookup("sign"); !found {
			body = envelope(sign(t, string(text), shop.key, signature.Raw))
		}
	}
	path := openapi.Prefix + r.Path
	if start := strings.IndexByte(path, '{'); start >= 0 {
		path = path[:start] + url.PathEscape(id) + path[strings.IndexByte(path, '}')+1:]
	}
	request := httptest.NewRequest(r.Verb, path, strings.NewReader(body))
	request.Header = http.Header{"Appid": {shop.appID}, "Appsecret": {shop.secret}}
	got := a.send(request)
	var out struct {
		Code    *int
		Message *string
		Data    json.RawMessage
	}
	d := json.NewDecoder(bytes.NewReader([]byte(got.body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil || out.Code == nil || out.Message == nil || len(out.Data) == 0 || *out.Code != 0 && out.Data[0] != '{' {
		t.Fatalf("%s %s: HTTP %d %s (%v)", path, text, got.status, got.body, err)
	}
	if _, known := texts[*out.Code]; got.status >= 500 || *out.Code != 0 && !known {
		t.Fatalf("%s %s: HTTP %d %s", path, text, got.status, got.body)
	}
}

// Every field takes whatever it is given: each endpoint tries a few values on
// each, and all endpoints together all values.
func TestHostileFields(t *testing.T) {
	a := newAPI(t)
	hostile := []any{
		"", "\x00", "\u202e\x1b[2J\r\n", strings.Repeat("9", 18), strings.Repeat("9", 400), "-1", "1e3", "0x10", "１", " 1", -1, 1.5, true,
		[]any{1, "2"}, fields{"a": fields{}}, raw("1e999"), raw("null"), "../..", "' OR 1=1 --", "%00", strings.Repeat("x", 40_000),
	}
	tried := map[string]int{} // by field
	for _, r := range payloadRoutes() {
		for _, good := range goodPayloads(r) {
			for name := range good {
				for range 3 {
					value := hostile[tried[name]%len(hostile)]
					a.tame(t, r, "131", []byte(good.with(name, value).text(t, a.Now())))
					tried[name]++
				}
			}
		}
		for _, id := range []string{"", "\x00", "\xff", "..", "../..", "%2e", "\\", "1/2", "-1", "99999999999999999999", strings.Repeat("1", 5000)} {
			a.tame(t, r, id, []byte(goodPayloads(r)[0].text(t, a.Now())))
		}
	}
}

func FuzzPayload(f *testing.F) {
	a := newAPI(f)
	a.AddCode(f, "5288640", 131, 0)
	for i, r := range payloadRoutes() {
		for _, good := range goodPayloads(r) {
			f.Add(byte(i), "1", []byte(good.text(f, a.Now())))
		}
	}
	for i, text := range []string{"{}", "[]", `{"a":{"b":[1,{}]}}`, `{"sign":1}`, `{"timestamp":"1714353655","products":[{},[],null],"method":{}}`} {
		f.Add(byte(i), dashed, []byte(text))
	}
	f.Fuzz(func(t *testing.T, route byte, id string, text []byte) {
		a.tame(t, payloadRoutes()[int(route)%len(payloadRoutes())], id, text)
	})
}
