package callback

import (
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/store"
)

// gauge counts requests, and how many there were at once.
type gauge struct {
	mu              sync.Mutex
	now, most, seen int
	hold            func(r *http.Request)
}

func (g *gauge) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	// Only after the body does a server notice that the sender gives up.
	_, _ = io.Copy(io.Discard, r.Body)
	g.add(1)
	if g.hold != nil {
		g.hold(r)
	}
	g.add(-1)
}

// counts returns the requests now, at most at once, and in all.
func (g *gauge) counts() (now, most, seen int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now, g.most, g.seen
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += n
	g.most = max(g.most, g.now)
	g.seen += max(n, 0)
}

func TestAHangingEndpointDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hungMessages = 1000
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		release := make(chan struct{})
		hung := &gauge{hold: func(r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}}
		good := &gauge{}
		hungURL, stopHung := network.serve("hung.example", hung)
		goodURL, stopGood := network.serve("good.example", good)
		r := f.relay(Config{})
		network.attach(r)
		f.queueMany(hungURL, hungMessages)
		f.queueMany(goodURL, 20) // behind all of the hanging one's
		stop := start(t, r)
		synctest.Wait()
		if _, _, seen := good.counts(); seen != 20 {
			t.Errorf("the good endpoint got %d of 20 messages while the other one hangs", seen)
		}
		if now, _, _ := hung.counts(); now != 8 {
			t.Errorf("%d sends to the hanging endpoint at once, want 8", now)
		}
		// Attempts time out, their rows come due again, more rows come in: no
		// fake time may pass before a good message is through.
		for round := range 30 {
			time.Sleep(5 * time.Second)
			f.queueMany(hungURL, 20)
			f.queueMany(goodURL, 1)
			synctest.Wait()
			if _, _, seen := good.counts(); seen != 21+round {
				t.Errorf("round %d: the good endpoint got %d messages, want %d", round, seen, 21+round)
			}
		}
		close(release)
		time.Sleep(time.Hour)
		stop()
		stopHung()
		stopGood()
		// A hanging receiver has seen the timed out ones before; every message
		// must get through in the end, with no more than its slots at once.
		rows, err := f.store.CallbacksOfOrder(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		requests := 0
		for _, row := range rows {
			if row.State != store.CallbackDelivered {
				t.Errorf("message %d: %s", row.ID, row.State)
			}
			if n := len(f.attempts(row.ID)); int64(n) != row.Attempts {
				t.Errorf("message %d counts %d attempts, %d are kept", row.ID, row.Attempts, n)
			}
			requests += int(row.Attempts)
		}
		_, most, hungSeen := hung.counts()
		if most > 8+8 { // 8 of which the server has yet to see that they are given up
			t.Errorf("%d sends to one endpoint at once", most)
		}
		if _, _, goodSeen := good.counts(); hungSeen+goodSeen != requests {
			t.Errorf("%d requests arrived, %d were counted", hungSeen+goodSeen, requests)
		}
	})
}

func TestTheCapOverAllEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		all := &gauge{hold: func(*http.Request) { time.Sleep(time.Second) }}
		var stops []func()
		for _, name := range []string{"a.example", "b.example", "c.example", "d.example"} {
			url, stop := network.serve(name, all)
			stops = append(stops, stop)
			f.queueMany(url, 100)
		}
		r := f.relay(Config{MaxInFlight: 10})
		network.attach(r)
		stop := start(t, r)
		// 400 messages of 1 s, 10 at once; less only when one endpoint is left.
		time.Sleep(50 * time.Second)
		if _, most, seen := all.counts(); seen != 400 || most != 10 {
			t.Errorf("%d messages left in 50 s, %d at once; want 400 and 10", seen, most)
		}
		stop()
		for _, stop := range stops {
			stop()
		}
		if got := r.Stats(); got.Delivered != 400 {
			t.Errorf("stats %+v, want 400 delivered", got)
		}
	})
}

// Regression: a claim that runs beside the recording of a result must not send
// the row again. Here claims run all the time, and the clock jumps past every
// lease over and over, so that rows in hand look free. A receiver notices a
// second send of a message while the first is under way, or one after its
// acknowledgement.
func TestNoMessageIsSentTwiceWithoutACrash(t *testing.T) {
	const messages, endpoints = 400, 5
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	network := newMemoryNet()
	receiver := &strict{random: rand.New(rand.NewPCG(1, 2)), clock: clock, state: map[string]*seen{}}
	for i := range endpoints {
		url, stop := network.serve(string(rune('a'+i))+".example", receiver)
		defer stop()
		f.queueMany(url, messages/endpoints)
	}
	retry := make([]time.Duration, 1000)
	for i := range retry {
		retry[i] = time.Millisecond
	}
	r := f.relay(Config{Retry: retry})
	network.attach(r)
	defer r.transport.CloseIdleConnections()

	ctx := t.Context()
	for range 1000 { // the clock moves on with every round and request
		d := newDispatcher(r)
		d.lookAround(ctx)
		d.advance(ctx)
		for d.inFlight > 0 {
			d.settle(<-d.results)
			d.fresh = true
			d.advance(ctx)
		}
		clock.move(time.Minute)
		if receiver.acknowledged() == messages {
			break
		}
	}
	if n := receiver.acknowledged(); n != messages {
		t.Errorf("%d of %d messages were acknowledged", n, messages)
	}
	rows, err := f.store.CallbacksOfOrder(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		got := receiver.state[row.WebhookID]
		if row.State != store.CallbackDelivered || got.requests != len(f.attempts(row.ID)) {
			t.Errorf("%s: %s, %d requests, %d attempts recorded", row.WebhookID, row.State, got.requests, len(f.attempts(row.ID)))
		}
	}
	if receiver.twice != 0 {
		t.Errorf("%d messages were sent twice", receiver.twice)
	}
}

// strict is a receiver with random answers that notices double sends.
type strict struct {
	mu     sync.Mutex
	random *rand.Rand
	clock  *fakeClock
	state  map[string]*seen
	done   int
	twice  int
}

type seen struct {
	requests     int
	open         bool
	acknowledged bool
}

func (s *strict) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("webhook-id")
	s.mu.Lock()
	message := s.state[id]
	if message == nil {
		message = &seen{}
		s.state[id] = message
	}
	message.requests++
	if message.open || message.acknowledged {
		s.twice++
	}
	message.open = true
	ok := s.random.IntN(2) == 0
	s.mu.Unlock()

	s.clock.move(time.Minute) // every lease is over now

	s.mu.Lock()
	defer s.mu.Unlock()
	message.open = false
	if !ok {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if !message.acknowledged {
		s.done++
	}
	message.acknowledged = true
}

func (s *strict) acknowledged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

func TestEndpointOf(t *testing.T) {
	for url, want := range map[string]string{
		"http://Merchant.Example/a?b": "http://merchant.example:80",
		"https://merchant.example":    "https://merchant.example:443",
		"https://merchant.example:80": "https://merchant.example:80",
		"http://[::1]:8080/":          "http://::1:8080",
		"http://[":                    "?",
	} {
		if got := endpointOf(url); got != want {
			t.Errorf("endpointOf(%q) = %q, want %q", url, got, want)
		}
	}
}
