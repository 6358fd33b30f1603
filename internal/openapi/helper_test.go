package openapi_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// zone is the default machine zone, GMT+8.
var zone = time.FixedZone("GMT+8", 8*3600)

// credentials are what a caller of the API knows.
type credentials struct{ appID, secret, key string }

var (
	shop  = credentials{"vm0123456789abcdef", "0123456789abcdef0123456789abcdef", "kva"}
	rival = credentials{"vm1111111111111111", "11111111111111111111111111111111", "rival-key"}
)

// rivalMachine belongs to the rival and sells products 231 and 232.
const rivalMachine = "26327129"

// api is the merchant API on a store with the shop of storetest and a rival's.
type api struct {
	*storetest.Fixture
	engine store.Engine
	file   string
	sql    *sql.DB // writes past the use cases
	server http.Handler
	config openapi.Config
	log    bytes.Buffer
	// queries counts what the use cases have asked of the store.
	queries atomic.Int64
}

// newAPI makes an API without rate limits; change may alter its settings.
func newAPI(t testing.TB, change ...func(*openapi.Config)) *api {
	t.Helper()
	return newAPIAt(t, filepath.Join(t.TempDir(), "vendlane.db"), change...)
}

// newAPIAt is newAPI with its database in a file of the caller's choice.
func newAPIAt(t testing.TB, file string, change ...func(*openapi.Config)) *api {
	t.Helper()
	a := &api{file: file}
	if err := os.WriteFile(a.file, template(t), 0o600); err != nil {
		t.Fatal(err)
	}
	a.Fixture = storetest.NewFixture(t, func(t testing.TB) store.Engine {
		a.engine = openEngine(t, a.file, sqlite.Options{})
		return countingEngine{a.engine, &a.queries}
	})
	var err error
	a.sql, err = sql.Open("sqlite", "file:"+(&url.URL{Path: a.file}).EscapedPath()+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.sql.Close() })
	return a.start(change)
}

// start puts the API on its store.
func (a *api) start(change []func(*openapi.Config)) *api {
	a.config = openapi.Config{TimestampWindow: 600, Zone: zone}
	for _, c := range change {
		c(&a.config)
	}
	a.server = a.serve(a.Store)
	return a
}

// serve puts an API on a store.
func (a *api) serve(st *store.Store) http.Handler {
	log := slog.New(slog.NewTextHandler(&a.log, nil))
	return openapi.New(st, a.Box, openapi.UseCases{
		Pickup: a.Pickup, Ordering: a.Ordering, Dispense: a.Dispense, Catalog: catalog.New(st, a.Now, catalog.Config{}, log),
		Fleet: fleet.New(st, a.Box, a.Now, fleet.Config{Zone: zone, OfflineAfter: 600_000}, log),
	}, a.Now, a.config, nil, log)
}

func openEngine(t testing.TB, file string, opts sqlite.Options) store.Engine {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), file, opts)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

var (
	templateOnce sync.Once
	templateText []byte
)

// template returns a database file with both merchants in it. It is made once,
// because hashing the machines' passwords is slow on purpose.
func template(t testing.TB) []byte {
	t.Helper()
	templateOnce.Do(func() {
		file := filepath.Join(t.TempDir(), "template.db")
		f := storetest.NewFixture(t, func(t testing.TB) store.Engine { return openEngine(t, file, sqlite.Options{}) })
		applier := provision.New(f.ProvisionDeps())
		if _, err := applier.Apply(t.Context(), rivalFile()); err != nil {
			t.Fatal(err)
		}
		if err := f.Store.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		templateText = text
	})
	if templateText == nil {
		t.Fatal("the template database could not be made")
	}
	return templateText
}

func rivalFile() provision.File {
	return provision.File{Merchants: []provision.Merchant{{
		Slug: "rival", Title: "Rival", AppID: rival.appID, AppSecret: rival.secret, AppKey: rival.key,
		Models: []provision.Model{{Name: "spring", Boards: []provision.Board{{Addr: 1, FloorType: 1}}}},
		Goods:  []provision.Good{{Slug: "tea", Name: "茶", Price: "2.00"}},
		Machines: []provision.Machine{{
			MachineNo: rivalMachine, Name: "Rival 1", Model: "spring", PickupCodeEnabled: true, Password: "rival",
			Planogram: []provision.Channel{
				{ProductID: 231, Motor: 0, Good: "tea", Capacity: 10, Stock: 10},
				{ProductID: 232, Motor: 1, Good: "tea", Capacity: 10, Stock: 10},
			},
		}},
	}}}
}

// exec changes the database behind the use cases' back.
func (a *api) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	result, err := a.sql.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed %d rows (%v)", query, n, err)
	}
}

// fields is a payload object. A json.RawMessage is sent as it is; omit leaves
// the member out.
type fields map[string]any

type omitted struct{}

var omit = omitted{}

// with returns a copy with some members changed: name, value, name, value …
func (f fields) with(changes ...any) fields {
	out := maps.Clone(f)
	for i := 0; i < len(changes); i += 2 {
		out[changes[i].(string)] = changes[i+1]
	}
	return out
}

// text returns the JSON text; timestamp is filled in unless given or omitted.
func (f fields) text(t testing.TB, now time.Time) string {
	t.Helper()
	out := map[string]any{"timestamp": strconv.FormatInt(now.Unix(), 10)}
	for name, value := range f {
		if value == omit {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sign adds the member sign to the text of an object.
func sign(t testing.TB, text, key string, form signature.Form) string {
	t.Helper()
	object, err := signature.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	text = strings.TrimSuffix(strings.TrimSpace(text), "}")
	if !strings.HasSuffix(text, "{") {
		text += ","
	}
	return text + `"sign":"` + object.Sign(form, key) + `"}`
}

// envelope wraps the text of a payload object.
func envelope(text string) string {
	return `{"payload":"` + base64.StdEncoding.EncodeToString([]byte(text)) + `"}`
}

// call is one request. Of body, text and payload the first that is set counts;
// text and payload are signed.
type call struct {
	verb, path string
	payload    fields
	text       string
	body       string
	by         credentials
	header     map[string]string
	remote     string
}

func post(path string, payload fields) call {
	return call{verb: http.MethodPost, path: path, payload: payload, by: shop}
}

func put(path string, payload fields) call {
	return call{verb: http.MethodPut, path: path, payload: payload, by: shop}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a *api) request(t testing.TB, c call) *http.Request {
	t.Helper()
	body := c.body
	switch {
	case body != "":
	case c.text != "":
		body = envelope(sign(t, c.text, c.by.key, signature.Raw))
	case c.payload != nil:
		body = envelope(sign(t, c.payload.text(t, a.Now()), c.by.key, signature.Raw))
	}
	r := httptest.NewRequest(c.verb, openapi.Prefix+c.path, strings.NewReader(body))
	r.Header.Set("Appid", c.by.appID)
	r.Header.Set("AppSecret", c.by.secret)
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if c.remote != "" {
		r.RemoteAddr = c.remote
	}
	return r
}

func (a *api) do(t testing.TB, c call) answer {
	t.Helper()
	return a.send(a.request(t, c))
}

func (a *api) send(r *http.Request) answer {
	w := httptest.NewRecorder()
	a.server.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), strings.TrimSuffix(w.Body.String(), "\n")}
}

// compact is JSON without white space; members keep their order.
func compact(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out.String()
}

// wantAnswer compares an answer with JSON: same members in the same order.
func wantAnswer(t testing.TB, got answer, status int, want string) {
	t.Helper()
	if want = compact(t, want); got.status != status || got.body != want {
		t.Errorf("answer\n  HTTP %d %s\nwant\n  HTTP %d %s", got.status, got.body, status, want)
	}
	if ct := got.header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", ct)
	}
}

// wantRefusal compares an answer with a row of errors.md §2.
func wantRefusal(t testing.TB, got answer, code int, data string) {
	t.Helper()
	row, known := texts[code]
	if !known {
		t.Fatalf("code %d is not in errors.md", code)
	}
	status := http.StatusOK
	switch code {
	case 10008, 10013, 10014, 10015, 10016:
		status = http.StatusUnauthorized
	case 400, 404, 429, 500:
		status = code
	}
	if data == "" {
		data = "{}"
	}
	wantAnswer(t, got, status, fmt.Sprintf(`{"code":%d,"message":%q,"data":%s}`, code, row[0], data))
}

// wantOK checks for success and returns nothing more.
func wantOK(t testing.TB, got answer) {
	t.Helper()
	if got.status != http.StatusOK || !strings.HasPrefix(got.body, `{"code":0,"message":"ok","data":`) {
		t.Errorf("answer HTTP %d %s, want success", got.status, got.body)
	}
}

// texts are the messages of errors.md §2, as sent and in English.
var texts = map[int][2]string{
	400:   {"Bad Request", "Bad Request"},
	404:   {"Not Found", "Not Found"},
	429:   {"请求过于频繁，请稍后再试", "Too Many Requests"},
	500:   {"服务器内部错误", "Internal Server Error"},
	10001: {"表单校验失败，请重新输入", "Form validation failed"},
	10008: {"appid or appsecret is empty", "appid or appsecret is empty"},
	10009: {"当前商户已过期，请先续费", "Merchant expired, renew first"},
	10010: {"当前商户尚未验证，请先验证", "Merchant not verified yet"},
	10013: {"app secret is invalid", "app secret is invalid"},
	10014: {"appid is invalid", "appid is invalid"},
	10015: {"签名错误", "Invalid signature"},
	10016: {"时间戳超出允许范围", "Timestamp out of window"},
	10017: {"不支持的 method", "Method not supported"},
	10023: {"取货码功能尚未开启", "Pickup codes are not enabled"},
	10024: {"取货码不存在", "Pickup code does not exist"},
	10025: {"取货码已使用", "Pickup code already used"},
	10026: {"取货码已过期", "Pickup code expired"},
	10027: {"取货码已取消", "Pickup code cancelled"},
	10028: {"取货码与商品不匹配", "Pickup code is for another product"},
	10029: {"取货码错误次数过多，请稍后再试", "Too many wrong codes, locked"},
	10031: {"取货码长度无效", "Invalid code_length"},
	10032: {"过期时间无效", "Invalid expired_at"},
	10033: {"取货码生成数量无效", "Invalid count"},
	30001: {"没有关联的设备号", "No machine is bound"},
	30002: {"设备已离线", "Machine is offline"},
	30003: {"设备不存在", "Machine does not exist"},
	30004: {"设备不在运营中", "Machine is not in operation"},
	30005: {"设备正在出货中", "Machine is dispensing"},
	30006: {"设备转移中", "Machine is being transferred"},
	40001: {"商户订单号无效", "Invalid trade_id"},
	40002: {"商户订单号已存在", "trade_id already exists"},
	40005: {"订单已过期", "Order expired"},
	40006: {"订单状态无效", "Invalid order status"},
	40007: {"订单未支付", "Order is not paid"},
	40008: {"订单已出货", "Already delivered"},
	40009: {"订单已关闭", "Order closed"},
	60001: {"商品不存在", "Product does not exist"},
	60002: {"商品已下架", "Product is off sale"},
	60003: {"商品库存不足", "Insufficient stock"},
	60004: {"超出货道最大库存", "Exceeds the channel's capacity"},
	60005: {"货道不存在", "Channel does not exist"},
	60006: {"货道故障", "Channel fault"},
	80002: {"查不到对应记录", "Record not found"},
}

// snapshot is the whole content of the database, table by table, but for what
// open pages of the console are told.
type snapshot map[string][]string

func (a *api) snapshot(t testing.TB) snapshot {
	t.Helper()
	s := snapshot{}
	for _, table := range a.column(t, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'changes'") {
		s[table] = a.column(t, "SELECT * FROM "+table)
	}
	return s
}

// column runs a query with the store's reader and returns its rows as text.
func (a *api) column(t testing.TB, query string) []string {
	t.Helper()
	rows, err := a.engine.Reader().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(fmt.Sprintln(values...), "\n"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// wantUnchanged tells which tables differ from before, except the named ones.
func (a *api) wantUnchanged(t testing.TB, before snapshot, except ...string) {
	t.Helper()
	after := a.snapshot(t)
	for table, rows := range before {
		if strings.Contains(strings.Join(except, " "), table) {
			continue
		}
		if got, want := strings.Join(after[table], "\n"), strings.Join(rows, "\n"); got != want {
			t.Errorf("table %s was changed\n%s\nbefore\n%s", table, got, want)
		}
	}
}

// brokenBody is the body of a client that goes away.
type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenBody) Close() error             { return nil }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newPickup makes the use case with the limits of the fixture.
func newPickup(st *store.Store, clock vending.Clock) *pickup.Service {
	limits := vending.WrongCodeLimits{Max: 10, Window: 600_000, Lock: 600_000}
	return pickup.New(st, clock, rand.Reader, pickup.Config{Zone: zone, WrongCodes: limits}, discard())
}
