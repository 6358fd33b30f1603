package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/vendlane/vendlane/api"
	"github.com/vendlane/vendlane/internal/account"
)

// spec is api/console.yaml. Every answer that a test of this package gets is
// checked against it.
type spec struct {
	root map[string]any
	mu   sync.Mutex // of the compiler
	c    *jsonschema.Compiler
}

const specURL = "https://vendlane.example/console.json"

var loadSpec = sync.OnceValues(func() (*spec, error) {
	text, err := yaml.YAMLToJSON(api.Console)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	d := &spec{root: root.(map[string]any), c: jsonschema.NewCompiler()}
	d.c.DefaultDraft(jsonschema.Draft2020)
	return d, d.c.AddResource(specURL, root)
})

func theSpec(t testing.TB) *spec {
	t.Helper()
	d, err := loadSpec()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// at returns what stands at a place, following a reference, and where that is.
func (d *spec) at(place ...string) (map[string]any, []string) {
	var node any = d.root
	for _, part := range place {
		m, _ := node.(map[string]any)
		node = m[part]
	}
	m, _ := node.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		return d.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return m, place
}

func (d *spec) validate(t testing.TB, place []string, raw []byte) error {
	t.Helper()
	pointer := ""
	for _, part := range place {
		pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(part, "~", "~0"), "/", "~1")
	}
	d.mu.Lock()
	schema, err := d.c.Compile(specURL + "#" + (&url.URL{Path: pointer}).EscapedPath())
	d.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// operation finds the path of the document that a request's path belongs to.
func (d *spec) operation(verb, requested string) (place []string, found bool) {
	requested, _, _ = strings.Cut(requested, "?")
	paths, _ := d.at("paths")
	best := ""
	for template := range paths {
		pattern := template
		for strings.Contains(pattern, "{") {
			from, rest, _ := strings.Cut(pattern, "{")
			_, to, _ := strings.Cut(rest, "}")
			pattern = from + "*" + to
		}
		if ok, _ := path.Match(pattern, requested); ok && (best == "" || !strings.Contains(template, "{")) {
			best = template
		}
	}
	place = []string{"paths", best, strings.ToLower(verb)}
	op, _ := d.at(place...)
	return place, best != "" && op != nil
}

// check compares an exchange with the document: the answer always, the body of
// the request if it was accepted.
func (d *spec) check(t testing.TB, verb, requested string, body []byte, w *httptest.ResponseRecorder) {
	t.Helper()
	op, found := d.operation(verb, requested)
	if !found {
		if w.Code != http.StatusNotFound {
			t.Errorf("%s %s is not in the document and answers HTTP %d", verb, requested, w.Code)
		}
		return
	}
	answers, _ := d.at(append(op, "responses")...)
	status := strconv.Itoa(w.Code)
	if _, listed := answers[status]; !listed {
		if w.Code < 300 {
			t.Errorf("%s %s: HTTP %d is not in the document", verb, requested, w.Code)
		}
		status = "default"
	}
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	content, place := d.at(append(op, "responses", status)...)
	types, _ := content["content"].(map[string]any)
	switch {
	case types == nil:
		if w.Body.Len() != 0 || types != nil {
			t.Errorf("%s %s: a body where there is none", verb, requested)
		}
	case types[kind] == nil:
		t.Errorf("%s %s: %s is not in the document", verb, requested, kind)
	case kind == "application/json":
		if err := d.validate(t, append(place, "content", kind, "schema"), w.Body.Bytes()); err != nil {
			t.Errorf("%s %s answered %s: %v", verb, requested, w.Body, err)
		}
	}
	if takes, _ := d.at(append(op, "requestBody")...); w.Code >= 300 || takes == nil {
		return
	}
	if err := d.validate(t, append(op, "requestBody", "content", "application/json", "schema"), body); err != nil {
		t.Errorf("%s %s was accepted: %s: %v", verb, requested, body, err)
	}
}

// The document names every route, and no other, each with its permission.
func TestSpecNamesEveryRoute(t *testing.T) {
	d := theSpec(t)
	left := map[string]bool{}
	paths, _ := d.at("paths")
	for path, item := range paths {
		for verb := range item.(map[string]any) {
			left[strings.ToUpper(verb)+" "+path] = true
		}
	}
	var none *Server
	for _, rt := range none.routes() {
		name := rt.verb + " " + rt.path
		op, _ := d.at("paths", rt.path, strings.ToLower(rt.verb))
		if !left[name] {
			t.Errorf("%s is not in the document", name)
			continue
		}
		delete(left, name)
		permission, _ := op["x-permission"].(string)
		_, open := op["security"]
		if permission != string(rt.may) || (op["x-platform"] == true) != (rt.access == platform) || open != (rt.access == anybody) {
			t.Errorf("%s: the document says permission %q, platform %v, open %v", name, permission, op["x-platform"], open)
		}
	}
	for name := range left {
		t.Errorf("%s is in the document and is no route", name)
	}
}

// The lists of words in the document are those of the program.
func TestSpecKnowsTheWords(t *testing.T) {
	d := theSpec(t)
	words := func(schema string) string {
		s, _ := d.at("components", "schemas", schema)
		raw, err := json.Marshal(s["enum"])
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	roles, err := json.Marshal(account.Roles())
	if err != nil {
		t.Fatal(err)
	}
	if words("Role") != string(roles) {
		t.Errorf("roles %s, want %s", words("Role"), roles)
	}
	for _, p := range account.Owner.Permissions() {
		if !strings.Contains(words("Permission"), `"`+string(p)+`"`) {
			t.Errorf("permission %s is not in the document", p)
		}
	}
	codes, _ := d.at("components", "schemas", "ErrorCode")
	pages, err := os.ReadFile("../../web/src/i18n/en/errors.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes["enum"].([]any) {
		if !strings.Contains(string(pages), fmt.Sprintf("%q:", "error."+code.(string))) {
			t.Errorf("the pages have no words for %s", code)
		}
	}
	event, _ := d.at("components", "schemas", "ChangeEvent", "properties", "topic")
	for topic := range topics() {
		raw, _ := json.Marshal(event["enum"])
		if !strings.Contains(string(raw), `"`+topic+`"`) {
			t.Errorf("topic %s is not in the document", topic)
		}
	}
}
