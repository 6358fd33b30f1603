package e2e

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/client"
	"github.com/vendlane/vendlane/signature"
)

// forgetful loses the answer to the first request for a path.
type forgetful struct{ path string }

func (f *forgetful) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || f.path == "" || !strings.HasSuffix(r.URL.Path, f.path) {
		return resp, err
	}
	f.path = ""
	_ = resp.Body.Close()
	return nil, errors.New("the answer got lost")
}

// sdkClient is the demo's merchant with the Go SDK.
func sdkClient(t *testing.T, r ready, form signature.Form, transport http.RoundTripper) *client.Client {
	t.Helper()
	c, err := client.New(client.Config{
		BaseURL: r.URL, AppID: r.Merchant.AppID, AppSecret: r.Merchant.AppSecret, AppKey: r.Merchant.AppKey,
		Form: form, HTTPClient: &http.Client{Transport: transport, Timeout: patience},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sdkNotifyURL is a notify_url that takes what is verified both ways.
func sdkNotifyURL(t *testing.T, r ready) (url string, events <-chan client.Event) {
	t.Helper()
	callbacks, err := client.NewCallbacks(client.CallbackConfig{
		WebhookSecrets: []string{r.Merchant.WebhookSecret}, AppKeys: []string{r.Merchant.AppKey},
	})
	if err != nil {
		t.Fatal(err)
	}
	arrived := make(chan client.Event, 16)
	server := httptest.NewServer(callbacks.Handler(func(_ context.Context, e client.Event) error {
		arrived <- e
		return nil
	}))
	t.Cleanup(server.Close)
	return server.URL + "/notify?shop=7&lang=zh", arrived
}

func awaitEvent(t *testing.T, events <-chan client.Event) client.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(patience):
		t.Fatal("no verified callback in time")
		return client.Event{}
	}
}

// The main job with the Go SDK: issue codes, consume, deliver, callback verified.
// The answer to the redemption gets lost, and the values are signed in either form.
func TestGoSDKMainJob(t *testing.T) {
	t.Parallel()
	_, r := startDemo(t, filepath.Join(t.TempDir(), "demo"), "--no-story")
	url, events := sdkNotifyURL(t, r)
	for name, form := range map[string]signature.Form{"raw": signature.Raw, "escaped": signature.Escaped} {
		c := sdkClient(t, r, form, &forgetful{path: "/consumes"})
		ctx, machine := t.Context(), r.Machines[1].MachineNo
		product := r.Machines[1].Products[0].ProductID
		must := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
		}
		must("issue", c.IssueCodes(ctx, client.NewCodes{MachineNo: machine, ProductID: product, Length: 8, ExpiredAt: "2099-12-31 23:59:59"}))
		codes, err := c.Codes(ctx, machine, product)
		must("read the codes", err)
		if len(codes) == 0 || len(codes[len(codes)-1].Code) != 8 {
			t.Fatalf("%s: codes %+v", name, codes)
		}
		code := codes[len(codes)-1].Code // the newest
		consumption := client.Consumption{MachineNo: machine, Code: code, ProductID: product, NotifyURL: url, TradeID: client.NewTradeID()}
		order, err := c.Consume(ctx, consumption)
		must("consume", err)
		if !order.Replayed || len(order.Records) != 1 {
			t.Errorf("%s: redeemed %+v", name, order)
		}
		consumption.TradeID = client.NewTradeID()
		if _, err := c.Consume(ctx, consumption); !errors.Is(err, client.ErrPickupCodeUsed) {
			t.Errorf("%s: the code of somebody else: %v", name, err)
		}
		delivery, err := c.Deliver(ctx, client.Dispense{MachineNo: machine, OrderID: order.OrderID, RecordID: order.Records[0].ID})
		must("deliver", err)
		event := awaitEvent(t, events)
		if !event.Success || event.DeliveryID != delivery.DeliveryID || event.OrderID != order.OrderID || event.TradeID != order.TradeID || event.WebhookID == "" {
			t.Errorf("%s: callback %+v of delivery %+v", name, event, delivery)
		}
		delivery, err = c.Delivery(ctx, machine, delivery.DeliveryID)
		must("ask for the delivery", err)
		if delivery.State != "SUCCESS" {
			t.Errorf("%s: delivery %+v", name, delivery)
		}
	}
}

// The rest of the API with the Go SDK.
func TestGoSDKEndpoints(t *testing.T) {
	t.Parallel()
	_, r := startDemo(t, filepath.Join(t.TempDir(), "demo"), "--no-story")
	url, events := sdkNotifyURL(t, r)
	ctx, machine := t.Context(), r.Machines[2].MachineNo
	product := r.Machines[2].Products[3].ProductID
	c := sdkClient(t, r, signature.Raw, &forgetful{path: "/orders"})
	check := func(what string, err error, good bool, got any) {
		t.Helper()
		if err != nil || !good {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	check("ping", c.Ping(ctx), true, nil)
	machines, err := c.Machines(ctx)
	check("machines", err, len(machines) == 3 && machines[0].Operational && machines[0].IsOnline, machines)
	detail, err := c.Machine(ctx, machine)
	check("machine", err, detail.IsOnline && len(detail.Categories) == 2, detail)
	page, err := c.Products(ctx, client.ProductQuery{MachineNo: machine, Page: 2, PerPage: 5})
	check("products", err, len(page.Products) == 5 && page.Total == 12 && page.CurrentPage == 2, page)
	none, err := c.Products(ctx, client.ProductQuery{MachineNo: machine, Cabinet: "B"})
	check("no products", err, len(none.Products) == 0, none)
	floors, err := c.Floors(ctx, machine)
	check("floors", err, len(floors) == 12 && floors[0].FloorStatus == "1" && floors[0].Channel.ID > 0, floors)
	categories, err := c.Categories(ctx, machine)
	check("categories", err, len(categories) == 2 && categories[0].SortID == 100, categories)
	banners, err := c.Banners(ctx, machine)
	check("banners", err, len(banners) == 0, banners)

	check("issue for all", c.IssueCodesForAll(ctx, client.NewCodes{MachineNo: machine}), true, nil)
	codes, err := c.Codes(ctx, machine, product)
	check("codes", err, len(codes) > 0 && len(codes[len(codes)-1].Code) == 6, codes)
	check("cancel", c.CancelCode(ctx, machine, codes[0].ID), true, nil)
	check("cancel all", c.CancelAllCodes(ctx, machine), true, nil)
	codes, err = c.Codes(ctx, machine, product+1)
	check("codes that are cancelled", err, len(codes) == 0, codes)

	trade := client.NewTradeID()
	id, err := c.CreateOrder(ctx, client.NewOrder{MachineNo: machine, NotifyURL: url, TradeID: trade, Lines: []client.Line{{ProductID: product, Quantity: 2}}})
	check("order whose answer got lost", err, id > 0, id)
	check("pay", c.UpdateOrder(ctx, machine, id, client.OrderPaid), true, nil)
	order, err := c.OrderByTradeID(ctx, machine, trade)
	check("order by trade_id", err, order.OrderID == id && order.Status == "SUCCESS" && order.Records[0].Quantity == 2, order)
	check("refund", c.UpdateOrder(ctx, machine, id, client.OrderRefunded), true, nil)
	if err := c.UpdateOrder(ctx, machine, id, client.OrderPaid); !errors.Is(err, client.ErrInvalidOrderStatus) {
		t.Errorf("pay what is refunded: %v", err)
	}

	_, err = c.TestDelivery(ctx, machine, "A4", url)
	check("test delivery", err, awaitEvent(t, events).Success, nil)
	check("replenish", c.Replenish(ctx, machine, product, 0), true, nil)
	var refused *client.Error
	if err := c.Replenish(ctx, machine, product, 11); !errors.As(err, &refused) || refused.Data.Max != 10 {
		t.Errorf("replenish too much: %v", err)
	}
	level := client.CategoryLevel{MachineNo: machine, CategoryID: categories[0].ID, Level: 5}
	check("replenish a category", c.ReplenishCategory(ctx, level), true, nil)
	check("replenish all", c.ReplenishAll(ctx, machine, ""), true, nil)
	floors, err = c.Floors(ctx, machine)
	check("floors that are full", err, floors[3].CurrentInventory == floors[3].Inventory, floors)
}
