package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
)

// The size of the chaos, and how fast the platform's clocks run in it.
const (
	chaosMachines = 200
	chaosCodes    = 10 // per machine, each is one dispense
	chaosKills    = 5
	chaosStock    = 20 // per channel
	chaosChannels = 2
	chaosWindow   = "8"  // seconds
	chaosTimeout  = "25" // seconds; silent machines have seen the repeat at 20 s
)

// chaosFaults is every fault there is. Late reports come after the time-out.
const chaosFaults = "jam=0.05,no_drop=0.05,slow=0.1@3s,silent=0.03,duplicate_report=0.1,late_report=0.02@28s," +
	"report_before_start=0.1,power_loss=0.08@1s,offline=0.08@2s,wrong_sign=0.1,duplicate_command=0.2," +
	"reorder_command=0.2,clock_drift=2s,storm=12s"

// Machines that misbehave in every way, a server that is killed again and
// again, and still: no delivery starts a motor twice, every delivery ends, every
// end reaches the merchant, and the stock adds up.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a minute")
	}
	c := &chaos{t: t, data: filepath.Join(t.TempDir(), "data"), sink: newChaosSink(t)}
	c.provision()
	c.boot()
	c.startFleet()

	var drivers sync.WaitGroup
	for _, m := range c.machines {
		drivers.Go(func() { c.drive(m) })
	}
	done := make(chan struct{})
	go func() {
		drivers.Wait()
		close(done)
	}()
	// Killed at even distances of the work, never at its end.
	for kill := range chaosKills {
		c.awaitAccepted(chaosMachines*chaosCodes*int64(kill+1)/(chaosKills+1), done)
		c.server.kill()
		c.boot()
	}
	<-done
	c.awaitQuiet()
	summary := c.fleet.Summary()
	c.fleet.Stop()
	if code := c.server.stop(); code != 0 {
		t.Errorf("the server ended with exit code %d", code)
	}
	c.check(summary)
}

// chaos is the platform as a process, its fleet, and what the test knows.
type chaos struct {
	t        *testing.T
	data     string
	sink     *chaosSink
	machines []fleetsim.Identity
	fleet    *fleetsim.Fleet

	server   *process
	address  atomic.Pointer[addresses]
	accepted atomic.Int64 // dispenses the platform has accepted
	progress chan struct{}
}

// addresses are where the server is now; it moves with every restart.
type addresses struct{ http, mqtt string }

func (c *chaos) provision() {
	c.t.Helper()
	var err error
	first := fleetsim.Identity{MachineNo: "16400001", Password: "chaos-password", AppKey: "chaos-key"}
	if c.machines, err = fleetsim.Count(first, chaosMachines); err != nil {
		c.t.Fatal(err)
	}
	file := filepath.Join(c.t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte(chaosShop(c.machines)), 0o600); err != nil {
		c.t.Fatal(err)
	}
	p := start(c.t, []string{"VENDLANE_DATA=" + c.data}, "admin", "apply", "-f", file)
	readAll(c.t, p)
	if code := p.wait(); code != 0 {
		c.t.Fatalf("apply: exit code %d", code)
	}
	c.progress = make(chan struct{}, 1)
}

// chaosShop has two channels in every machine, and half of the codes for each.
func chaosShop(machines []fleetsim.Identity) string {
	var b strings.Builder
	b.WriteString(`
merchants:
  - slug: chaos
    title: Chaos
    appid: vmchaos
    app_secret: chaos-secret
    app_key: chaos-key
    debug: true
    models: [{name: m, boards: [{addr: 1, floor_type: 1, drop_detection: true}]}]
    goods: [{slug: g, name: Good, price: "1.00"}]
    machines:
`)
	for i, m := range machines {
		fmt.Fprintf(&b, "      - {machine_no: %q, name: M, model: m, password: %q, pickup_code_enabled: true, planogram: [", m.MachineNo, m.Password)
		for channel := range chaosChannels {
			fmt.Fprintf(&b, "{product_id: %d, motor: %d, good: g, capacity: %d, stock: %d},", chaosProduct(i, channel), channel, chaosStock, chaosStock)
		}
		b.WriteString("], codes: [")
		for n := range chaosCodes {
			fmt.Fprintf(&b, "{code: %q, channel: A%d},", chaosCode(n), n%chaosChannels+1)
		}
		b.WriteString("]}\n")
	}
	return b.String()
}

func chaosProduct(machine, channel int) int { return 1 + machine*chaosChannels + channel }

func chaosCode(n int) string { return fmt.Sprintf("%08d", 10_000_000+n) }

// boot starts the server and tells machines and drivers where it is.
func (c *chaos) boot() {
	c.t.Helper()
	c.server = start(c.t, []string{
		"VENDLANE_DATA=" + c.data, "VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0",
		"VENDLANE_RATELIMIT_APP_RPS=0", "VENDLANE_CALLBACK_ALLOW_PRIVATE=true", "VENDLANE_CALLBACK_RETRY_S=1,2,5",
		"VENDLANE_DISPENSE_LOCK_S_MOTOR=" + chaosWindow, "VENDLANE_DISPENSE_TIMEOUT_S=" + chaosTimeout,
		"VENDLANE_LOG_LEVEL=info", // awaitReady reads it
	}, "serve")
	ready := awaitReady(c.t, c.server)
	c.address.Store(&addresses{http: "http://" + ready["http"].(string), mqtt: ready["mqtt"].(string)})
}

func (c *chaos) startFleet() {
	c.t.Helper()
	var faults fleetsim.Faults
	if err := faults.Set(chaosFaults); err != nil {
		c.t.Fatal(err)
	}
	var dialer net.Dialer
	var err error
	c.fleet, err = fleetsim.Start(context.Background(), fleetsim.Options{
		Server: "tcp://127.0.0.1:1883", Machines: c.machines, Dir: c.t.TempDir(), Faults: faults, Seed: 5,
		RunTime: 100 * time.Millisecond, Heartbeat: 20 * time.Second, Telemetry: 10 * time.Second,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, c.address.Load().mqtt)
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(c.fleet.Stop)
	// A few clocks are so far ahead that every command is too old for them.
	for _, m := range c.machines[:3] {
		ahead := faults
		ahead.Storm = 0
		ahead.ClockDrift = fleetsim.Duration(time.Minute)
		if err := c.fleet.SetMachineFaults(m.MachineNo, ahead); err != nil {
			c.t.Fatal(err)
		}
	}
}

// awaitAccepted waits until the platform has accepted n dispenses.
func (c *chaos) awaitAccepted(n int64, done <-chan struct{}) {
	c.t.Helper()
	limit := time.After(5 * time.Minute)
	for c.accepted.Load() < n {
		select {
		case <-c.progress:
		case <-done:
			c.t.Fatalf("the drivers ended after %d dispenses", c.accepted.Load())
		case <-limit:
			c.t.Fatalf("only %d of %d dispenses accepted in time: %+v", c.accepted.Load(), n, c.fleet.Summary())
		}
	}
}

// result is what one callback told of a delivery.
type result struct {
	deliveryID string
	success    bool
}

func (r *result) UnmarshalJSON(text []byte) error {
	var body struct {
		DeliveryID    string `json:"delivery_id"`
		DeliverStatus string `json:"deliver_status"`
	}
	if err := json.Unmarshal(text, &body); err != nil {
		return err
	}
	r.deliveryID, r.success = body.DeliveryID, body.DeliverStatus == "1"
	return nil
}
