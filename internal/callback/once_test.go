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

// answers plays the receivers: each post gets the next status.
type answers []int

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	status := (*a)[0]
	*a = (*a)[1:]
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, nil
}

// Where time is moved by hand, what is due is sent once a call, to whoever stands
// for the receivers.
func TestSendDue(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	receivers := &answers{http.StatusServiceUnavailable, http.StatusNoContent, http.StatusNoContent}
	r := f.relay(Config{Node: "this", Receivers: receivers})
	orderID, recordID := f.order()
	first := f.queue("https://merchant.example/notify", orderID, recordID)
	second := f.queue("https://merchant.example/notify", orderID, recordID)
	for step, want := range []int{1, 1, 2} { // attempts at the first; it is due again after 5 s
		if err := r.SendDue(t.Context()); err != nil || len(f.attempts(first)) != want || len(f.attempts(second)) != 1 {
			t.Errorf("step %d: %d and %d attempts (%v)", step, len(f.attempts(first)), len(f.attempts(second)), err)
		}
		if step == 1 {
			clock.move(6 * time.Second)
		}
	}
	if len(*receivers) != 0 || f.row(first).State != store.CallbackDelivered || f.row(second).State != store.CallbackDelivered {
		t.Errorf("states %s and %s, %d answers left", f.row(first).State, f.row(second).State, len(*receivers))
	}
}
