package openapi_test

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/requestlog"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// Every call is in the log of the merchant it names, with its answer and
// without its secrets, whether it was refused or not.
func TestRequestLog(t *testing.T) {
	a := newAPI(t)
	log := requestlog.New(a.Store, a.Box, a.Now, slog.New(slog.DiscardHandler))
	a.config.Requests = log
	a.server = a.serve(a.Store)

	wantOK(t, a.do(t, call{verb: http.MethodPost, path: "/ping", by: shop}))
	wrong := shop
	wrong.key = shop.appID
	refused := a.do(t, call{verb: http.MethodPost, path: "/pickup_codes", payload: fields{"machine_no": "16327129"}, by: wrong})
	a.do(t, call{verb: http.MethodPost, path: "/ping", by: credentials{appID: "vm9999999999999999", secret: "x"}})

	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := log.Run(ctx); err != nil { // writes what is waiting
		t.Fatal(err)
	}
	rows, err := a.Store.RequestPage(t.Context(), db.RequestPageParams{MerchantID: a.Merchant.ID, BeforeID: math.MaxInt64, PageSize: 10})
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d lines (%v)", len(rows), err)
	}
	post, ping := rows[0], rows[1]
	if ping.Verb != "POST" || ping.Target != openapi.Prefix+"/ping" || ping.Status != 200 || ping.Code != 0 || ping.Answer != `{"code":0,"message":"ok","data":"pong"}`+"\n" {
		t.Errorf("%+v", ping)
	}
	if post.RequestID != refused.header.Get("X-Request-Id") || post.Answer != refused.body+"\n" {
		t.Errorf("%+v\nanswered %s", post, refused.body)
	}
	if refused.status == http.StatusUnauthorized {
		if _, err := signature.DecodeEnvelope([]byte(post.Raw)); err != nil || post.Code != 10015 || post.Diagnosis != "app_id_as_key" {
			t.Errorf("%+v (%v)", post, err)
		}
	} else {
		t.Errorf("the refused call: HTTP %d %s", refused.status, refused.body)
	}
	for _, row := range rows {
		if strings.Contains(row.Headers, shop.secret) || !strings.Contains(row.Headers, `"AppSecret":"***"`) {
			t.Errorf("headers %s", row.Headers)
		}
	}
}
