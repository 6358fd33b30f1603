package callback

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// offsets of the attempts after the event, consume.md §9.5.
var offsets = []time.Duration{
	0, 5 * time.Second, 35 * time.Second, 155 * time.Second, 755 * time.Second, 2555 * time.Second, 6155 * time.Second,
	13355 * time.Second, 27755 * time.Second, 56555 * time.Second, 99755 * time.Second,
}

func TestScheduleToTheDeadLetterAndResend(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	s.answer(http.StatusInternalServerError)
	r := f.relay(Config{})
	start := clock.Now()
	orderID, recordID := f.order()
	id := f.queue(url, orderID, recordID)

	for i, offset := range offsets {
		clock.move(start.Add(offset).Sub(clock.Now()) - time.Millisecond)
		runOnce(t, r)
		if n := len(s.all()); n != i {
			t.Fatalf("%d attempts 1 ms before attempt %d is due", n, i+1)
		}
		clock.move(time.Millisecond)
		if i%3 == 1 {
			r = f.relay(Config{}) // as after a restart
		}
		runOnce(t, r)
		if n := len(s.all()); n != i+1 {
			t.Fatalf("%d attempts at %v after the event, want %d", n, offset, i+1)
		}
	}
	row := f.row(id)
	if row.State != store.CallbackDead || row.Attempts != 11 || len(f.attempts(id)) != 11 {
		t.Fatalf("after the schedule: state %s, %d attempts, %d kept", row.State, row.Attempts, len(f.attempts(id)))
	}
	clock.move(48 * time.Hour)
	runOnce(t, r)

	// One more attempt, then dead again.
	resend(t, r, id)
	runOnce(t, r)
	clock.move(48 * time.Hour)
	runOnce(t, r)
	if row := f.row(id); row.State != store.CallbackDead || row.Attempts != 12 {
		t.Fatalf("after a resend: state %s, %d attempts, want DEAD and 12", row.State, row.Attempts)
	}
	if count, sent := f.notified(orderID, recordID); count != 0 || sent {
		t.Errorf("nothing was acknowledged, but notify_send_count is %d, notify_sent %v", count, sent)
	}

	s.answer(http.StatusNoContent)
	resend(t, r, id)
	runOnce(t, r)
	if row := f.row(id); row.State != store.CallbackDelivered {
		t.Errorf("state %s, want DELIVERED", row.State)
	}
	if count, sent := f.notified(orderID, recordID); count != 1 || !sent {
		t.Errorf("notify_send_count %d, notify_sent %v, want 1 and true", count, sent)
	}
	if err := r.Resend(t.Context(), id); !errors.Is(err, ErrNotDead) {
		t.Errorf("resend of a delivered message: %v, want ErrNotDead", err)
	}
	if err := r.Resend(t.Context(), 4711); !errors.Is(err, ErrNotDead) {
		t.Errorf("resend of no message: %v, want ErrNotDead", err)
	}

	got := s.all()
	if len(got) != 13 {
		t.Fatalf("%d requests, want 13", len(got))
	}
	for i, request := range got {
		if string(request.body) != vectorBody || request.header.Get("webhook-id") != row.WebhookID {
			t.Errorf("attempt %d differs: %s %s", i+1, request.header.Get("webhook-id"), request.body)
		}
		if want := strconv.FormatInt(request.at.Unix(), 10); request.header.Get("webhook-timestamp") != want {
			t.Errorf("attempt %d: webhook-timestamp %s, want %s", i+1, request.header.Get("webhook-timestamp"), want)
		}
	}
}

func TestResendOfABlockedTargetIsOneAttempt(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	s.answer(http.StatusInternalServerError)
	strict := f.relay(Config{})
	strict.transport = newTransport(strict.cfg, newGuard(Config{Timeout: time.Minute}))
	id := f.queue(url, 0, 0)
	runOnce(t, strict)

	r := f.relay(Config{}) // the operator allows the range, and resends
	resend(t, r, id)
	runOnce(t, r)
	if row := f.row(id); row.State != store.CallbackDead || len(s.all()) != 1 {
		t.Errorf("state %s after %d requests, want DEAD after 1", row.State, len(s.all()))
	}
}

func resend(t *testing.T, r *Relay, id int64) {
	t.Helper()
	if err := r.Resend(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func TestNotifySentFollowsTheNewestMessage(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	r := f.relay(Config{})
	orderID, recordID := f.order()
	check := func(when string, wantCount int64, wantSent bool) {
		t.Helper()
		if count, sent := f.notified(orderID, recordID); count != wantCount || sent != wantSent {
			t.Errorf("%s: notify_send_count %d, notify_sent %v, want %d, %v", when, count, sent, wantCount, wantSent)
		}
	}
	f.queue(url, orderID, recordID)
	check("queued", 0, false)
	runOnce(t, r)
	check("acknowledged", 1, true)

	s.answer(http.StatusBadGateway)
	f.queue(url, orderID, recordID)
	check("a newer message", 1, false)
	runOnce(t, r)
	check("the newer one failed", 1, false)

	f.queue("http://127.0.0.1:1/", orderID, recordID) // newer still, and its receiver is gone
	s.answer(http.StatusOK)
	clock.move(5 * time.Second)
	runOnce(t, r)
	check("an older one is acknowledged", 2, false)
}

// The same message may be acknowledged several times: by an attempt whose
// result was lost in a crash, or by one that another node thought dead.
func TestAnAcknowledgementCountsOnce(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	r := f.relay(Config{})
	orderID, recordID := f.order()
	row := f.row(f.queue("http://merchant.example/", orderID, recordID))
	record := func(status int, retryAt int64) {
		t.Helper()
		if _, err := r.record(t.Context(), row, verdict{started: clock.Now(), status: status}, clock.Now(), retryAt); err != nil {
			t.Fatal(err)
		}
	}
	record(500, 0)
	if f.row(row.ID).State != store.CallbackDead {
		t.Fatal("not dead")
	}
	record(200, 0) // late, after somebody else's last attempt failed
	record(200, 0)
	record(500, 0)
	record(500, 1)
	if count, sent := f.notified(orderID, recordID); count != 1 || !sent {
		t.Errorf("notify_send_count %d, notify_sent %v, want 1 and true", count, sent)
	}
	if got := f.row(row.ID); got.State != store.CallbackDelivered || len(f.attempts(row.ID)) != 5 {
		t.Errorf("state %s, %d attempts, want DELIVERED and 5", got.State, len(f.attempts(row.ID)))
	}
}

// A node that was taken for dead while it sent leaves the message to the one that
// has it since, unless the receiver has taken it.
func TestResultOfALostLease(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	s.answer(http.StatusInternalServerError)
	slow, other := f.relay(Config{Node: "slow"}), f.relay(Config{Node: "other", Retry: []time.Duration{time.Minute, time.Minute}})
	orderID, recordID := f.order()
	id := f.queue(url, orderID, recordID)
	d := newDispatcher(slow)
	if err := d.claim(t.Context(), []want{{lane: freshLane, limit: 1}}); err != nil || len(d.held) != 1 {
		t.Fatalf("%d messages held, %v", len(d.held), err)
	}
	claimed := f.row(id)
	runOnce(t, other)
	left := f.row(id)
	if left.State != store.CallbackPending || left.Attempts != 2 || left.DueAt != clock.Now().Add(time.Minute).UnixMilli() {
		t.Fatalf("after the other's attempt: %+v", left)
	}
	for status, retryAt := range map[int]int64{500: 1, 410: 0} {
		ours, err := slow.record(t.Context(), claimed, verdict{started: clock.Now(), status: status}, clock.Now(), retryAt)
		if err != nil || ours || f.row(id) != left {
			t.Errorf("status %d: still its own %v, %v; now %+v", status, ours, err, f.row(id))
		}
	}
	if _, err := slow.record(t.Context(), claimed, verdict{started: clock.Now(), status: 200}, clock.Now(), 0); err != nil {
		t.Fatal(err)
	}
	clock.move(time.Hour)
	runOnce(t, other)
	if n := len(s.all()); n != 1 || f.row(id).State != store.CallbackDelivered || len(f.attempts(id)) != 4 {
		t.Errorf("%d requests of the other node, state %s, %d attempts kept", n, f.row(id).State, len(f.attempts(id)))
	}
}

func TestSweep(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	r := f.relay(Config{Retry: []time.Duration{time.Second}})
	f.queueMany(url, sweepBatch+10)
	runOnce(t, r)
	s.answer(http.StatusNotFound)
	old := f.queue(url, 0, 0)
	runOnce(t, r)
	clock.move(time.Second)
	runOnce(t, r) // dead, one second after all the others were delivered
	clock.move(keep - time.Second)
	resent, waiting := f.queue(url, 0, 0), f.queue(url, 0, 0)
	clock.move(time.Second)
	sweep := func() {
		t.Helper()
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	rows, err := f.store.CallbacksOfOrder(t.Context(), 0)
	if err != nil || len(rows) != 3 || len(f.attempts(old)) != 2 {
		t.Fatalf("%d messages left, %d attempts of the dead one, error %v", len(rows), len(f.attempts(old)), err)
	}
	clock.move(time.Millisecond)
	sweep()
	rows, err = f.store.CallbacksOfOrder(t.Context(), 0)
	if err != nil || len(rows) != 2 || rows[0].ID != resent || rows[1].ID != waiting || len(f.attempts(old)) != 0 {
		t.Errorf("left %+v, %d attempts of the old one, error %v", rows, len(f.attempts(old)), err)
	}
}

// start runs a relay; stop ends it and waits.
func start(t *testing.T, r *Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Run by itself: the first attempt at once, retries on time, and again after a
// restart in the middle.
func TestRunKeepsTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		s := &sink{now: time.Now, status: http.StatusServiceUnavailable}
		url, stopServer := network.serve("merchant.example", s)
		run := func() (stop func()) {
			r := f.relay(Config{})
			network.attach(r)
			return start(t, r)
		}
		stop := run()
		synctest.Wait()
		begin := time.Now()
		id := f.queue(url, 0, 0)
		time.Sleep(3 * time.Minute)
		stop()
		time.Sleep(time.Minute)
		stop = run()
		time.Sleep(time.Until(begin.Add(20 * time.Minute)))
		s.answer(http.StatusOK)
		time.Sleep(2 * time.Hour)
		stop()
		stopServer()

		got := s.all()
		if len(got) != 6 || f.row(id).State != store.CallbackDelivered {
			t.Fatalf("%d attempts, state %s, want 6 and DELIVERED", len(got), f.row(id).State)
		}
		for i, request := range got {
			if offset := request.at.Sub(begin); offset != offsets[i] {
				t.Errorf("attempt %d came %v after the event, want %v", i+1, offset, offsets[i])
			}
		}
	})
}

// A crash leaves a leased row; it is sent when the lease has run out, or as soon
// as its node is known to be gone. A row that another node queued is found
// without a signal.
func TestRunFindsWhatNobodyTellsOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		s := &sink{now: time.Now, status: http.StatusOK}
		url, stopServer := network.serve("merchant.example", s)
		r := f.relay(Config{})
		network.attach(r)
		begin := time.Now()
		leased, parked, orphaned := f.queue(url, 0, 0), f.queue(url, 0, 0), f.queue(url, 0, 0)
		f.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertNode(ctx, "dying", 1) })
		f.exec("UPDATE callbacks SET lease_until = $1, leased_by = 'dying', attempts = 1 WHERE id = $2",
			begin.Add(40*time.Second).UnixMilli(), orphaned)
		f.exec("UPDATE callbacks SET lease_until = $1, attempts = 1 WHERE id = $2", begin.Add(40*time.Second).UnixMilli(), leased)
		f.exec("UPDATE callbacks SET lease_until = $1, attempts = 1, lane = 'http://merchant.example:80' WHERE id = $2",
			begin.Add(50*time.Second).UnixMilli(), parked)
		stop := start(t, r)
		time.Sleep(9 * time.Second)
		f.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteNode(ctx, "dying") })
		time.Sleep(11*time.Second + time.Millisecond)
		f.write(func(ctx context.Context, tx *store.Tx) error { // as another node does: without a signal
			_, err := tx.InsertCallback(ctx, db.InsertCallbackParams{
				WebhookID: "msg_other", MerchantID: f.merchant, Url: url, Body: "{}", Now: time.Now().UnixMilli(),
			})
			return err
		})
		time.Sleep(time.Minute)
		stop()
		stopServer()
		var at []time.Duration
		for _, request := range s.all() {
			at = append(at, request.at.Sub(begin).Truncate(time.Second))
		}
		want := []time.Duration{10 * time.Second, 25 * time.Second, 40 * time.Second, 50 * time.Second}
		if !slices.Equal(at, want) {
			t.Errorf("requests came %v after the start, want %v", at, want)
		}
	})
}

// Stopping sees sends under way to their end, gives back what waits, and
// leaves nothing that is sent twice.
func TestStopIsGraceful(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		url, stopServer := network.serve("slow.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			time.Sleep(7 * time.Second)
		}))
		r := f.relay(Config{})
		network.attach(r)
		f.queueMany(url, 40)
		stop := start(t, r)
		synctest.Wait()
		if n := r.Stats().InFlight; n != 8 {
			t.Errorf("%d sends under way, want 8", n)
		}
		begin := time.Now()
		stop()
		if took := time.Since(begin); took != 7*time.Second {
			t.Errorf("stopping took %v, want the 7 s of the sends under way", took)
		}
		rows, err := f.store.CallbacksOfOrder(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]int{}
		for _, row := range rows {
			states[row.State]++
			if row.State == store.CallbackPending && (row.LeaseUntil != 0 || row.Attempts != 0) {
				t.Errorf("message %d is still leased (%d) or counts %d attempts", row.ID, row.LeaseUntil, row.Attempts)
			}
		}
		if states[store.CallbackDelivered] != 8 || states[store.CallbackPending] != 32 {
			t.Errorf("states %v, want 8 delivered and 32 pending", states)
		}
		// What is left goes out after a restart, each once.
		again := f.relay(Config{})
		network.attach(again)
		stop = start(t, again)
		time.Sleep(time.Minute)
		stop()
		if n := again.Stats().Delivered; n != 32 {
			t.Errorf("%d delivered after the restart, want 32", n)
		}
		stopServer()
	})
}

func TestRunSurvivesABrokenStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := secrets.NewBox(make([]byte, secrets.KeySize), nil)
		if err != nil {
			t.Fatal(err)
		}
		engine, err := sqlite.Open(t.Context(), t.TempDir()+"/test.db", sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		st := store.New(engine)
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		stop := start(t, New(st, box, time.Now, Config{}, slog.New(slog.DiscardHandler)))
		time.Sleep(time.Minute)
		stop()
	})
}
