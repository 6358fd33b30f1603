package client_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/client"
)

// The codes are those of the platform's catalogue, with its texts.
func TestCodesAreThoseOfTheCatalogue(t *testing.T) {
	text, err := os.ReadFile("../api/errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var catalogue []struct {
		Code    client.Code
		English string
	}
	if err := json.Unmarshal(text, &catalogue); err != nil {
		t.Fatal(err)
	}
	listed := map[client.Code]bool{}
	for _, e := range catalogue {
		listed[e.Code] = true
		if want := strconv.Itoa(int(e.Code)) + " " + e.English; e.Code.Error() != want {
			t.Errorf("%q, want %q", e.Code.Error(), want)
		}
	}
	for code := range client.Code(100_000) {
		if known := !strings.HasPrefix(code.Error(), "code "); known && !listed[code] {
			t.Errorf("%d is not in the catalogue", code)
		}
	}
}

func TestRefusal(t *testing.T) {
	p := &platform{replies: []reply{{
		http.StatusOK, `{"code":40008,"message":"订单已出货","data":{"delivery_id":"5121763043809673","state":"SENT","more":1}}`,
		http.Header{"X-Request-Id": {"abc"}},
	}}}
	_, err := newClient(t, config(p)).Deliver(t.Context(), client.Dispense{MachineNo: "16327129", OrderID: 60, RecordID: 78})
	var refused *client.Error
	if !errors.As(err, &refused) || !errors.Is(err, client.ErrAlreadyDelivered) || errors.Is(err, client.ErrOrderClosed) {
		t.Fatalf("%v", err)
	}
	if refused.Data.DeliveryID != "5121763043809673" || refused.Data.State != "SENT" || refused.HTTPStatus != 200 || refused.RequestID != "abc" {
		t.Errorf("%+v", refused)
	}
	if want := `POST /deliveries: 40008 Already delivered ("订单已出货")`; err.Error() != want {
		t.Errorf("%s, want %s", err, want)
	}
}

// Codes that are added to the platform, and data of another shape, are no trouble.
func TestUnknownRefusal(t *testing.T) {
	for _, data := range []string{`{"order_id":"x"}`, `[]`, `null`, `"x"`} {
		err := newClient(t, config(answering(`{"code":70001,"message":"x","data":`+data+`}`))).Ping(t.Context())
		if !errors.Is(err, client.Code(70001)) {
			t.Errorf("data %s: %v", data, err)
		}
	}
}
