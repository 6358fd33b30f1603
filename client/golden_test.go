package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/client"
	"github.com/vendlane/vendlane/signature"
)

// golden is a platform that knows the exchanges of api/vectors/golden.json and no
// others.
type golden struct {
	t         *testing.T
	exchanges []exchange
}

type exchange struct {
	Name, Method, Path string
	Headers            map[string]string
	PayloadJSON        string `json:"payload_json"`
	HTTPStatus         int    `json:"http_status"`
	Answer             json.RawMessage
}

func newGolden(t *testing.T) *golden {
	t.Helper()
	text, err := os.ReadFile("../api/vectors/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Exchanges []exchange }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return &golden{t, file.Exchanges}
}

func (g *golden) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	payload := ""
	if len(body) > 0 {
		o, err := signature.DecodeEnvelope(body)
		if err != nil {
			return nil, err
		}
		payload = o.JSON()
	}
	found := slices.IndexFunc(g.exchanges, func(e exchange) bool {
		return e.Method == r.Method && e.Path == r.URL.Path && e.Headers["Appid"] == r.Header.Get("Appid") && sameJSON(g.t, e.PayloadJSON, payload)
	})
	if found < 0 {
		g.t.Errorf("no exchange has %s %s %s", r.Method, r.URL.Path, payload)
		return nil, errors.New("not in the file")
	}
	e := g.exchanges[found]
	if e.Name == "consumption" { // the next one is answered with that of "the same call again"
		g.exchanges = slices.Delete(g.exchanges, found, found+1)
	}
	return &http.Response{StatusCode: e.HTTPStatus, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(e.Answer)))}, nil
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	return a == b || a != "" && b != "" && reflect.DeepEqual(jsonValue(t, []byte(a)), jsonValue(t, []byte(b)))
}

// The client sends the payloads of the file and understands its answers.
func TestGoldenExchanges(t *testing.T) {
	g := newGolden(t)
	ctx, c := t.Context(), newClient(t, config(g))
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
	cfg := config(g)
	cfg.AppID = "vmffffffffffffffff"
	if err := newClient(t, cfg).Ping(ctx); !errors.Is(err, client.ErrAppID) {
		t.Errorf("another AppId: %v", err)
	}
	if codes, err := c.Codes(ctx, "16327129", 131); err != nil || len(codes) != 2 || codes[0].Code != "5288640" {
		t.Errorf("codes: %+v, %v", codes, err)
	}
	withoutURL := consumption
	withoutURL.NotifyURL = ""
	var refused *client.Error
	if _, err := c.Consume(ctx, withoutURL); !errors.As(err, &refused) || refused.Data.Field != "notify_url" || refused.Data.Reason != "required" {
		t.Errorf("without notify_url: %v", err)
	}
	if got, err := c.Consume(ctx, consumption); err != nil || got.OrderID != 60 || got.Replayed || got.PickupCodeID != 1 || got.Amount != "1.00" {
		t.Errorf("consumption: %+v, %v", got, err)
	}
	if got, err := c.Consume(ctx, consumption); err != nil || got.OrderID != 60 || !got.Replayed || got.Records[0].Status != "WAITING_PICKED_UP" {
		t.Errorf("the same again: %+v, %v", got, err)
	}
	dashed := consumption
	dashed.TradeID = "800a7e95-00d3-45c8-987d-3aafa412c77d"
	if got, err := c.Consume(ctx, dashed); err != nil || got.OrderID != 60 || !got.Replayed {
		t.Errorf("dashed: %+v, %v", got, err)
	}
	for _, trade := range []string{consumption.TradeID, dashed.TradeID} {
		if got, err := c.OrderByTradeID(ctx, "16327129", trade); err != nil || got.OrderID != 60 {
			t.Errorf("%s: %+v, %v", trade, got, err)
		}
	}
}
