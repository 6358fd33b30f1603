package requestlog

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

type fixture struct {
	*storetest.Fixture
	t   *testing.T
	log *Log
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open), t: t}
	f.log = New(f.Store, f.Box, f.Now, slog.New(slog.DiscardHandler))
	return f
}

// lines flushes and returns a merchant's lines, newest first.
func (f *fixture) lines(merchantID int64) []db.RequestLog {
	f.t.Helper()
	f.log.flush(f.t.Context())
	rows, err := f.Store.RequestPage(f.t.Context(), db.RequestPageParams{MerchantID: merchantID, BeforeID: math.MaxInt64, PageSize: 10_000})
	if err != nil {
		f.t.Fatal(err)
	}
	return rows
}

func envelope(t *testing.T, members map[string]any, key string) []byte {
	t.Helper()
	body, err := signature.NewEnvelope(members, key)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// A request is kept for the merchant it names, its secrets masked, and a wrong
// signature explained while the secret is at hand.
func TestEntries(t *testing.T) {
	f := newFixture(t)
	const secret = "0123456789abcdef0123456789abcdef"
	f.log.Put(Entry{
		Kind: HTTP, AppID: f.Merchant.AppID, AppSecret: secret, RequestID: "r1", At: 1714353655000, Duration: 900, Client: "192.0.2.1",
		Verb: "POST", Target: "/api/openapi/v1/consumes", Headers: map[string]string{"Appid": f.Merchant.AppID},
		Raw: envelope(t, map[string]any{"method": "event.consume.pickup_code", "timestamp": "1714353655"}, secret), Status: 401, Code: 10015,
		Answer: []byte(`{"code":10015}`),
	})
	f.log.Put(Entry{Kind: MQTT, MachineNo: storetest.MachineNo, Target: "/server/app", Reason: "bad_sign",
		Raw: signature.EncodeMessage(map[string]string{"method": "client.heartbeat", "password": "hunter2"}, f.Merchant.AppID)})
	f.log.Put(Entry{Kind: HTTP, AppID: "vm9999", Raw: []byte("\x00\xff" + strings.Repeat("x", 2*MaxText)), Code: 10014, RequestID: "r3"})
	rows := f.lines(f.Merchant.ID)
	if len(rows) != 2 {
		t.Fatalf("%d lines", len(rows))
	}
	message, call := rows[0], rows[1]
	if call.Headers != `{"AppSecret":"***","Appid":"vm0123456789abcdef"}` || call.Diagnosis != "app_secret_as_key" ||
		call.Method != "event.consume.pickup_code" || call.Status != 401 || call.Duration != 900 || strings.Contains(fmt.Sprintf("%+v", call), secret) {
		t.Errorf("call %+v", call)
	}
	if message.Diagnosis != "app_id_as_key" || message.MachineNo != storetest.MachineNo || message.Raw != "" ||
		strings.Contains(fmt.Sprintf("%+v", message), "hunter2") {
		t.Errorf("message %+v", message)
	}
	if nobody := f.lines(0); len(nobody) != 1 || nobody[0].RequestID != "r3" || len(nobody[0].Raw) > MaxText+3 {
		t.Errorf("of nobody: %d lines", len(nobody))
	}
}

// A request that used what a rotation has replaced says so, whether it was still good
// or not.
func TestOldCredentials(t *testing.T) {
	f := newFixture(t)
	const old = "0123456789abcdef0123456789abcdef" // of the shop
	keys := credentials.New(f.Store, f.Box, f.Now, rand.Reader)
	rotate := func(which credentials.Which) {
		m, err := f.Store.MerchantByID(t.Context(), f.Merchant.ID)
		if err == nil {
			_, err = keys.Rotate(t.Context(), m, which, credentials.DefaultOverlap)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	rotate(credentials.AppSecret)
	rotate(credentials.AppKey)
	put := func(code vending.Code) db.RequestLog {
		f.log.Put(Entry{
			Kind: HTTP, AppID: f.Merchant.AppID, AppSecret: old, At: f.Now().UnixMilli(), Code: code,
			Raw: envelope(t, map[string]any{"timestamp": fmt.Sprint(f.Now().Unix())}, "kva"),
		})
		return f.lines(f.Merchant.ID)[0]
	}
	if got := put(0); got.OldCredentials != "app_secret app_key" || got.Diagnosis != "" {
		t.Errorf("while they overlap: %+v", got)
	}
	f.Advance(24 * time.Hour)
	if got := put(vending.CodeSignature); got.OldCredentials != "" || got.Diagnosis != "old_app_key" {
		t.Errorf("after the end: %+v", got)
	}
}

// Lines are bounded by the second, refused requests apart from the others, and
// Put never waits.
func TestTooMany(t *testing.T) {
	f := newFixture(t)
	for range 2 * maxPerSecond {
		f.log.Put(Entry{Kind: HTTP, AppID: f.Merchant.AppID})
		f.log.Put(Entry{Kind: HTTP, AppID: f.Merchant.AppID, Code: 10015})
	}
	if n := len(f.lines(f.Merchant.ID)); n != 2*maxPerSecond {
		t.Errorf("%d lines, want %d", n, 2*maxPerSecond)
	}
	for range maxWaiting { // a writer that stands still
		f.Advance(time.Second)
		f.log.Put(Entry{Kind: HTTP, AppID: f.Merchant.AppID})
	}
	f.log.Put(Entry{Kind: HTTP, AppID: f.Merchant.AppID})
	if n := f.log.leftOut.Load(); n != 1 {
		t.Errorf("%d left out, want 1", n)
	}
	var none *Log
	none.Put(Entry{})
}

// Lines go after 7 days, and the oldest of a merchant that has too many.
func TestSweep(t *testing.T) {
	f := newFixture(t)
	now := f.Now().UnixMilli()
	f.Write(t, func(tx *store.Tx) error {
		for _, at := range []int64{now - keep - 1, now - keep, now} {
			if err := tx.InsertRequestLog(t.Context(), db.InsertRequestLogParams{MerchantID: f.Merchant.ID, At: at}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := f.log.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := f.lines(f.Merchant.ID); len(rows) != 2 || rows[1].At != now-keep {
		t.Errorf("left %+v", rows)
	}
	f.log.keepLines = 1
	if err := f.log.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := f.lines(f.Merchant.ID); len(rows) != 1 || rows[0].At != now {
		t.Errorf("left %+v", rows)
	}
}

// A stop writes what is waiting.
func TestStop(t *testing.T) {
	f := newFixture(t)
	ctx, stop := context.WithCancel(t.Context())
	f.log.Put(Entry{Kind: HTTP, AppID: f.Merchant.AppID})
	stop()
	if err := f.log.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if n := len(f.lines(f.Merchant.ID)); n != 1 {
		t.Errorf("%d lines", n)
	}
}
