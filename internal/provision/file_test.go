package provision_test

import (
	"os"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/testkit"
)

func TestParse(t *testing.T) {
	file, err := provision.Parse([]byte(`
merchants:
  - slug: shop
    title: Shop
    app_key: 0123
    goods:
      - {slug: 0042, name: cola, price: 1.50}
    machines:
      - machine_no: 00327129
        name: 7
        model: m
        password: 0777
        planogram:
          - {motor: 3, good: 0042, stock: 4, capacity: 5}
        codes:
          - {code: 0528864, channel: A4}
`))
	if err != nil {
		t.Fatal(err)
	}
	m := file.Merchants[0]
	machine := m.Machines[0]
	// Numbers where texts are meant are kept as they were typed.
	for _, pair := range [][2]string{
		{m.AppKey, "0123"}, {m.Goods[0].Slug, "0042"}, {m.Goods[0].Price, "1.50"}, {machine.MachineNo, "00327129"}, {machine.Name, "7"},
		{machine.Password, "0777"}, {machine.Planogram[0].Good, "0042"}, {machine.Codes[0].Code, "0528864"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%q was read as %q", pair[1], pair[0])
		}
	}
	const secret = "0123456789abcdef0123456789abcdef"
	for name, text := range map[string]string{
		"unknown key":    "merchants:\n  - slug: a\n    app_secret: " + secret + "\n    titel: b\n",
		"wrong type":     "merchants:\n  - slug: a\n    app_secret: " + secret + "\n    debug: perhaps\n",
		"not YAML":       "merchants:\n  - app_secret: " + secret + "\n  x: [",
		"key twice":      "merchants:\n  - app_secret: " + secret + "\n    app_secret: " + secret + "\n",
		"not a list":     "merchants: " + secret + "\n",
		"fraction":       "merchants:\n  - machines:\n      - planogram:\n          - {motor: 1.5}\n",
		"two documents":  "merchants: []\n---\nmerchants: []\n",
		"nothing":        "",
		"only a comment": "# nothing\n",
		"too large":      strings.Repeat(" ", 16<<20+1),
	} {
		if _, err := provision.Parse([]byte(text)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The example that is shipped can be applied, twice.
func TestExample(t *testing.T) {
	text, err := os.ReadFile("../../examples/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := provision.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	st := store.New(testkit.NewDatabase(t).Open(t))
	defer st.Close()
	deps := f.ProvisionDeps()
	deps.Store = st
	applier := provision.New(deps)
	for range 2 {
		if _, err := applier.Apply(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	if text, err := os.ReadFile("../../examples/shop.yaml"); err == nil {
		f.Add(text)
	}
	f.Add([]byte("merchants: [{slug: a, machines: [{planogram: [{motor: 1}]}]}]"))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = provision.Parse(text) })
}
