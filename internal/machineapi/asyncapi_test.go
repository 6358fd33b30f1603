package machineapi

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/vendlane/vendlane/api"
)

// asyncDoc is api/asyncapi.yaml as one tree of JSON values.
type asyncDoc struct {
	t        testing.TB
	root     map[string]any
	compiler *jsonschema.Compiler
}

const asyncURL = "https://vendlane.example/asyncapi.json"

func loadAsync(t testing.TB) *asyncDoc {
	t.Helper()
	text, err := yaml.YAMLToJSON(api.AsyncAPI)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	d := &asyncDoc{t: t, root: value.(map[string]any), compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft7) // what AsyncAPI 3.0 builds on
	if err := d.compiler.AddResource(asyncURL, d.root); err != nil {
		t.Fatal(err)
	}
	return d
}

// object returns what stands at a path, and follows a reference there.
func (d *asyncDoc) object(path string) map[string]any {
	d.t.Helper()
	var node any = d.root
	for part := range strings.SplitSeq(path, "/") {
		members, _ := node.(map[string]any)
		if node = members[part]; node == nil {
			d.t.Fatalf("the document has nothing at %s", path)
		}
	}
	object, ok := node.(map[string]any)
	if !ok {
		d.t.Fatalf("%s is no object", path)
	}
	if ref, ok := object["$ref"].(string); ok {
		return d.object(strings.TrimPrefix(ref, "#/"))
	}
	return object
}

// asyncMessage is one message of the document.
type asyncMessage struct {
	key, method string
	schema      *jsonschema.Schema
	// fields are the message's own, without the base fields.
	fields   map[string]map[string]any
	required map[string]bool
	// alternatives are fields of which one at least is required.
	alternatives []string
	example      map[string]any
}

// messages returns the messages of a channel by their method.
func (d *asyncDoc) messages(channel string) map[string]asyncMessage {
	d.t.Helper()
	out := map[string]asyncMessage{}
	for key := range d.object("channels/" + channel + "/messages") {
		m := d.message(key)
		out[m.method] = m
	}
	return out
}

func (d *asyncDoc) message(key string) asyncMessage {
	d.t.Helper()
	path := "components/messages/" + key
	object := d.object(path)
	m := asyncMessage{
		key: key, method: object["name"].(string),
		fields: map[string]map[string]any{}, required: map[string]bool{},
	}
	var err error
	if m.schema, err = d.compiler.Compile(asyncURL + "#/" + path + "/payload"); err != nil {
		d.t.Fatal(err)
	}
	parts := object["payload"].(map[string]any)["allOf"].([]any)
	if ref := parts[0].(map[string]any)["$ref"]; ref != "#/components/schemas/Base" {
		d.t.Fatalf("%s does not begin with the base fields", key)
	}
	for _, part := range parts[1:] {
		d.collect(&m, part.(map[string]any))
	}
	examples := object["examples"].([]any)
	m.example = examples[0].(map[string]any)["payload"].(map[string]any)
	return m
}

// collect adds the fields of a part of a payload.
func (d *asyncDoc) collect(m *asyncMessage, part map[string]any) {
	if ref, ok := part["$ref"].(string); ok {
		part = d.object(strings.TrimPrefix(ref, "#/"))
	}
	properties, _ := part["properties"].(map[string]any)
	for name, schema := range properties {
		if name == "method" {
			if got := schema.(map[string]any)["const"]; got != m.method {
				d.t.Errorf("%s: method is %v, want %s", m.key, got, m.method)
			}
			continue
		}
		m.fields[name] = schema.(map[string]any)
	}
	required, _ := part["required"].([]any)
	for _, name := range required {
		m.required[name.(string)] = true
	}
	alternatives, _ := part["anyOf"].([]any)
	for _, a := range alternatives {
		for _, name := range a.(map[string]any)["required"].([]any) {
			m.alternatives = append(m.alternatives, name.(string))
		}
	}
}

// Members the document may use, by where they stand. A typing mistake in a name
// would otherwise pass unseen.
var asyncMembers = map[string]string{
	"":           "asyncapi info defaultContentType servers channels operations components",
	"info":       "title version license description",
	"server":     "host protocol protocolVersion title description security bindings",
	"channel":    "address title description servers parameters messages",
	"operation":  "action channel title description bindings messages reply",
	"components": "securitySchemes serverBindings operationBindings parameters schemas messages",
	"message":    "name title summary description contentType correlationId payload examples",
	"field":      "type pattern enum const minLength maxLength description examples",
}

func (d *asyncDoc) checkMembers(kind, path string, object map[string]any) {
	d.t.Helper()
	allowed := strings.Fields(asyncMembers[kind])
	for name := range object {
		if !slices.Contains(allowed, name) {
			d.t.Errorf("%s: member %s is not known for %q", path, name, kind)
		}
	}
}

// The shape AsyncAPI 3.0 asks for, as far as the document uses it.
func TestAsyncAPIShape(t *testing.T) {
	d := loadAsync(t)
	d.checkMembers("", "the document", d.root)
	if d.root["asyncapi"] != "3.0.0" {
		t.Errorf("version %v", d.root["asyncapi"])
	}
	d.checkMembers("info", "info", d.object("info"))
	d.checkMembers("components", "components", d.object("components"))
	for name := range d.object("servers") {
		d.checkMembers("server", name, d.object("servers/"+name))
	}
	addresses := map[string]string{
		"sharedUp": sharedTopic, "ownUp": sharedTopic + "/{machine_no}", "down": "/clients/{machine_no}",
	}
	if got := slices.Sorted(maps.Keys(d.object("channels"))); !slices.Equal(got, slices.Sorted(maps.Keys(addresses))) {
		t.Errorf("channels %v", got)
	}
	for name, address := range addresses {
		channel := d.object("channels/" + name)
		d.checkMembers("channel", name, channel)
		if channel["address"] != address {
			t.Errorf("channel %s has address %v, want %s", name, channel["address"], address)
		}
		if _, has := channel["parameters"]; has != strings.Contains(address, "{") {
			t.Errorf("channel %s: parameters and address disagree", name)
		}
	}
	checkRefs(d, "the document", d.root)
}

// checkRefs follows every reference.
func checkRefs(d *asyncDoc, path string, node any) {
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok {
			if len(n) != 1 {
				d.t.Errorf("%s: members beside $ref count for nothing", path)
			}
			d.object(strings.TrimPrefix(ref, "#/"))
			return
		}
		for name, member := range n {
			checkRefs(d, path+"/"+name, member)
		}
	case []any:
		for _, element := range n {
			checkRefs(d, path, element)
		}
	case nil:
		d.t.Errorf("%s is empty", path) // a comma in an unquoted text tears it
	}
}

// Every message of a channel is in exactly one of the channel's operations.
func TestAsyncAPIOperations(t *testing.T) {
	d := loadAsync(t)
	inOperations := map[string][]string{}
	for name := range d.object("operations") {
		op := d.object("operations/" + name)
		d.checkMembers("operation", name, op)
		channel := strings.TrimPrefix(op["channel"].(map[string]any)["$ref"].(string), "#/channels/")
		want := "receive"
		if channel == "down" {
			want = "send"
		}
		if op["action"] != want {
			t.Errorf("%s: action %v on channel %s", name, op["action"], channel)
		}
		for _, m := range op["messages"].([]any) {
			key, ok := strings.CutPrefix(m.(map[string]any)["$ref"].(string), "#/channels/"+channel+"/messages/")
			if !ok {
				t.Errorf("%s: message %v is not of the channel", name, m)
			}
			inOperations[channel] = append(inOperations[channel], key)
		}
	}
	for channel := range d.object("channels") {
		slices.Sort(inOperations[channel])
		if want := slices.Sorted(maps.Keys(d.object("channels/" + channel + "/messages"))); !slices.Equal(inOperations[channel], want) {
			t.Errorf("channel %s has messages %v, its operations %v", channel, want, inOperations[channel])
		}
	}
}

// Every field is described, is a text, and takes its own examples; every
// message takes its example.
func TestAsyncAPIMessages(t *testing.T) {
	d := loadAsync(t)
	for key := range d.object("components/messages") {
		d.checkMembers("message", key, d.object("components/messages/"+key))
		m := d.message(key)
		for name, field := range m.fields {
			checkField(d, key+"."+name, field)
		}
		for name := range m.required {
			if m.fields[name] == nil {
				t.Errorf("%s: required field %s is not described", key, name)
			}
		}
		for name := range m.example {
			if _, own := m.fields[name]; !own && !slices.Contains(baseFields, name) {
				t.Errorf("%s: field %s of the example is not described", key, name)
			}
		}
		if err := m.schema.Validate(m.example); err != nil {
			t.Errorf("%s: example: %v", key, err)
		}
	}
	base := d.object("components/schemas/Base")["properties"].(map[string]any)
	if got := slices.Sorted(maps.Keys(base)); !slices.Equal(got, baseFields) {
		t.Errorf("base fields %v", got)
	}
	for name, field := range base {
		checkField(d, "Base."+name, field.(map[string]any))
	}
}

// baseFields are in every message (mqtt.md §3.1), sorted.
var baseFields = []string{"client_id", "machine_id", "method", "sign", "status", "timestamp"}

func checkField(d *asyncDoc, path string, field map[string]any) {
	d.checkMembers("field", path, field)
	if field["type"] != "string" || field["description"] == nil || field["description"] == "" {
		d.t.Errorf("%s: no text, or without description", path)
	}
	if field["pattern"] == nil && field["enum"] == nil && field["const"] == nil && field["minLength"] == nil {
		d.t.Errorf("%s: nothing says what it may hold", path)
	}
	examples, _ := field["examples"].([]any)
	if len(examples) == 0 {
		d.t.Errorf("%s: no example", path)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	if err := compiler.AddResource(asyncURL, field); err != nil {
		d.t.Fatal(err)
	}
	schema, err := compiler.Compile(asyncURL)
	if err != nil {
		d.t.Fatalf("%s: %v", path, err)
	}
	for _, example := range examples {
		if err := schema.Validate(example); err != nil {
			d.t.Errorf("%s: example %v: %v", path, example, err)
		}
	}
}
