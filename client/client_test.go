package client_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/client"
	"github.com/vendlane/vendlane/signature"
)

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*client.Config){
		"no base URL":    func(c *client.Config) { c.BaseURL = "" },
		"no host":        func(c *client.Config) { c.BaseURL = "https://" },
		"another scheme": func(c *client.Config) { c.BaseURL = "ftp://platform.example" },
		"a query":        func(c *client.Config) { c.BaseURL += "?a=b" },
		"no AppId":       func(c *client.Config) { c.AppID = "" },
		"no AppSecret":   func(c *client.Config) { c.AppSecret = "" },
		"no AppKey":      func(c *client.Config) { c.AppKey = "" },
		"unknown form":   func(c *client.Config) { c.Form = 9 },
		"attempts":       func(c *client.Config) { c.Attempts = -1 },
	} {
		cfg := config(nil)
		change(&cfg)
		if _, err := client.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "0123456789abcdef") || strings.Contains(err.Error(), "kva") {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}

// What is signed can be written in every form (signing.md §3, vector V7).
func TestForms(t *testing.T) {
	for form, sign := range map[signature.Form]string{
		signature.Raw: "BABDAD94D946782B5987262D20DF5AC2", signature.Escaped: "28470B3DDAAFBA3ED0C320033250CCD2",
		signature.EscapedJava: "28470B3DDAAFBA3ED0C320033250CCD2",
	} {
		p := answering(`{"code":0,"message":"ok","data":{}}`)
		cfg := config(p)
		cfg.Form = form
		_, err := newClient(t, cfg).Consume(t.Context(), client.Consumption{
			MachineNo: "16327129", Code: "5288640", ProductID: 131,
			NotifyURL: "https://merchant.example/notify?shop=7&lang=zh", TradeID: "800a7e9500d345c8987d3aafa412c77d",
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := p.sent[0].payload(t).Lookup("sign"); got.Text != sign {
			t.Errorf("form %d: sign %s, want %s", form, got.Text, sign)
		}
	}
}

// A redirect would carry the AppSecret to somebody else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	p := &platform{replies: []reply{{http.StatusTemporaryRedirect, "", http.Header{"Location": {"https://elsewhere.example/"}}}}}
	if err := newClient(t, config(p)).Ping(t.Context()); err == nil || len(p.sent) != 1 {
		t.Errorf("%d requests, error %v", len(p.sent), err)
	}
}

// An empty number would make the path another endpoint's.
func TestEmptyNumbers(t *testing.T) {
	p := answering(`{"code":0,"message":"ok","data":[]}`)
	c := newClient(t, config(p))
	_, noMachine := c.Machine(t.Context(), "")
	_, noTrade := c.OrderByTradeID(t.Context(), "16327129", "")
	_, noDelivery := c.Delivery(t.Context(), "16327129", "")
	if noMachine == nil || noTrade == nil || noDelivery == nil || len(p.sent) != 0 {
		t.Errorf("%v, %v, %v, %d requests", noMachine, noTrade, noDelivery, len(p.sent))
	}
}

// An answer without end does not fill the memory.
func TestAnswersAreBounded(t *testing.T) {
	p := answering(`{"code":0,"message":"ok","data":{}}` + strings.Repeat(" ", 16<<20))
	if err := newClient(t, config(p)).Ping(t.Context()); err == nil || len(p.sent) != 1 {
		t.Errorf("%d requests, error %v", len(p.sent), err)
	}
}

// The answer to the query of a delivery does not name it (openapi.md §7.18).
func TestDeliveryHasItsID(t *testing.T) {
	got, err := newClient(t, config(answering(`{"code":0,"message":"ok","data":{"state":"SUCCESS"}}`))).Delivery(t.Context(), "16327129", "5121763043809673")
	if want := (client.Delivery{DeliveryID: "5121763043809673", State: "SUCCESS"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// Without any row the platform answers no page, but [] (openapi.md §7.4).
func TestNoProducts(t *testing.T) {
	page, err := newClient(t, config(answering(`{"code":0,"message":"ok","data":[]}`))).Products(t.Context(), client.ProductQuery{MachineNo: "16327129"})
	if err != nil || len(page.Products) != 0 || page.Total != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}
