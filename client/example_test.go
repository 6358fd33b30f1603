package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/vendlane/vendlane/client"
)

// A merchant's backend redeems a pickup code and has the machine drop the goods.
func Example() {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.URL.Path, "/api/openapi/v1") {
		case "/consumes":
			_, _ = fmt.Fprint(w, `{"code":0,"message":"ok","data":{"order_id":60,"amount":"1.00","records":[{"id":78,"product_id":131}]}}`)
		case "/deliveries":
			_, _ = fmt.Fprint(w, `{"code":0,"message":"ok","data":{"delivery_id":"5121763043809673","state":"PENDING"}}`)
		}
	}))
	defer platform.Close()

	api, err := client.New(client.Config{
		BaseURL: platform.URL, AppID: "vm0123456789abcdef", AppSecret: "0123456789abcdef0123456789abcdef", AppKey: "kva",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	order, err := api.Consume(ctx, client.Consumption{
		MachineNo: "16327129", Code: "5288640", ProductID: 131,
		NotifyURL: "https://merchant.example/notify", TradeID: client.NewTradeID(), // stored before
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("order", order.OrderID, "amount", order.Amount)
	delivery, err := api.Deliver(ctx, client.Dispense{MachineNo: "16327129", OrderID: order.OrderID, RecordID: order.Records[0].ID})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("delivery", delivery.DeliveryID, delivery.State)
	// Output:
	// order 60 amount 1.00
	// delivery 5121763043809673 PENDING
}

// A refusal has a code to decide by, and data.
func ExampleError() {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"code":30005,"message":"设备正在出货中","data":{"delivery_id":"5121763043809673","retry_after":29}}`)
	}))
	defer platform.Close()
	api, err := client.New(client.Config{BaseURL: platform.URL, AppID: "vm0123456789abcdef", AppSecret: "secret", AppKey: "kva"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = api.Deliver(context.Background(), client.Dispense{MachineNo: "16327129", OrderID: 60, RecordID: 78})

	var refused *client.Error
	switch {
	case errors.Is(err, client.ErrMachineDispensing) && errors.As(err, &refused):
		fmt.Println("try again in", refused.Data.RetryAfter, "seconds")
	case err != nil:
		fmt.Println("no answer, or another refusal:", err)
	}
	// Output: try again in 29 seconds
}

// A notify_url takes the results.
func ExampleCallbacks_Handler() {
	callbacks, err := client.NewCallbacks(client.CallbackConfig{
		WebhookSecrets: []string{"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/notify", callbacks.Handler(func(_ context.Context, e client.Event) error {
		// Store it, once for each e.WebhookID.
		fmt.Println("order", e.OrderID, "dropped:", e.Success)
		return nil
	}))

	forged := httptest.NewRequest(http.MethodPost, "/notify", strings.NewReader(`{"deliver_status":"1","order_id":60}`))
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, forged)
	fmt.Println(answer.Code)
	// Output: 401
}
