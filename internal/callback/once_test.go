package callback

import (
	"net/http"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
)

// A message outside of the outbox is signed and guarded as those in it.
func TestPost(t *testing.T) {
	clock := newFakeClock() // stands at the vector's webhook-timestamp
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	r := f.relay(Config{})
	out := r.Post(t.Context(), f.merchant, "msg_2f9c1d7e4b6a48d0", url, vectorBody)
	if !out.Acknowledged() || out.Status != http.StatusOK || out.Error != "" {
		t.Errorf("outcome %+v", out)
	}
	got := s.all()
	if len(got) != 1 || got[0].header.Get("Webhook-Signature") != "v1,JZMqfvqBaINtNJFygWBm7jeKVbYLsV39ZACvvbBAT1w=" {
		t.Errorf("requests %+v", got)
	}
	s.answer(http.StatusTeapot)
	if out := r.Post(t.Context(), f.merchant, "msg_1", url, vectorBody); out.Acknowledged() || out.Status != http.StatusTeapot {
		t.Errorf("outcome %+v", out)
	}
	guarded := New(f.store, f.box, f.now, Config{}, r.log)
	if out := guarded.Post(t.Context(), f.merchant, "msg_1", url, vectorBody); !out.Final || out.Status != 0 || len(s.all()) != 2 {
		t.Errorf("a private address: %+v after %d requests", out, len(s.all()))
	}
}

// What was given up since a time is sent once more; what is older stays.
func TestRecoverSince(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	s.answer(http.StatusInternalServerError)
	r := f.relay(Config{Retry: []time.Duration{}})
	orderID, recordID := f.order()
	older := f.queue(url, orderID, recordID)
	clock.move(time.Hour)
	since := clock.Now().UnixMilli()
	newer := f.queue(url, orderID, recordID)
	runOnce(t, r)
	for _, merchant := range []int64{f.merchant + 1, f.merchant} {
		queued, more, err := r.RecoverSince(t.Context(), merchant, since)
		if want := merchant == f.merchant; err != nil || more || (queued == 1) != want {
			t.Errorf("merchant %d: %d queued, more %v, %v", merchant, queued, more, err)
		}
	}
	s.answer(http.StatusOK)
	runOnce(t, r)
	if f.row(older).State != store.CallbackDead || f.row(newer).State != store.CallbackDelivered {
		t.Errorf("states %s and %s", f.row(older).State, f.row(newer).State)
	}
}
