package fleetsim

import (
	"encoding/json"
	"fmt"
	"io"
	"text/template"
)

// shopText is a shop in the form of `vendlane admin apply`. The channels hold
// more than real ones do, so that a long simulation does not run out of goods.
const shopText = `# A shop for virtual machines, made by: vendlane simulate --write-shop
#
#   vendlane admin apply -f this-file
#   vendlane simulate --shop this-file
#
# It holds secrets: the AppKey and the machines' passwords.
merchants:
  - slug: simulated-shop
    title: Simulated Shop
    app_key: {{quote .AppKey}}
    models:
      - name: virtual-spring-6
        boards:
          - {addr: 1, floor_type: 1, drop_detection: true, capacity: 1000}
    goods:
      - {slug: "sim-cola", name: Cola, price: "3.50"}
      - {slug: "sim-water", name: Water, price: "2.00"}
      - {slug: "sim-crisps", name: Crisps, price: "6.50"}
    machines:
{{- range .Machines}}
      - machine_no: {{quote .MachineNo}}
        name: {{quote (print "Virtual machine " .MachineNo)}}
        model: virtual-spring-6
        password: {{quote .Password}}
        pickup_code_enabled: true
        planogram:
          - {motor: 0, x: 0, y: 0, good: "sim-cola", stock: 1000}
          - {motor: 1, x: 0, y: 1, good: "sim-cola", stock: 1000}
          - {motor: 2, x: 0, y: 2, good: "sim-water", stock: 1000}
          - {motor: 3, x: 1, y: 0, good: "sim-water", stock: 1000}
          - {motor: 4, x: 1, y: 1, good: "sim-crisps", stock: 1000}
          - {motor: 5, x: 1, y: 2, good: "sim-crisps", stock: 1000}
{{- end}}
`

// WriteShop writes a file for `vendlane admin apply` that describes one merchant
// with goods and these machines, which share one AppKey.
func WriteShop(w io.Writer, machines []Identity) error {
	if err := checkIdentities(machines); err != nil {
		return err
	}
	for _, m := range machines {
		if m.AppKey != machines[0].AppKey {
			return fmt.Errorf("machine %s: machines of one merchant share the AppKey", m.MachineNo)
		}
	}
	t, err := template.New("shop").Funcs(template.FuncMap{"quote": quote}).Parse(shopText)
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		AppKey   string
		Machines []Identity
	}{machines[0].AppKey, machines})
}

// quote writes a text as YAML reads it literally: a JSON string.
func quote(text string) (string, error) {
	quoted, err := json.Marshal(text)
	return string(quoted), err
}
