package e2e

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
)

// What is the same in every world, and how fast the platform's clocks run in it.
const (
	worldStock    = 20 // per channel
	worldChannels = 2
	worldWindow   = "8"  // seconds
	worldTimeout  = "25" // seconds; silent machines have seen the repeat at 20 s
)

// size is how much goes on in a world.
type size struct {
	machines int
	codes    int // per machine, each is one dispense
	// given codes are there from the beginning; others are made one by one.
	given bool
	// atOnce is how many dispenses are asked for at the same time; 0 is one on
	// every machine.
	atOnce int
}

// world is a merchant with machines and a notify_url, the drivers that redeem
// and dispense, and what all of them know afterwards. Where the platform runs
// is the test's own business.
type world struct {
	t        *testing.T
	size     size
	environ  []string // of every process of the platform
	sink     *worldSink
	machines []fleetsim.Identity
	faults   fleetsim.Faults
	fleet    *fleetsim.Fleet

	driver, dsn string        // of the platform's database, to look at
	api, mqtt   func() string // where the platform is: a URL, and host:port

	slots    chan struct{} // of drivers at work
	accepted atomic.Int64  // dispenses the platform has accepted
	progress chan struct{}

	mu       sync.Mutex
	redeemed map[string]int64 // order ids that were acknowledged, by trade_id
}

func newWorld(t *testing.T, s size) *world {
	t.Helper()
	w := &world{
		t: t, size: s, sink: newWorldSink(t), progress: make(chan struct{}, 1), redeemed: map[string]int64{},
		slots: make(chan struct{}, cmp.Or(s.atOnce, s.machines)),
		environ: []string{
			"VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0",
			"VENDLANE_RATELIMIT_APP_RPS=0", "VENDLANE_CALLBACK_ALLOW_PRIVATE=true", "VENDLANE_CALLBACK_RETRY_S=1,2,5",
			"VENDLANE_DISPENSE_LOCK_S_MOTOR=" + worldWindow, "VENDLANE_DISPENSE_TIMEOUT_S=" + worldTimeout,
			"VENDLANE_LOG_LEVEL=info", // awaitReady reads it
		},
	}
	first := fleetsim.Identity{MachineNo: "16400001", Password: "world-password", AppKey: "world-key"}
	var err error
	if w.machines, err = fleetsim.Count(first, s.machines); err != nil {
		t.Fatal(err)
	}
	return w
}

// total is the number of dispenses.
func (w *world) total() int { return w.size.machines * w.size.codes }

// shop has two channels in every machine; of given codes half are for each.
func (w *world) shop() string {
	var b strings.Builder
	b.WriteString(`
merchants:
  - slug: world
    title: World
    appid: vmworld
    app_secret: world-secret
    app_key: world-key
    debug: true
    models: [{name: m, boards: [{addr: 1, floor_type: 1, drop_detection: true}]}]
    goods: [{slug: g, name: Good, price: "1.00"}]
    machines:
`)
	for i, m := range w.machines {
		fmt.Fprintf(&b, "      - {machine_no: %q, name: M, model: m, password: %q, pickup_code_enabled: true, planogram: [", m.MachineNo, m.Password)
		for channel := range worldChannels {
			fmt.Fprintf(&b, "{product_id: %d, motor: %d, good: g, capacity: %d, stock: %d},", worldProduct(i, channel), channel, worldStock, worldStock)
		}
		b.WriteString("], codes: [")
		for n := range w.size.codes {
			if w.size.given {
				fmt.Fprintf(&b, "{code: %q, channel: A%d},", worldCode(n), n%worldChannels+1)
			}
		}
		b.WriteString("]}\n")
	}
	return b.String()
}

func worldProduct(machine, channel int) int { return 1 + machine*worldChannels + channel }

func worldCode(n int) string { return fmt.Sprintf("%08d", 10_000_000+n) }

func (w *world) startFleet(faults string, seed uint64) {
	w.t.Helper()
	if err := w.faults.Set(faults); err != nil {
		w.t.Fatal(err)
	}
	var dialer net.Dialer
	var err error
	w.fleet, err = fleetsim.Start(context.Background(), fleetsim.Options{
		Server: "tcp://127.0.0.1:1883", Machines: w.machines, Dir: w.t.TempDir(), Faults: w.faults, Seed: seed,
		RunTime: 100 * time.Millisecond, Heartbeat: 20 * time.Second, Telemetry: 10 * time.Second,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, w.mqtt())
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(w.fleet.Stop)
}

// awaitAccepted waits until the platform has accepted n dispenses.
func (w *world) awaitAccepted(n int, done <-chan struct{}) {
	w.t.Helper()
	limit := time.After(5 * time.Minute)
	for w.accepted.Load() < int64(n) {
		select {
		case <-w.progress:
		case <-done:
			w.t.Fatalf("the drivers ended after %d dispenses", w.accepted.Load())
		case <-limit:
			w.t.Fatalf("only %d of %d dispenses accepted in time: %+v", w.accepted.Load(), n, w.fleet.Summary())
		}
	}
}

// await looks until a condition holds; it says what is missing, or "".
func (w *world) await(patience time.Duration, missing func() string) {
	w.t.Helper()
	limit := time.After(patience)
	look := time.NewTicker(250 * time.Millisecond)
	defer look.Stop()
	for {
		what := missing()
		if what == "" {
			return
		}
		select {
		case <-look.C:
		case <-limit:
			w.t.Fatalf("not within %v: %s; fleet %+v", patience, what, w.fleet.Summary())
		}
	}
}
