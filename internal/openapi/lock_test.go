package openapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// wrong sends a code nobody made.
func (a *api) wrong(t testing.TB) answer {
	t.Helper()
	return a.do(t, post("/consumes", consumption.with("code", "999999", "trade_id", "20240429000000000099")))
}

func lockedFor(seconds int) string { return fmt.Sprintf(`{"retry_after":%d}`, seconds) }

// consume.md §5.
func TestWrongCodeLock(t *testing.T) {
	a := goldenAPI(t)
	wantOK(t, a.do(t, post("/consumes", consumption)))
	now := a.Now().UnixMilli()
	a.AddCode(t, "2000001", 131, now)
	a.AddCode(t, "2000002", 131, 0)
	a.exec(t, "UPDATE pickup_codes SET state = 'CANCELLED' WHERE code = '2000002'")
	right := consumption.with("code", "5288641", "trade_id", "20240429000000000001")

	// What counts: 10024, 10026, 10027, 10028; two of each, and one more.
	for range 2 {
		wantRefusal(t, a.wrong(t), 10024, "")
		wantRefusal(t, a.do(t, post("/consumes", right.with("code", "2000001"))), 10026, "")
		wantRefusal(t, a.do(t, post("/consumes", right.with("code", "2000002"))), 10027, "")
		wantRefusal(t, a.do(t, post("/consumes", right.with("product_id", "132"))), 10028, "")
	}
	wantRefusal(t, a.wrong(t), 10024, "")
	// What does not count.
	before := a.snapshot(t)
	for range 3 {
		wantRefusal(t, a.do(t, post("/consumes", right.with("code", "12345"))), 10001, reason("code", "format"))
		wantRefusal(t, a.do(t, post("/consumes", consumption)), 10025, `{"order_id":60}`)
		wantRefusal(t, a.do(t, post("/consumes", consumption.with("code", "999999"))), 40002, `{"order_id":60}`)
		wantRefusal(t, a.do(t, post("/consumes", right.with("trade_id", ""))), 40001, "")
		wantRefusal(t, a.do(t, post("/consumes", right.with("machine_no", "99999999"))), 30003, "")
	}
	a.wantUnchanged(t, before)
	// So the next one is the tenth.
	wantRefusal(t, a.do(t, post("/consumes", right.with("product_id", "132"))), 10028, "")
	wantRefusal(t, a.do(t, post("/consumes", right)), 10029, lockedFor(600))
}

func TestWrongCodeLockLifecycle(t *testing.T) {
	a := newAPI(t)
	a.AddCode(t, "5288640", 131, 0)
	a.AddCode(t, "5288641", 131, 0)
	wrong := func() answer { return a.wrong(t) }
	right := post("/consumes", consumption.with("code", "5288641", "trade_id", "20240429000000000001"))
	for range 5 {
		wantRefusal(t, wrong(), 10024, "")
	}
	// A success does not clear the counter.
	wantOK(t, a.do(t, post("/consumes", consumption)))
	for range 4 {
		wantRefusal(t, wrong(), 10024, "")
	}
	// The tenth still gets its own answer and starts the lock.
	wantRefusal(t, wrong(), 10024, "")
	before := a.snapshot(t)
	wantRefusal(t, wrong(), 10029, lockedFor(600))
	wantRefusal(t, a.do(t, right), 10029, lockedFor(600))
	// Replays are exempt.
	wantRefusal(t, a.do(t, post("/consumes", consumption)), 10025, `{"order_id":1}`)
	wantRefusal(t, a.do(t, post("/consumes", consumption.with("code", "5288641"))), 40002, `{"order_id":1}`)
	// The lock is fixed: attempts neither count nor extend it, and seconds are
	// rounded up.
	a.Advance(1500 * time.Millisecond)
	wantRefusal(t, wrong(), 10029, lockedFor(599))
	a.Advance(598 * time.Second)
	wantRefusal(t, wrong(), 10029, lockedFor(1))
	a.Advance(499 * time.Millisecond)
	wantRefusal(t, a.do(t, right), 10029, lockedFor(1))
	a.wantUnchanged(t, before)
	// At its end the counter is empty: ten more are needed.
	a.Advance(time.Millisecond)
	for range 10 {
		wantRefusal(t, wrong(), 10024, "")
	}
	wantRefusal(t, a.do(t, right), 10029, lockedFor(600))
	a.Advance(600 * time.Second)
	wantOK(t, a.do(t, right))
}

func TestWrongCodeWindowSlides(t *testing.T) {
	a := newAPI(t)
	// One wrong code each 70 s: never ten within 600 s.
	for range 30 {
		wantRefusal(t, a.wrong(t), 10024, "")
		a.Advance(70 * time.Second)
	}
	a.Advance(600 * time.Second)
	// Nine now and nine 600 s later: the first nine have left the window.
	for range 2 {
		for range 9 {
			wantRefusal(t, a.wrong(t), 10024, "")
		}
		a.Advance(600 * time.Second)
	}
	// Nine, and the tenth one millisecond before the first leaves.
	for range 9 {
		wantRefusal(t, a.wrong(t), 10024, "")
	}
	a.Advance(600*time.Second - time.Millisecond)
	wantRefusal(t, a.wrong(t), 10024, "")
	wantRefusal(t, a.wrong(t), 10029, lockedFor(600))
}

// The counter is the machine's, whoever calls, and no other machine's.
func TestWrongCodeLockIsPerMachine(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE machines SET pickup_code_enabled = TRUE WHERE id = 2")
	a.exec(t, "UPDATE presence SET is_online = TRUE WHERE machine_id = 2")
	for range 10 {
		wantRefusal(t, a.wrong(t), 10024, "")
	}
	wantRefusal(t, a.wrong(t), 10029, lockedFor(600))
	c := post("/consumes", consumption.with("code", "999999", "machine_no", "16327130"))
	wantRefusal(t, a.do(t, c), 10024, "")
	a.exec(t, "UPDATE machines SET merchant_id = 2 WHERE id = 1")
	c = post("/consumes", consumption.with("code", "999999"))
	c.by = rival
	wantRefusal(t, a.do(t, c), 10029, lockedFor(600))
}

// The lock comes before the machine's own state (consume.md §3, steps 19–23).
func TestWrongCodesDoNotCountBeforeTheCode(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE WHERE id = 1")
	before := a.snapshot(t)
	for range 12 {
		wantRefusal(t, a.wrong(t), 10023, "")
	}
	a.wantUnchanged(t, before)
}

// Counter and lock survive a restart of the server.
func TestWrongCodeLockSurvivesRestart(t *testing.T) {
	a := newAPI(t)
	for range 9 {
		wantRefusal(t, a.wrong(t), 10024, "")
	}
	a.restart(t)
	wantRefusal(t, a.wrong(t), 10024, "")
	a.restart(t)
	a.Advance(time.Second)
	wantRefusal(t, a.wrong(t), 10029, lockedFor(599))
}

// restart closes the store and serves the same file again, with use cases that
// have never seen a request.
func (a *api) restart(t *testing.T) {
	t.Helper()
	if err := a.Store.Close(); err != nil {
		t.Fatal(err)
	}
	engine := openEngine(t, a.file, sqlite.Options{})
	st := store.New(engine)
	t.Cleanup(func() { st.Close() })
	a.engine, a.Store = engine, st
	a.Pickup = newPickup(st, a.Now)
	a.server = a.serve(st)
}
