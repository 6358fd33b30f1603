package openapi_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/signature"
)

// specFields is a payload object; specOmit leaves a member out.
type specFields map[string]any

type specOmitted struct{}

var specOmit = specOmitted{}

func (f specFields) with(changes ...any) specFields {
	out := specFields{}
	maps.Copy(out, f)
	for i := 0; i < len(changes); i += 2 {
		name := changes[i].(string)
		if out[name] = changes[i+1]; out[name] == specOmit {
			delete(out, name)
		}
	}
	return out
}

// specCall is one request to an operation of the document.
type specCall struct {
	verb, path string
	// value fills the parameter of the path.
	value   string
	payload specFields
	// The rest is for refusals: a body instead of the payload, and headers.
	body, key, appID, secret string
	header                   map[string]string
	server                   http.Handler
}

// specAPI is the server on a store with the shop of specFile in it.
type specAPI struct {
	*storetest.Fixture
	doc    *specDoc
	sql    *sql.DB
	server http.Handler
	// seen are the codes that an operation, and a method of it, has answered.
	seen map[string]map[int]bool
}

var specZone = time.FixedZone("GMT+8", 8*3600)

// specNew makes a server without limits on a fresh store.
func specNew(t *testing.T, doc *specDoc, seen map[string]map[int]bool) *specAPI {
	t.Helper()
	file := filepath.Join(t.TempDir(), "vendlane.db")
	if err := os.WriteFile(file, specTemplate(t), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &specAPI{Fixture: storetest.NewFixture(t, specEngine(file)), doc: doc, seen: seen}
	specApply(t, s.Fixture) // the fixture has set back what it shares with it
	var err error
	if s.sql, err = sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(10000)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sql.Close() })
	s.server = s.serve(openapi.Config{})
	s.exec(t, "UPDATE presence SET is_online = TRUE")
	return s
}

func (s *specAPI) serve(cfg openapi.Config) http.Handler {
	cfg.TimestampWindow, cfg.Zone, cfg.PublicURL = 600, specZone, "https://platform.example"
	log := slog.New(slog.DiscardHandler)
	return openapi.New(s.Store, s.Box, openapi.UseCases{
		Pickup: s.Pickup, Ordering: s.Ordering, Dispense: s.Dispense, Catalog: catalog.New(s.Store, s.Now, catalog.Config{}, log),
		Fleet: fleet.New(s.Store, s.Box, s.Now, fleet.Config{Zone: specZone, OfflineAfter: 600_000}, log),
	}, s.Now, cfg, nil, log)
}

func specEngine(file string) storetest.Opener {
	return func(t testing.TB) store.Engine {
		engine, err := sqlite.Open(t.Context(), file, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return engine
	}
}

var (
	specTemplateOnce sync.Once
	specTemplateText []byte
)

// specTemplate returns a database file with the shop in it. It is made once,
// because hashing the machines' passwords is slow on purpose.
func specTemplate(t testing.TB) []byte {
	t.Helper()
	specTemplateOnce.Do(func() {
		file := filepath.Join(t.TempDir(), "template.db")
		f := storetest.NewFixture(t, specEngine(file))
		specApply(t, f)
		if err := f.Store.Close(); err != nil {
			t.Fatal(err)
		}
		var err error
		if specTemplateText, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	})
	if specTemplateText == nil {
		t.Fatal("the template database could not be made")
	}
	return specTemplateText
}

func specApply(t testing.TB, f *storetest.Fixture) {
	t.Helper()
	applier := provision.New(f.ProvisionDeps())
	if _, err := applier.Apply(t.Context(), specFile()); err != nil {
		t.Fatal(err)
	}
}

// exec changes the database behind the use cases' back.
func (s *specAPI) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	result, err := s.sql.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed %d rows (%v)", query, n, err)
	}
}

// want sends a call and checks its answer against the document: status,
// headers, envelope, code, data, and whether the payload should have been
// refused at all. It returns the data.
func (s *specAPI) want(t testing.TB, code int, c specCall) map[string]any {
	t.Helper()
	payload := s.signed(c)
	got := s.send(t, c, payload)
	var out struct {
		Code int `json:"code"`
		Data any `json:"data"`
	}
	if err := json.Unmarshal(got.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v", got.Body, err)
	}
	if out.Code != code {
		t.Fatalf("%s %s answered HTTP %d %s, want code %d", c.verb, c.path, got.Code, got.Body, code)
	}
	op := s.operation(t, c)
	s.checkAnswer(t, op, c, got, code)
	s.checkPayload(t, op, c, payload, code, specMap(out.Data))
	return specMap(out.Data)
}

// signed completes a payload with timestamp and sign.
func (s *specAPI) signed(c specCall) string {
	if c.path == "/orders" {
		text, _ := json.Marshal(c.payload)
		return string(text)
	}
	p := specFields{"timestamp": strconv.FormatInt(s.Now().Unix(), 10)}
	maps.Copy(p, c.payload)
	text, _ := json.Marshal(p)
	object, err := signature.ParseObject(text)
	if err != nil {
		return string(text)
	}
	key := c.key
	if key == "" {
		key = "kva"
	}
	p["sign"] = object.Sign(signature.Raw, key)
	text, _ = json.Marshal(p)
	return string(text)
}

func (s *specAPI) send(t testing.TB, c specCall, payload string) *httptest.ResponseRecorder {
	t.Helper()
	body := c.body
	switch {
	case body != "":
	case c.path == "/orders":
		body = payload
	case c.payload != nil:
		body = `{"payload":"` + base64.StdEncoding.EncodeToString([]byte(payload)) + `"}`
	}
	path := c.path
	if from, to := strings.Index(path, "{"), strings.Index(path, "}"); from >= 0 {
		path = path[:from] + c.value + path[to+1:]
	}
	r := httptest.NewRequestWithContext(t.Context(), c.verb, openapi.Prefix+path, strings.NewReader(body))
	appID, secret := c.appID, c.secret
	if appID == "" {
		appID = specAppID
	}
	if secret == "" {
		secret = specSecret
	}
	r.Header.Set("Appid", appID)
	r.Header.Set("AppSecret", secret)
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	server := c.server
	if server == nil {
		server = s.server
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func (s *specAPI) operation(t testing.TB, c specCall) specOperation {
	t.Helper()
	for _, o := range s.doc.operations(t) {
		if o.verb == c.verb && o.path == c.path {
			return o
		}
	}
	t.Fatalf("the document has no %s %s", c.verb, c.path)
	return specOperation{}
}

func (s *specAPI) checkAnswer(t testing.TB, op specOperation, c specCall, got *httptest.ResponseRecorder, code int) {
	t.Helper()
	response, found := s.doc.responses(t, op)[got.Code]
	if !found {
		t.Fatalf("%s: HTTP %d is not in the document", op, got.Code)
	}
	s.doc.checkResponse(t, op.String(), response, got, code)
	method, _ := c.payload["method"].(string)
	if only := specList(op.codeMethods[strconv.Itoa(code)]); len(only) > 0 && !slices.Contains(only, any(method)) {
		t.Errorf("%s: code %d does not belong to method %s", op, code, method)
	}
	for _, key := range []string{op.String(), op.String() + " " + method} {
		if s.seen[key] == nil {
			s.seen[key] = map[int]bool{}
		}
		s.seen[key][code] = true
	}
}

// checkResponse checks headers and body of an answer against a response of the
// document.
func (d *specDoc) checkResponse(t testing.TB, name, response string, got *httptest.ResponseRecorder, code int) {
	t.Helper()
	if ct := got.Header().Get("Content-Type"); ct != "application/json; charset=utf-8" {
		t.Errorf("%s: Content-Type %q", name, ct)
	}
	for header := range specMap(specMap(d.at(t, response))["headers"]) {
		schema := d.follow(t, response+specPointer("headers", header)) + "/schema"
		if err := d.validate(t, schema, got.Header().Get(header)); err != nil {
			t.Errorf("%s: header %s: %v", name, header, err)
		}
	}
	branch, found := d.branches(t, response)[code]
	if !found {
		t.Fatalf("%s: HTTP %d with code %d is not in the document: %s", name, got.Code, code, got.Body)
	}
	body, err := jsonschema.UnmarshalJSON(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.validate(t, branch, body); err != nil {
		t.Errorf("%s answered %s: %v", name, specJSON(t, body), err)
	}
}

// checkPayload compares the platform's judgement of a payload with that of its
// schema: refused for its fields, or not.
func (s *specAPI) checkPayload(t testing.TB, op specOperation, c specCall, payload string, code int, data map[string]any) {
	t.Helper()
	pointer, _ := s.doc.payload(t, op)
	if pointer == "" || c.body != "" {
		return
	}
	fits := true
	switch code {
	case 429, 10008, 10009, 10010, 10013, 10014, 10015:
		return // nobody has looked at the fields
	case 500, 10032:
		return // a date may be malformed, unreal or past
	case 10001:
		switch data["reason"] {
		case "single_item_only", "url_forbidden_target":
			// Not a matter of form.
		default:
			fits = false
		}
	case 10016:
		fits = len(fmt.Sprint(c.payload["timestamp"])) == 10
	case 10017, 10031, 40001:
		fits = false
	case 10033:
		fits = data["max"] != nil
	case 40006:
		fits = data["status"] != nil
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.doc.validate(t, pointer, value); (err == nil) != fits {
		t.Errorf("%s answered code %d %v to %s; its schema says: %v", op, code, data, payload, err)
	}
}
