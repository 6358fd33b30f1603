package openapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	contract "github.com/vendlane/vendlane/api"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/signature"
)

// specDoc is api/openapi.yaml and the schemas in it.
type specDoc struct {
	root     map[string]any
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const specURL = "https://vendlane.example/openapi.json"

// specLoad reads the document. Data of errors is closed here, so that a member
// nobody has written down is noticed; in the document it is open, because
// members may be added.
func specLoad(t testing.TB) *specDoc {
	t.Helper()
	text, err := yaml.YAMLToJSON(contract.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	d := &specDoc{root: value.(map[string]any), compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	for name, s := range d.at(t, "/components/schemas").(map[string]any) {
		if strings.HasSuffix(name, "Details") {
			specClose(s.(map[string]any))
		}
	}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := d.compiler.AddResource(specURL, d.root); err != nil {
		t.Fatal(err)
	}
	return d
}

func specClose(s map[string]any) {
	if s["type"] == "object" {
		s["additionalProperties"] = false
	}
	for _, alternative := range specList(s["oneOf"]) {
		specClose(alternative.(map[string]any))
	}
}

// specList and specMap make an absent member an empty one.
func specList(v any) []any {
	list, _ := v.([]any)
	return list
}

func specMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// specPointer joins the parts of a JSON pointer.
func specPointer(parts ...string) string {
	out := ""
	for _, p := range parts {
		out += "/" + strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1")
	}
	return out
}

// at returns what a JSON pointer leads to.
func (d *specDoc) at(t testing.TB, pointer string) any {
	t.Helper()
	var node any = d.root
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		var found bool
		switch n := node.(type) {
		case map[string]any:
			node, found = n[part]
		case []any:
			i, err := strconv.Atoi(part)
			if found = err == nil && i < len(n); found {
				node = n[i]
			}
		}
		if !found {
			t.Fatalf("the document has nothing at %s", pointer)
		}
	}
	return node
}

// follow returns where a pointer leads when a reference stands there.
func (d *specDoc) follow(t testing.TB, pointer string) string {
	t.Helper()
	if ref, ok := specMap(d.at(t, pointer))["$ref"].(string); ok {
		return d.follow(t, strings.TrimPrefix(ref, "#"))
	}
	return pointer
}

// validate checks a value against the schema at a pointer.
func (d *specDoc) validate(t testing.TB, pointer string, value any) error {
	t.Helper()
	s, found := d.compiled[pointer]
	if !found {
		var err error
		u := specURL + "#" + (&url.URL{Path: pointer}).EscapedPath()
		if s, err = d.compiler.Compile(u); err != nil {
			t.Fatalf("schema at %s: %v", pointer, err)
		}
		d.compiled[pointer] = s
	}
	return s.Validate(value)
}

// specOperation is an operation of the document and where it stands.
type specOperation struct {
	verb, path, pointer string
	codes               []int
	codeMethods         map[string]any
}

func (o specOperation) String() string { return o.verb + " " + o.path }

func (d *specDoc) operations(t testing.TB) []specOperation {
	t.Helper()
	out := []specOperation{}
	for path, item := range d.at(t, "/paths").(map[string]any) {
		for verb, value := range item.(map[string]any) {
			op := value.(map[string]any)
			o := specOperation{verb: strings.ToUpper(verb), path: path, pointer: specPointer("paths", path, verb)}
			for _, code := range specList(op["x-codes"]) {
				o.codes = append(o.codes, specInt(t, code))
			}
			o.codeMethods = specMap(op["x-code-methods"])
			out = append(out, o)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out
}

func specInt(t testing.TB, v any) int {
	t.Helper()
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		t.Fatalf("%v is no number", v)
	}
	return n
}

// payload returns where the schema of an operation's parameters is: the
// decoded payload, or the body of the endpoint that has a bare one. "" is none.
func (d *specDoc) payload(t testing.TB, o specOperation) (pointer string, bare bool) {
	t.Helper()
	if _, found := specMap(d.at(t, o.pointer))["requestBody"]; !found {
		return "", false
	}
	schema := o.pointer + "/requestBody/content/application~1json/schema"
	if wrapped := specMap(specMap(d.at(t, schema))["properties"]); wrapped["payload"] != nil {
		return schema + "/properties/payload/contentSchema", false
	}
	return d.follow(t, schema), true
}

// methods are the constants of the member `method`, ascending.
func (d *specDoc) methods(t testing.TB, o specOperation) []string {
	t.Helper()
	pointer, _ := d.payload(t, o)
	if pointer == "" {
		return nil
	}
	alternatives := []string{d.follow(t, pointer)}
	if n := len(specList(specMap(d.at(t, pointer))["oneOf"])); n > 0 {
		alternatives = nil
		for i := range n {
			alternatives = append(alternatives, d.follow(t, pointer+"/oneOf/"+strconv.Itoa(i)))
		}
	}
	out := []string{}
	for _, a := range alternatives {
		if m, ok := specMap(specMap(specMap(d.at(t, a))["properties"])["method"])["const"].(string); ok {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out
}

// branches maps the codes of a response to the pointers of their schemas.
func (d *specDoc) branches(t testing.TB, response string) map[int]string {
	t.Helper()
	schema := response + "/content/application~1json/schema"
	pointers := []string{schema}
	if n := len(specList(specMap(d.at(t, schema))["oneOf"])); n > 0 {
		pointers = nil
		for i := range n {
			pointers = append(pointers, schema+"/oneOf/"+strconv.Itoa(i))
		}
	}
	out := map[int]string{}
	for _, p := range pointers {
		ref, _ := specMap(d.at(t, p))["$ref"].(string)
		code, err := strconv.Atoi(strings.TrimPrefix(ref, "#/components/schemas/Error"))
		if err != nil {
			code = 0
		}
		out[code] = p
	}
	return out
}

// responses maps the HTTP statuses of an operation to the pointers of its
// responses.
func (d *specDoc) responses(t testing.TB, o specOperation) map[int]string {
	t.Helper()
	out := map[int]string{}
	for status := range d.at(t, o.pointer+"/responses").(map[string]any) {
		out[specInt(t, status)] = d.follow(t, o.pointer+"/responses/"+status)
	}
	return out
}

// The routes and the methods of the server are those of the document.
func TestSpecNamesEveryRoute(t *testing.T) {
	d := specLoad(t)
	inDocument := []string{}
	for _, o := range d.operations(t) {
		inDocument = append(inDocument, fmt.Sprintf("%v %v", o, d.methods(t, o)))
	}
	inServer := []string{}
	for _, r := range openapi.Routes() {
		inServer = append(inServer, fmt.Sprintf("%s %s %v", r.Verb, r.Path, r.Methods))
	}
	slices.Sort(inDocument)
	slices.Sort(inServer)
	if !slices.Equal(inDocument, inServer) {
		t.Errorf("document\n%s\nserver\n%s", strings.Join(inDocument, "\n"), strings.Join(inServer, "\n"))
	}
}

// A comma in an unquoted text ends it and makes a key of the rest.
func TestSpecHasNoTornTexts(t *testing.T) {
	var walk func(node any, at string)
	walk = func(node any, at string) {
		for name, member := range specMap(node) {
			if member == nil || strings.ContainsAny(name, " \n") {
				t.Errorf("%s/%s: %v", at, name, member)
			}
			walk(member, at+specPointer(name))
		}
		for i, element := range specList(node) {
			walk(element, at+"/"+strconv.Itoa(i))
		}
	}
	walk(specLoad(t).root, "")
}

// Every code of the catalogue is in the document, with its texts and status,
// and no other.
func TestSpecNamesEveryCode(t *testing.T) {
	d := specLoad(t)
	documented := map[string]bool{}
	for name := range d.at(t, "/components/schemas").(map[string]any) {
		if code, found := strings.CutPrefix(name, "Error"); found {
			documented[code] = true
		}
	}
	for _, e := range openapi.Catalogue() {
		code := strconv.Itoa(int(e.Code))
		if !documented[code] {
			t.Errorf("code %s is not in the document", code)
			continue
		}
		delete(documented, code)
		s := d.at(t, "/components/schemas/Error"+code).(map[string]any)
		if s["x-message"] != e.Message || s["x-english"] != e.English || specInt(t, s["x-http-status"]) != e.Status {
			t.Errorf("code %s reads %v, %v, HTTP %v; want %q, %q, HTTP %d", code,
				s["x-message"], s["x-english"], s["x-http-status"], e.Message, e.English, e.Status)
		}
		for _, message := range []string{e.Message, e.English} {
			pointer := "/components/schemas/Error" + code + "/properties/message"
			if err := d.validate(t, pointer, message); err != nil {
				t.Errorf("code %s does not allow its text: %v", code, err)
			}
		}
	}
	for code := range documented {
		t.Errorf("the document has code %s, the catalogue does not", code)
	}
}

// What x-codes lists is what the responses allow, each with the status of its
// code; notes and methods belong to codes that are listed.
func TestSpecCodesOfOperations(t *testing.T) {
	d := specLoad(t)
	for _, o := range d.operations(t) {
		listed := slices.Clone(o.codes)
		slices.Sort(listed)
		allowed := []int{}
		for status, response := range d.responses(t, o) {
			for code := range d.branches(t, response) {
				if code == 0 {
					continue
				}
				allowed = append(allowed, code)
				own := specInt(t, d.at(t, fmt.Sprintf("/components/schemas/Error%d/x-http-status", code)))
				if own != status && code != http.StatusNotFound {
					t.Errorf("%s: code %d has HTTP %d, the document says %d", o, code, own, status)
				}
			}
		}
		slices.Sort(allowed)
		if !slices.Equal(listed, allowed) {
			t.Errorf("%s: x-codes\n%v\nresponses\n%v", o, listed, allowed)
		}
		for code := range specMap(specMap(d.at(t, o.pointer))["x-code-notes"]) {
			if !slices.Contains(listed, specInt(t, code)) {
				t.Errorf("%s: a note for code %s, which is not listed", o, code)
			}
		}
		methods := d.methods(t, o)
		for code, only := range o.codeMethods {
			if !slices.Contains(listed, specInt(t, code)) {
				t.Errorf("%s: methods for code %s, which is not listed", o, code)
			}
			for _, m := range specList(only) {
				if !slices.Contains(methods, m.(string)) {
					t.Errorf("%s: code %s belongs to unknown method %v", o, code, m)
				}
			}
		}
	}
}

// Examples fit their schemas. Those of requests decode to the payload's
// example and carry its true signature.
func TestSpecExamples(t *testing.T) {
	d := specLoad(t)
	for name, s := range d.at(t, "/components/schemas").(map[string]any) {
		for _, e := range specList(specMap(s)["examples"]) {
			if err := d.validate(t, specPointer("components", "schemas", name), e); err != nil {
				t.Errorf("example of %s: %v", name, err)
			}
		}
	}
	for name := range d.at(t, "/components/responses").(map[string]any) {
		d.checkExamples(t, specPointer("components", "responses", name))
	}
	for _, o := range d.operations(t) {
		if n := d.checkExamples(t, o.pointer+"/responses/200"); n == 0 {
			t.Errorf("%s has no example of an answer", o)
		}
		d.checkRequestExamples(t, o)
	}
}

func (d *specDoc) checkExamples(t *testing.T, response string) int {
	t.Helper()
	content := response + "/content/application~1json"
	examples := specMap(specMap(d.at(t, content))["examples"])
	for name, e := range examples {
		if err := d.validate(t, content+"/schema", specMap(e)["value"]); err != nil {
			t.Errorf("example %s of %s: %v", name, response, err)
		}
	}
	return len(examples)
}

func (d *specDoc) checkRequestExamples(t *testing.T, o specOperation) {
	t.Helper()
	pointer, bare := d.payload(t, o)
	if pointer == "" || bare {
		return
	}
	examples := specMap(specMap(d.at(t, o.pointer+"/requestBody/content/application~1json"))["examples"])
	if want := max(1, len(d.methods(t, o))); len(examples) != want {
		t.Errorf("%s has %d examples of a request, want %d", o, len(examples), want)
	}
	for name, e := range examples {
		wire, _ := specMap(specMap(e)["value"])["payload"].(string)
		text, err := base64.StdEncoding.DecodeString(wire)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		payload, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := d.validate(t, pointer, payload); err != nil {
			t.Errorf("example %s of %s: %v", name, o, err)
		}
		shown := specList(specMap(d.at(t, specPointer("components", "schemas", name)))["examples"])
		if len(shown) != 1 || specJSON(t, shown[0]) != specJSON(t, payload) {
			t.Errorf("the wire example %s is not the one of the schema: %s", name, text)
		}
		object, err := signature.ParseObject(text)
		if err != nil || !object.Verify("kva") {
			t.Errorf("example %s is not signed with the AppKey kva (%v)", name, err)
		}
	}
}

func specJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
