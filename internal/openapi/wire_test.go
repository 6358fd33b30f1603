package openapi_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/signature"
)

// G1: unknown paths and verbs, and what else is no endpoint.
func TestRoutes(t *testing.T) {
	a := newAPI(t)
	for _, target := range []string{
		"GET /ping", "HEAD /ping", "PUT /ping", "DELETE /ping", "OPTIONS /ping", "PATCH /consumes", "GET /consumes", "PUT /consumes",
		"DELETE /pickup_codes", "GET /orders/1", "PUT /orders", "PATCH /orders/1", "POST /", "POST ", "POST /unknown", "POST /ping/x",
		"POST /products/131", "POST /products/131/pickup_codes", "POST /rent", "POST /rent/machines/1/2", "POST //ping", "POST /./ping",
		"POST /x/../ping", "POST /orders/..", "POST /orders/%2e%2e", "POST /Ping", "PUT /deliveries/debug", "POST /products//pickup_code",
		"PUT /floors", "GET /categories", "POST /banners/1", "PUT /replenishments", "GET /orders", "DELETE /orders/1",
	} {
		verb, path, _ := strings.Cut(target, " ")
		r := httptest.NewRequest(verb, openapi.Prefix+path, nil)
		got := a.send(r)
		if verb == "HEAD" {
			got.body = `{"code":404,"message":"Not Found","data":{}}` // the recorder keeps a body HEAD never sends
		}
		wantRefusal(t, got, 404, "")
		if t.Failed() {
			t.Fatal(target)
		}
	}
	for _, path := range []string{"/ping", "/api/openapi/ping", "/api/openapi/v2/ping", "/", "/api/openapi/v1x/ping"} {
		wantRefusal(t, a.send(httptest.NewRequest(http.MethodPost, path, nil)), 404, "")
	}
	for _, path := range []string{"/ping/", "/rent/machines/", "/rent/machines/16327129/", "/ping?x=1"} { // a trailing slash is ignored
		wantOK(t, a.do(t, post(path, nil)))
	}
	wantRefusal(t, a.do(t, post("/orders/1/", fields{"machine_no": "16327129"})), 80002, "")
}

// Header names are case-insensitive, values are not; Content-Type is ignored.
func TestHeaders(t *testing.T) {
	a := newAPI(t)
	for _, names := range [][2]string{{"Appid", "AppSecret"}, {"appid", "appsecret"}, {"APPID", "APPSECRET"}, {"AppId", "Appsecret"}} {
		r := httptest.NewRequest(http.MethodPost, openapi.Prefix+"/ping", nil)
		r.Header.Set(names[0], shop.appID)
		r.Header.Set(names[1], shop.secret)
		wantOK(t, a.send(r))
	}
	for _, by := range []credentials{
		{strings.ToUpper(shop.appID), shop.secret, ""}, {shop.appID + " ", shop.secret, ""}, {"' OR 1=1 --", shop.secret, ""}, {"\x00", "x", ""},
		{"\xff", "x", ""},
	} {
		c := post("/ping", nil)
		c.by = by
		wantRefusal(t, a.do(t, c), 10014, "")
	}
	for _, secret := range []string{rival.secret, strings.Repeat("0", 32), shop.secret + "0", shop.secret[:31], strings.Repeat("x", 10_000)} {
		c := post("/ping", nil)
		c.by.secret = secret
		wantRefusal(t, a.do(t, c), 10013, "")
	}
	for _, ct := range []string{"", "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"} {
		c := post("/products", fields{"machine_no": "16327129"})
		if ct != "" {
			c.header = map[string]string{"Content-Type": ct}
		}
		wantOK(t, a.do(t, c))
	}
}

func TestRequestID(t *testing.T) {
	a := newAPI(t)
	seen := map[string]bool{}
	for _, c := range []call{post("/ping", nil), post("/nothing", nil), post("/orders/1", fields{"machine_no": "16327129"}), post("/consumes", nil)} {
		id := a.do(t, c).header.Get("X-Request-Id")
		if !regexp.MustCompile(`^[0-9a-f]{24}$`).MatchString(id) || seen[id] {
			t.Errorf("X-Request-Id %q is malformed or was used before", id)
		}
		seen[id] = true
	}
}

// i18n.negotiate (errors.md §1): English texts when asked for, and only then.
func TestNegotiation(t *testing.T) {
	ask := func(a *api, language string, c call) answer {
		if language != "" {
			c.header = map[string]string{"Accept-Language": language}
		}
		return a.do(t, c)
	}
	refused := post("/orders/77", fields{"machine_no": "16327129"})
	on := newAPI(t, func(c *openapi.Config) { c.Negotiate = true })
	off := newAPI(t)
	for _, language := range []string{"en", "en-GB", "en-US,en;q=0.9", "EN", "english"} {
		wantAnswer(t, ask(on, language, refused), 200, `{"code":80002,"message":"Record not found","data":{}}`)
		wantRefusal(t, ask(off, language, refused), 80002, "")
	}
	for _, language := range []string{"", "zh-CN", "de, en", "*", " en"} {
		wantRefusal(t, ask(on, language, refused), 80002, "")
	}
	wantAnswer(t, ask(on, "en", post("/ping", nil)), 200, `{"code":0,"message":"ok","data":"pong"}`)
	wantAnswer(t, ask(on, "en", post("/nothing", nil)), 404, `{"code":404,"message":"Not Found","data":{}}`)
}

// The catalogue has every code of errors.md that is in scope, with its texts.
func TestCatalogue(t *testing.T) {
	seen := map[int]bool{}
	last := 0
	for _, row := range openapi.Catalogue() {
		code := int(row.Code)
		if want := texts[code]; row.Message != want[0] || row.English != want[1] {
			t.Errorf("code %d reads %q and %q, want %q", code, row.Message, row.English, want)
		}
		if code <= last {
			t.Errorf("code %d stands behind %d", code, last)
		}
		seen[code], last = true, code
	}
	for code := range texts {
		if !seen[code] {
			t.Errorf("code %d is missing", code)
		}
	}
}

// A failure of ours is a 500 that names the request and nothing else.
func TestInternalError(t *testing.T) {
	a := newAPI(t)
	calls := []call{
		post("/ping", nil), post("/rent/machines", nil), post("/products", fields{"machine_no": "16327129"}), post("/consumes", consumption),
	}
	if err := a.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		got := a.do(t, c)
		id := got.header.Get("X-Request-Id")
		wantRefusal(t, got, 500, `{"request_id":"`+id+`"}`)
		if !strings.Contains(a.log.String(), id) {
			t.Errorf("the log does not tell of request %s", id)
		}
	}
	for _, secret := range []string{shop.secret, "5288640", "payload"} {
		if strings.Contains(a.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// Only the write fails: nothing is changed, and the same call works later.
func TestInternalErrorInCommit(t *testing.T) {
	a := goldenAPI(t)
	a.exec(t, "CREATE TRIGGER full BEFORE INSERT ON commands BEGIN SELECT RAISE(ABORT, 'disk is full'); END; UPDATE presence SET epoch = epoch")
	before := a.snapshot(t)
	got := a.do(t, post("/consumes", consumption))
	wantRefusal(t, got, 500, `{"request_id":"`+got.header.Get("X-Request-Id")+`"}`)
	a.wantUnchanged(t, before)
	a.exec(t, "DROP TRIGGER full; UPDATE presence SET epoch = epoch")
	wantOK(t, a.do(t, post("/consumes", consumption)))
}

// A panic of a handler answers like any failure of ours.
func TestPanic(t *testing.T) {
	a := newAPI(t)
	a.server = openapi.New(a.Store, a.Box, openapi.UseCases{}, a.Now, a.config, nil, discard())
	got := a.do(t, post("/rent/machines", nil))
	wantRefusal(t, got, 500, `{"request_id":"`+got.header.Get("X-Request-Id")+`"}`)
}

// G9 and the forms of the envelope (signing.md §2).
func TestEnvelope(t *testing.T) {
	a := newAPI(t)
	payload := sign(t, `{"machine_no":"16327129","timestamp":"1714353655","note":"~~~???>>>"}`, "kva", signature.Raw)
	std := base64.StdEncoding.EncodeToString([]byte(payload))
	deep := func(levels int) string { // the payload object is level 1
		return sign(t, `{"machine_no":"16327129","timestamp":"1714353655","x":`+strings.Repeat(`{"x":`, levels-1)+"1"+strings.Repeat("}", levels-1)+"}", "kva", signature.Raw)
	}
	size := func(n int) string { // a payload of n bytes
		text := `{"machine_no":"16327129","timestamp":"1714353655","pad":""}`
		text = strings.Replace(text, `"pad":""`, `"pad":"`+strings.Repeat("x", n-len(text)-len(`,"sign":"12345678901234567890123456789012"`))+`"`, 1)
		return sign(t, text, "kva", signature.Raw)
	}
	largest := 65536/4*3 - 24 // whose body is still within 64 KiB
	good := map[string]string{
		"plain":               `{"payload":"` + std + `"}`,
		"URL-safe":            `{"payload":"` + base64.URLEncoding.EncodeToString([]byte(payload)) + `"}`,
		"unpadded":            `{"payload":"` + base64.RawStdEncoding.EncodeToString([]byte(payload)) + `"}`,
		"URL-safe unpadded":   `{"payload":"` + base64.RawURLEncoding.EncodeToString([]byte(payload)) + `"}`,
		"white space":         " {\n\t\"payload\" : \"" + std[:10] + `\n ` + std[10:] + "\" }\r\n",
		"extra members":       `{"a":[1,{"b":null}],"payload":"` + std + `","sign":"x"}`,
		"escaped slash":       `{"payload":"` + strings.ReplaceAll(std, "/", `\/`) + `"}`,
		"seven levels":        envelope(deep(7)),
		"eight levels":        envelope(deep(8)),
		"large":               envelope(size(largest)),
		"payload with spaces": envelope(strings.Replace(payload, `{"`, "\n { \"", 1) + " \t"),
	}
	bad := map[string]string{
		"empty":                "",
		"not JSON":             "payload=x",
		"array":                "[]",
		"number":               "1",
		"null":                 "null",
		"truncated":            `{"payload":"` + std,
		"trailing text":        `{"payload":"` + std + `"}x`,
		"two objects":          `{"payload":"` + std + `"}{}`,
		"no payload":           `{"Payload":"` + std + `"}`,
		"payload is a number":  `{"payload":1}`,
		"payload is an object": `{"payload":` + payload + `}`,
		"payload is null":      `{"payload":null}`,
		"payload is empty":     `{"payload":""}`,
		"payload twice":        `{"payload":"` + std + `","payload":"` + std + `"}`,
		"not base64":           `{"payload":"!!!!"}`,
		"hex":                  `{"payload":"` + strings.Repeat("0g", 9) + `="}`,
		"base64 of an array":   envelope(`[]`),
		"base64 of a string":   envelope(`"x"`),
		"base64 of nothing":    envelope(``),
		"base64 of junk":       envelope("\x00\x01"),
		"not UTF-8":            envelope("{\"a\":\"\xff\"}"),
		"byte-order mark":      envelope("\ufeff" + payload),
		"duplicate member":     envelope(`{"a":1,"a":2}`),
		"duplicate by escape":  envelope(`{"a":1,"\u0061":2}`),
		"duplicate deeper":     envelope(`{"b":[{"a":1,"a":2}]}`),
		"nine levels":          envelope(strings.Repeat(`{"x":`, 8) + "{}" + strings.Repeat("}", 8)),
		"nine levels outside":  `{"payload":"` + std + `","x":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`,
		"thousands of levels":  envelope(strings.Repeat("[", 40_000)),
		"body above 64 KiB":    `{"payload":"` + std + `","pad":"` + strings.Repeat("x", 65536) + `"}`,
		"body of one MiB":      strings.Repeat(" ", 1<<20),
		"half a surrogate":     envelope(`{"a":"\ud800"}`),
	}
	before := a.snapshot(t)
	for name, body := range good {
		t.Run(name, func(t *testing.T) {
			c := post("/orders/1", nil)
			c.body = body
			wantRefusal(t, a.do(t, c), 80002, "")
		})
	}
	for name, body := range bad {
		t.Run(name, func(t *testing.T) {
			c := post("/orders/1", nil)
			c.body = body
			wantRefusal(t, a.do(t, c), 400, "")
		})
	}
	a.wantUnchanged(t, before)
}

// G10: every form is accepted in either case, and nothing else.
func TestSignatures(t *testing.T) {
	a := newAPI(t)
	texts := []string{
		`{"machine_no":"16327129","timestamp":"1714353655","note":"a b*c~d/新品","empty":"","none":null,"NULL":"NULL","n":9.50,"deep":{"a":[1,true]}}`,
		`{"machine_no":16327129,"timestamp":1714353655}`,
	}
	ask := func(text string) answer {
		c := post("/orders/1", nil)
		c.body = envelope(text)
		return a.do(t, c)
	}
	for _, text := range texts {
		for _, form := range []signature.Form{signature.Raw, signature.Escaped, signature.EscapedJava} {
			signed := sign(t, text, "kva", form)
			wantRefusal(t, ask(signed), 80002, "")
			i := strings.LastIndex(signed, `"sign":"`) + len(`"sign":"`)
			lower := signed[:i] + strings.ToLower(signed[i:])
			wantRefusal(t, ask(lower), 80002, "")
			flipped := []byte(signed)
			flipped[i] ^= 1
			wantRefusal(t, ask(string(flipped)), 10015, "")
			wantRefusal(t, ask(strings.Replace(signed, "16327129", "16327130", 1)), 10015, "")
		}
		wantRefusal(t, ask(sign(t, text, shop.appID, signature.Raw)), 10015, "")
		wantRefusal(t, ask(sign(t, text, "", signature.Raw)), 10015, "")
		wantRefusal(t, ask(sign(t, text, rival.key, signature.Raw)), 10015, "")
		wantRefusal(t, ask(text), 10015, "")
		for _, bad := range []string{`""`, `null`, `"x"`, `12345678901234567890123456789012`, `["x"]`, `"` + strings.Repeat("z", 32) + `"`, `"` + strings.Repeat("A", 33) + `"`} {
			wantRefusal(t, ask(strings.TrimSuffix(text, "}")+`,"sign":`+bad+`}`), 10015, "")
		}
	}
}

// G11 (signing.md §4).
func TestTimestamp(t *testing.T) {
	a := newAPI(t)
	ask := func(value any) answer {
		return a.do(t, post("/orders/1", fields{"machine_no": "16327129", "timestamp": value}))
	}
	const late = `{"server_time":1714353655}`
	for _, value := range []any{"1714353655", 1714353655, "1714354255", "1714353055"} {
		wantRefusal(t, ask(value), 80002, "")
	}
	unusable := []any{omit, "", nil, "1714353655000", 1714353655000, "171435365", "x714353655", "+714353655", "1714353655.0", raw("1714353655.0"), raw("1.71435e9"), true, raw("[]"), "１714353655"}
	for _, value := range append(unusable, "1714354256", "1714353054", 1714354256, "9999999999", "0000000000") {
		wantRefusal(t, ask(value), 10016, late)
	}
	// Without a window the timestamp must still be usable.
	a = newAPI(t, func(c *openapi.Config) { c.TimestampWindow = 0 })
	for _, value := range unusable {
		wantRefusal(t, ask(value), 10016, late)
	}
	wantRefusal(t, ask("9999999999"), 80002, "")
}

// data is an object on every error, and every answer is one JSON object.
func TestErrorDataIsAnObject(t *testing.T) {
	a := newAPI(t)
	for _, c := range []call{post("/nothing", nil), post("/orders/1", nil), post("/orders/1", fields{}), post("/orders/1", fields{"machine_no": "1"})} {
		var out struct {
			Data map[string]any `json:"data"`
		}
		if err := json.Unmarshal([]byte(a.do(t, c).body), &out); err != nil || out.Data == nil {
			t.Errorf("data %v (%v)", out.Data, err)
		}
	}
}

// A body that ends too soon is a bad request.
func TestBrokenBody(t *testing.T) {
	a := newAPI(t)
	r := a.request(t, post("/orders/1", nil))
	r.Body = brokenBody{}
	wantRefusal(t, a.send(r), 400, "")
}
