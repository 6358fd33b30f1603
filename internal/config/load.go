package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"

	"github.com/vendlane/vendlane/internal/strictyaml"
)

// envPrefix starts every environment variable of the platform.
const envPrefix = "VENDLANE_"

// testPrefix starts variables that steer the tests, not the platform.
const testPrefix = envPrefix + "TEST_"

// Load returns the defaults, overlaid by a YAML file (file "" means none) and
// then by environment variables, and checks the result. Unknown keys and
// unknown VENDLANE_ variables are errors: a typing mistake must not become a
// default in silence.
func Load(file string, environ []string) (Config, error) {
	c := Default()
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return Config{}, fmt.Errorf("read configuration: %w", err)
		}
		if err := strictyaml.Decode(text, &c); err != nil {
			return Config{}, fmt.Errorf("configuration file %s: %w", file, err)
		}
	}
	if err := fromEnviron(&c, environ); err != nil {
		return Config{}, err
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

func fromEnviron(c *Config, environ []string) error {
	leaves := map[string]Leaf{}
	for _, leaf := range Leaves(c) {
		leaves[leaf.Env] = leaf
	}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, testPrefix) || injected(name) {
			continue
		}
		leaf, known := leaves[name]
		if !known {
			return fmt.Errorf("environment: no setting belongs to %s", name)
		}
		if leaf.value.Kind() == reflect.String {
			leaf.value.SetString(text)
			continue
		}
		if leaf.value.Kind() == reflect.Slice && !strings.HasPrefix(text, "[") {
			text = "[" + text + "]"
		}
		if text == "" {
			return fmt.Errorf("environment: %s: no value", name)
		}
		if err := strictyaml.Decode([]byte(text), leaf.value.Addr().Interface()); err != nil {
			return fmt.Errorf("environment: %s: %w", name, err)
		}
	}
	return nil
}

// injected tells whether a variable is one that Kubernetes makes for a service
// called "vendlane" or "vendlane-…": no setting of ours ends like these.
func injected(name string) bool {
	return regexp.MustCompile(`^VENDLANE_([A-Z0-9_]+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`).
		MatchString(name)
}

// Leaf is one setting: its key in a file, its environment variable, what it
// means in both languages and its present value.
type Leaf struct {
	Key, Env, Doc, DocZH string
	value                reflect.Value
}

// Value returns the setting as text.
func (l Leaf) Value() string {
	if l.value.Kind() == reflect.Slice {
		var parts []string
		for i := range l.value.Len() {
			parts = append(parts, fmt.Sprint(l.value.Index(i)))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(l.value)
}

// Leaves lists all settings of c in the order of the struct.
func Leaves(c *Config) []Leaf { return leavesOf(reflect.ValueOf(c).Elem(), "") }

func leavesOf(v reflect.Value, prefix string) []Leaf {
	var out []Leaf
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key := prefix + field.Tag.Get("yaml")
		if doc, isLeaf := field.Tag.Lookup("doc"); isLeaf {
			env := envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
			out = append(out, Leaf{Key: key, Env: env, Doc: doc, DocZH: field.Tag.Get("zh"), value: v.Field(i)})
			continue
		}
		out = append(out, leavesOf(v.Field(i), key+".")...)
	}
	return out
}
