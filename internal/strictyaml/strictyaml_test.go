package strictyaml_test

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/strictyaml"
)

type inner struct {
	Name string `yaml:"name"`
}

type outer struct {
	Text    string         `yaml:"text"`
	Int     int            `yaml:"int"`
	Int64   int64          `yaml:"int64"`
	Rate    float64        `yaml:"rate"`
	Flag    bool           `yaml:"flag"`
	Section inner          `yaml:"section"`
	Pointer *inner         `yaml:"pointer"`
	List    []inner        `yaml:"list"`
	Numbers []int64        `yaml:"numbers"`
	Ranges  []netip.Prefix `yaml:"ranges"`
}

func defaults() outer {
	return outer{Text: "t", Int: 1, Int64: 2, Rate: 3, Flag: true, Section: inner{"s"}, Numbers: []int64{4}}
}

func TestDecode(t *testing.T) {
	for text, change := range map[string]func(*outer){
		"":                                       func(*outer) {},
		"# only a comment":                       func(*outer) {},
		"{}":                                     func(*outer) {},
		"section:\n  # name: x\n":                func(*outer) {},
		"section: ~\ntext: null\n":               func(*outer) {},
		"text: 0123":                             func(o *outer) { o.Text = "0123" },
		"text: 1.50":                             func(o *outer) { o.Text = "1.50" },
		"text: 0x1F":                             func(o *outer) { o.Text = "0x1F" },
		"text: true":                             func(o *outer) { o.Text = "true" },
		"text: .nan":                             func(o *outer) { o.Text = ".nan" },
		"text: 12345678901234567890123456789012": func(o *outer) { o.Text = "12345678901234567890123456789012" },
		"text: \"a\\nb\"":                        func(o *outer) { o.Text = "a\nb" },
		"text: ''":                               func(o *outer) { o.Text = "" },
		"text: |\n  a\n  b\n":                    func(o *outer) { o.Text = "a\nb\n" },
		"int: 7\nint64: -8":                      func(o *outer) { o.Int, o.Int64 = 7, -8 },
		"int: \"7\"":                             func(o *outer) { o.Int = 7 },
		"rate: 0.5":                              func(o *outer) { o.Rate = 0.5 },
		"rate: 7":                                func(o *outer) { o.Rate = 7 },
		"flag: false":                            func(o *outer) { o.Flag = false },
		"section: {name: x}":                     func(o *outer) { o.Section.Name = "x" },
		"pointer: {name: x}":                     func(o *outer) { o.Pointer = &inner{"x"} },
		"list: [{name: a}, {}]":                  func(o *outer) { o.List = []inner{{"a"}, {}} },
		"list:\n- name: a\n":                     func(o *outer) { o.List = []inner{{"a"}} },
		"numbers: []":                            func(o *outer) { o.Numbers = []int64{} },
		"numbers: [5, 6]":                        func(o *outer) { o.Numbers = []int64{5, 6} },
		"ranges: [10.0.0.0/8]":                   func(o *outer) { o.Ranges = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} },
		"section: &a {name: x}\npointer: *a":     func(o *outer) { o.Section.Name, o.Pointer = "x", &inner{"x"} },
	} {
		got, want := defaults(), defaults()
		change(&want)
		if err := strictyaml.Decode([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// Errors name the line and the key, and never the value.
func TestRefusals(t *testing.T) {
	const secret = "hunter2"
	for text, want := range map[string]string{
		"text: a\nnonsense: hunter2":        "line 2: nonsense",
		"section:\n  hunter: hunter2":       "line 2: section.hunter",
		"list: [{name: a}, {nam: hunter2}]": "list[1].nam",
		"int: hunter2":                      "line 1: int",
		"int: 1.5":                          "int",
		"int: 1e3":                          "int",
		"int: 0x1F":                         "int",
		"int: 99999999999999999999":         "int",
		"int: [1]":                          "int",
		"numbers: [1, 1.5]":                 "numbers[1]",
		"numbers: 5":                        "numbers",
		"rate: hunter2":                     "rate",
		"rate: .nan":                        "rate",
		"flag: yes":                         "flag",
		"flag: 1":                           "flag",
		"text: [hunter2]":                   "text",
		"text: \"hunter2\\0\"":              "line 1: text",
		"list: [{name: \"\\x00\"}]":         "list[0].name",
		"section: hunter2":                  "section",
		"list: {name: hunter2}":             "list",
		"ranges: [10.0.0.0]":                "ranges[0]",
		"ranges: [{a: hunter2}]":            "ranges[0]",
		"pointer: *a":                       "pointer",
		"- text: hunter2":                   "line 1",
		"hunter2":                           "line 1",
		"text: a\n---\ntext: b":             "document",
		"text: hunter2\ntext: hunter2":      "text",
		"text: hunter2\nint: [":             "2",
		"? [hunter2]\n: b":                  "",
		"<<: {text: hunter2}":               "<<",
		"\"\": hunter2":                     "",
	} {
		got := defaults()
		err := strictyaml.Decode([]byte(text), &got)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v, want %q named", text, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"text: 0123\nint: 7", "list: [{name: a}]", "a: &a [*a]", "pointer: &x {name: *x}", "? a\n: b", "!!str a: b", "- - -", "ranges: [::/0]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		var o outer
		_ = strictyaml.Decode(text, &o)
	})
}
