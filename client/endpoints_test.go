package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/vendlane/vendlane/api"
	"github.com/vendlane/vendlane/client"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/signature"
)

// endpoint is one of the API with the method that calls it.
type endpoint struct {
	verb, path, method string
	call               func(context.Context, *client.Client) (any, error)
}

func endpoints() []endpoint {
	const machine, url, trade = "16327129", "https://merchant.example/notify", "800a7e9500d345c8987d3aafa412c77d"
	codes := client.NewCodes{MachineNo: machine, ProductID: 131, Count: 2, Length: 7, ExpiredAt: "2024-12-31 23:59:59"}
	nothing := func(err error) (any, error) { return nil, err }
	return []endpoint{
		{"POST", "/ping", "", func(ctx context.Context, c *client.Client) (any, error) { return nothing(c.Ping(ctx)) }},
		{"POST", "/rent/machines", "", func(ctx context.Context, c *client.Client) (any, error) { return c.Machines(ctx) }},
		{"POST", "/rent/machines/{machine_no}", "", func(ctx context.Context, c *client.Client) (any, error) { return c.Machine(ctx, machine) }},
		{"POST", "/products", "", func(ctx context.Context, c *client.Client) (any, error) {
			return c.Products(ctx, client.ProductQuery{MachineNo: machine, Page: 1, PerPage: 10, Cabinet: "A", All: true})
		}},
		{"POST", "/floors", "", func(ctx context.Context, c *client.Client) (any, error) { return c.Floors(ctx, machine) }},
		{"POST", "/categories", "", func(ctx context.Context, c *client.Client) (any, error) { return c.Categories(ctx, machine) }},
		{"POST", "/banners", "", func(ctx context.Context, c *client.Client) (any, error) { return c.Banners(ctx, machine) }},
		{"POST", "/pickup_codes", "pickup_code.product.id", func(ctx context.Context, c *client.Client) (any, error) { return nothing(c.IssueCodes(ctx, codes)) }},
		{"POST", "/pickup_codes", "pickup_code.product.all", func(ctx context.Context, c *client.Client) (any, error) {
			return nothing(c.IssueCodesForAll(ctx, codes))
		}},
		{"PUT", "/pickup_codes", "pickup_code.delete.id", func(ctx context.Context, c *client.Client) (any, error) {
			return nothing(c.CancelCode(ctx, machine, 1122223))
		}},
		{"PUT", "/pickup_codes", "pickup_code.delete.all", func(ctx context.Context, c *client.Client) (any, error) {
			return nothing(c.CancelAllCodes(ctx, machine))
		}},
		{"POST", "/products/{product_id}/pickup_code", "", func(ctx context.Context, c *client.Client) (any, error) { return c.Codes(ctx, machine, 131) }},
		{"POST", "/consumes", "event.consume.pickup_code", func(ctx context.Context, c *client.Client) (any, error) {
			return c.Consume(ctx, client.Consumption{MachineNo: machine, Code: "5288640", ProductID: 131, NotifyURL: url, TradeID: trade})
		}},
		{"POST", "/orders", "", func(ctx context.Context, c *client.Client) (any, error) {
			id, err := c.CreateOrder(ctx, client.NewOrder{MachineNo: machine, NotifyURL: url, TradeID: trade, Lines: []client.Line{{ProductID: 121, Quantity: 1}}})
			return map[string]any{"order_id": id}, err
		}},
		{"POST", "/orders/{order_id}", "", func(ctx context.Context, c *client.Client) (any, error) { return c.Order(ctx, machine, 54) }},
		{"POST", "/orders/{order_id}", "", func(ctx context.Context, c *client.Client) (any, error) { return c.OrderByTradeID(ctx, machine, trade) }},
		{"PUT", "/orders/{order_id}", "", func(ctx context.Context, c *client.Client) (any, error) {
			return nothing(c.UpdateOrder(ctx, machine, 54, client.OrderPaid))
		}},
		{"POST", "/deliveries", "device.delivery.put", func(ctx context.Context, c *client.Client) (any, error) {
			return c.Deliver(ctx, client.Dispense{MachineNo: machine, OrderID: 60, RecordID: 78, Force: true})
		}},
		{"POST", "/deliveries/{delivery_id}", "", func(ctx context.Context, c *client.Client) (any, error) {
			return c.Delivery(ctx, machine, "5121763043809673")
		}},
		{"POST", "/deliveries/debug", "device.delivery.put", func(ctx context.Context, c *client.Client) (any, error) {
			return c.TestDelivery(ctx, machine, "A20", url)
		}},
		{"POST", "/replenishments", "replenishment.product.id", func(ctx context.Context, c *client.Client) (any, error) {
			return nothing(c.Replenish(ctx, machine, 1324832, 0))
		}},
		{"POST", "/replenishments", "replenishment.category.id", func(ctx context.Context, c *client.Client) (any, error) {
			return nothing(c.ReplenishCategory(ctx, client.CategoryLevel{MachineNo: machine, CategoryID: 1324, Level: 5, Cabinet: "A"}))
		}},
		{"POST", "/replenishments", "replenishment.machine.all", func(ctx context.Context, c *client.Client) (any, error) {
			return nothing(c.ReplenishAll(ctx, machine, "A"))
		}},
	}
}

// Every endpoint of the API has a method, which sends what the document names and
// returns everything that the document's example answers.
func TestEndpoints(t *testing.T) {
	doc := loadDocument(t)
	called := map[string]bool{}
	for _, e := range endpoints() {
		called[e.verb+" "+e.path+" "+e.method] = true
		t.Run(strings.Trim(e.verb+" "+e.path+" "+e.method, " "), func(t *testing.T) {
			for _, example := range doc.answers(t, e) {
				p := answering(example)
				got, err := e.call(t.Context(), newClient(t, config(p)))
				if err != nil {
					t.Fatal(err)
				}
				if len(p.sent) != 1 {
					t.Fatalf("%d requests", len(p.sent))
				}
				checkRequest(t, e, p.sent[0])
				answer := jsonValue(t, []byte(example)).(map[string]any)
				if got == nil {
					continue
				}
				text, err := json.Marshal(got)
				if err != nil {
					t.Fatal(err)
				}
				for _, missing := range lacks(answer["data"], jsonValue(t, text), "data") {
					if e.path == "/floors" && missing == "data[0].status 1" {
						continue // the same as floor_status (openapi.md §9, O2)
					}
					t.Errorf("the example's %s is lost: %s", missing, text)
				}
			}
		})
	}
	for _, r := range openapi.Routes() {
		for _, method := range append(r.Methods, "")[:max(1, len(r.Methods))] {
			if !called[r.Verb+" "+r.Path+" "+method] {
				t.Errorf("no method calls %s %s %s", r.Verb, r.Path, method)
			}
		}
	}
}

func checkRequest(t *testing.T, e endpoint, s sent) {
	t.Helper()
	pattern := regexp.MustCompile(`\\\{[a-z_]+\\\}`).ReplaceAllString(regexp.QuoteMeta("/api/openapi/v1"+e.path), "[^/]+")
	if s.verb != e.verb || !regexp.MustCompile("^"+pattern+"$").MatchString(s.path) {
		t.Errorf("sent %s %s", s.verb, s.path)
	}
	if s.header.Get("Appid") != "vm0123456789abcdef" || s.header.Get("AppSecret") != "0123456789abcdef0123456789abcdef" {
		t.Errorf("headers %v", s.header)
	}
	switch {
	case len(s.body) == 0: // no payload
	case e.verb+e.path == "POST/orders":
		if _, err := signature.ParseObject(s.body); err != nil {
			t.Error(err)
		}
	default:
		o := s.payload(t)
		method, _ := o.Lookup("method")
		if !o.Verify("kva") || !o.WithinWindow(clock, 1) || method.Text != e.method {
			t.Errorf("payload %s", o.JSON())
		}
	}
}

// What is given arrives under the contract's names, and nothing else does.
func TestPayloads(t *testing.T) {
	const m = "machine_no=16327129"
	for _, c := range []struct {
		name, want string // without timestamp and sign
		call       func(context.Context, *client.Client) error
	}{
		{"products", m, func(ctx context.Context, c *client.Client) error {
			_, err := c.Products(ctx, client.ProductQuery{MachineNo: "16327129"})
			return err
		}},
		{"products of a cabinet", "cabinet_name=B&category_id=3&" + m + "&page=2&per_page=5&select_all=1", func(ctx context.Context, c *client.Client) error {
			_, err := c.Products(ctx, client.ProductQuery{MachineNo: "16327129", Page: 2, PerPage: 5, CategoryID: 3, Cabinet: "B", All: true})
			return err
		}},
		{"products of a board", "addr=2&" + m, func(ctx context.Context, c *client.Client) error {
			_, err := c.Products(ctx, client.ProductQuery{MachineNo: "16327129", Board: 2})
			return err
		}},
		{"codes", "code_length=7&count=2&expired_at=2024-12-31 23:59:59&" + m + "&method=pickup_code.product.id&product_id=131",
			func(ctx context.Context, c *client.Client) error {
				return c.IssueCodes(ctx, client.NewCodes{MachineNo: "16327129", ProductID: 131, Count: 2, Length: 7, ExpiredAt: "2024-12-31 23:59:59"})
			}},
		{"codes for all", "code_length=8&" + m + "&method=pickup_code.product.all", func(ctx context.Context, c *client.Client) error {
			return c.IssueCodesForAll(ctx, client.NewCodes{MachineNo: "16327129", ProductID: 131, Count: 2, Length: 8})
		}},
		{"cancel", "id=7&" + m + "&method=pickup_code.delete.id", func(ctx context.Context, c *client.Client) error {
			return c.CancelCode(ctx, "16327129", 7)
		}},
		{"update", m + "&status=2", func(ctx context.Context, c *client.Client) error {
			return c.UpdateOrder(ctx, "16327129", 60, client.OrderRefunded)
		}},
		{"deliver", m + "&method=device.delivery.put&order_id=60&record_id=78", func(ctx context.Context, c *client.Client) error {
			_, err := c.Deliver(ctx, client.Dispense{MachineNo: "16327129", OrderID: 60, RecordID: 78})
			return err
		}},
		{"deliver again", "force=1&" + m + "&method=device.delivery.put&order_id=60&record_id=78", func(ctx context.Context, c *client.Client) error {
			_, err := c.Deliver(ctx, client.Dispense{MachineNo: "16327129", OrderID: 60, RecordID: 78, Force: true})
			return err
		}},
		{"test", "channel_name=A20&" + m + "&method=device.delivery.put&notify_url=https://merchant.example/", func(ctx context.Context, c *client.Client) error {
			_, err := c.TestDelivery(ctx, "16327129", "A20", "https://merchant.example/")
			return err
		}},
		{"replenish", "current_inventory=0&" + m + "&method=replenishment.product.id&product_id=131", func(ctx context.Context, c *client.Client) error {
			return c.Replenish(ctx, "16327129", 131, 0)
		}},
		{"replenish a category", "cabinet_name=B&category_id=3&current_inventory=5&" + m + "&method=replenishment.category.id",
			func(ctx context.Context, c *client.Client) error {
				return c.ReplenishCategory(ctx, client.CategoryLevel{MachineNo: "16327129", CategoryID: 3, Level: 5, Cabinet: "B"})
			}},
		{"replenish all", "cabinet_name=B&" + m + "&method=replenishment.machine.all", func(ctx context.Context, c *client.Client) error {
			return c.ReplenishAll(ctx, "16327129", "B")
		}},
	} {
		p := answering(`{"code":0,"message":"ok","data":{}}`)
		if err := c.call(t.Context(), newClient(t, config(p))); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := p.sent[0].payload(t).Canonical(signature.Raw, "")
		if got = strings.TrimSuffix(strings.Replace(got, "&timestamp=1714353655", "", 1), "&key="); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// lacks lists the members of want that got does not have with the same value.
func lacks(want, got any, path string) (missing []string) {
	switch want := want.(type) {
	case map[string]any:
		have, _ := got.(map[string]any)
		for name, value := range want {
			missing = append(missing, lacks(value, have[name], path+"."+name)...)
		}
	case []any:
		have, _ := got.([]any)
		for i, value := range want {
			if i >= len(have) {
				return append(missing, fmt.Sprintf("%s[%d]", path, i))
			}
			missing = append(missing, lacks(value, have[i], fmt.Sprintf("%s[%d]", path, i))...)
		}
	default:
		if !reflect.DeepEqual(want, got) {
			missing = append(missing, fmt.Sprintf("%s %v", path, want))
		}
	}
	slices.Sort(missing)
	return missing
}

// document is api/openapi.yaml, as far as it is needed.
type document struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Examples map[string]struct{ Value map[string]any }
			}
		}
	}
}

func loadDocument(t *testing.T) document {
	t.Helper()
	var doc document
	if err := yaml.Unmarshal(api.OpenAPI, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// answers are the examples of successes of an endpoint.
func (d document) answers(t *testing.T, e endpoint) (out []string) {
	t.Helper()
	operation := d.Paths[e.path][strings.ToLower(e.verb)]
	for _, example := range operation.Responses["200"].Content["application/json"].Examples {
		text, err := json.Marshal(example.Value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"code":0`) {
			out = append(out, string(text))
		}
	}
	if len(out) == 0 {
		t.Fatalf("the document has no example of %s %s", e.verb, e.path)
	}
	return out
}
