package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/simulator"
	"github.com/vendlane/vendlane/internal/store"
)

// Options are the flags of `vendlane demo`.
type Options struct {
	Listen, MQTTListen string
	Data               string
	// Once ends after the story, with its error if a step failed.
	Once        bool
	NoStory     bool
	NoSimulator bool
	// NoHistory leaves out the 30 days before the start that a new data folder
	// gets.
	NoHistory bool
	// JSON prints one line of JSON on Stdout when the demo is ready; everything
	// else goes to Stderr.
	JSON           bool
	Stdout, Stderr io.Writer
	// Locale chooses the language: "zh…" is Chinese, anything else English.
	Locale string
}

// startPatience is how long the virtual machines may take to come online.
const startPatience = 30 * time.Second

// consolePath is where the pages of the console are, docsPath the documentation.
const (
	consolePath = "/console/"
	docsPath    = "/docs"
)

// demo is a running demo.
type demo struct {
	opts    Options
	text    texts
	out     io.Writer // for people
	app     *app.App
	sink    *sink
	client  *client
	steps   chan machineStep
	virtual virtualMachines
	fresh   bool
}

// Run starts everything, tells the story and serves until ctx ends.
func Run(ctx context.Context, opts Options) error {
	if opts.NoSimulator {
		if opts.Once && !opts.NoStory {
			return errors.New("--once tells the story, and the story needs the simulator: drop --no-simulator")
		}
		opts.NoStory = true
	}
	d := &demo{opts: opts, text: textsFor(opts.Locale), out: opts.Stdout, steps: make(chan machineStep, 256)}
	if opts.JSON {
		d.out = opts.Stderr
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	runCtx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- d.app.Run(runCtx) }()

	err := d.start(ctx)
	if err == nil && !opts.Once {
		select {
		case <-ctx.Done():
		case err = <-ended:
			ended <- nil
		}
	}
	d.virtual.stop()
	stop()
	return errors.Join(err, <-ended)
}

// open prepares the platform and the shop, and opens the ports.
func (d *demo) open(ctx context.Context) error {
	cfg := config.Default()
	cfg.Data, cfg.HTTP.Listen, cfg.MQTT.Listen = d.opts.Data, d.opts.Listen, d.opts.MQTTListen
	cfg.Callback.AllowPrivate = true
	if err := cfg.Validate(); err != nil {
		return err
	}
	var err error
	if d.sink, err = newSink(); err != nil {
		return err
	}
	if !d.opts.NoHistory {
		if err := d.makeHistory(ctx, cfg); err != nil {
			return fmt.Errorf("make the history of the demo shop: %w", err)
		}
	}
	log := slog.New(slog.NewTextHandler(d.opts.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	opts := app.Options{Log: log, Routes: map[string]http.Handler{sinkPath: d.sink}}
	if !d.opts.NoSimulator {
		opts.Simulator = &d.virtual
	}
	d.app, err = app.New(ctx, cfg, opts)
	if err != nil {
		return err
	}
	if err := d.prepare(ctx); err != nil {
		return errors.Join(err, d.app.Close())
	}
	return nil
}

func (d *demo) prepare(ctx context.Context) error {
	_, known, err := store.Find(d.app.Store.MerchantBySlug(ctx, shopSlug))
	if err != nil {
		return err
	}
	d.fresh = !known
	// The shop's notify_url has the port in it.
	if err := d.app.Listen(ctx); err != nil {
		return err
	}
	d.client = &client{base: "http://" + reachable(d.app.HTTPAddr()), http: &http.Client{Timeout: 10 * time.Second}, now: time.Now}
	if _, err := d.app.Provision.Apply(ctx, shop(d.client.base+sinkPath)); err != nil {
		return fmt.Errorf("set up the demo shop: %w", err)
	}
	if err := d.makeOwner(ctx); err != nil {
		return fmt.Errorf("set up the account of the console: %w", err)
	}
	if d.fresh {
		return reserveIDs(ctx, d.app.Store, d.opts.NoStory)
	}
	return nil
}

// reserveIDs gives the documented example its ids. The story takes those before.
func reserveIDs(ctx context.Context, st *store.Store, noStory bool) error {
	before := int64(1)
	if noStory {
		before = 0
	}
	err := errors.Join(st.SetNextID(ctx, "orders", documentedOrder-before), st.SetNextID(ctx, "records", documentedRecord-before))
	if err != nil {
		return fmt.Errorf("set up the documented ids: %w", err)
	}
	return nil
}

// makeOwner makes the account of the console, if it is not there yet.
func (d *demo) makeOwner(ctx context.Context) error {
	_, err := d.app.Account.UserByEmail(ctx, consoleEmail)
	if !errors.Is(err, account.NotFound) {
		return err
	}
	merchant, err := d.app.Store.MerchantBySlug(ctx, shopSlug)
	if err != nil {
		return err
	}
	u := account.NewUser{Email: consoleEmail, Name: "Demo", Password: consolePassword}
	_, err = d.app.Account.CreateMember(ctx, audit.By{}, u, merchant.ID, account.Owner, "")
	return err
}

// start brings the machines online, tells the story and says what is there.
func (d *demo) start(ctx context.Context) error {
	if d.fresh {
		if err := issueCodes(ctx, d.client); err != nil {
			return err
		}
	}
	if !d.opts.NoSimulator {
		if err := d.startMachines(ctx); err != nil {
			return err
		}
	}
	if !d.opts.JSON {
		d.introduce()
	}
	if !d.opts.NoStory {
		s := &story{
			out: d.out, text: d.text, client: d.client, sink: d.sink,
			sinkURL: d.client.base + sinkPath, machines: d.steps,
		}
		if err := s.tell(ctx); err != nil {
			_, _ = fmt.Fprintf(d.out, "\n%s%v\n", d.text.failed, err)
			return fmt.Errorf("demo story: %w", err)
		}
		_, _ = fmt.Fprintf(d.out, "\n%s\n", d.text.done)
	}
	if d.opts.JSON {
		return d.printJSON(ctx)
	}
	if !d.opts.Once {
		_, _ = fmt.Fprintf(d.out, "\n%s %s\n%s\n", d.text.tryIt, d.client.base+docsPath+d.text.quickstart, d.text.stop)
	}
	return nil
}

// issueCodes gives every product two codes to play with.
func issueCodes(ctx context.Context, c *client) error {
	for _, m := range demoMachines() {
		if err := issueCodesFor(ctx, c, m.no, nil); err != nil {
			return err
		}
	}
	return nil
}

// issueCodesFor gives every product of a machine two codes; more are fields of the
// requests.
func issueCodesFor(ctx context.Context, c *client, machineNo string, more map[string]any) error {
	for range 2 {
		payload := map[string]any{"machine_no": machineNo, "method": "pickup_code.product.all", "code_length": "8"}
		maps.Copy(payload, more)
		if _, err := c.call(ctx, openapi.Prefix+"/pickup_codes", payload); err != nil {
			return fmt.Errorf("make codes for machine %s: %w", machineNo, err)
		}
	}
	return nil
}

// observe passes what the story shows; it must not block a machine.
func (d *demo) observe(e simulator.Event) {
	step := machineStep{deliveryID: e.DeliveryID}
	switch {
	case e.DeliveryID == "":
		return
	case e.Kind == simulator.Received:
		step.kind, step.detail = stepReceived, ": "+e.Message
	case e.Kind == simulator.MotorStarted:
		step.kind = stepStarted
	case e.Kind == simulator.Finished && e.Result != nil:
		step.kind = stepFinished
	case e.Kind == simulator.Acknowledged:
		step.kind = stepAcknowledged
	default:
		return
	}
	select {
	case d.steps <- step:
	default: // nobody listens; the story is over
	}
}

func (d *demo) introduce() {
	rows := [][2]string{
		{d.text.api, d.client.base + openapi.Prefix}, {d.text.mqtt, "tcp://" + reachable(d.app.MQTTAddr())},
		{d.text.merchant, appID}, {d.text.secret, appSecret}, {d.text.key, appKey},
		{d.text.sink, d.client.base + sinkPath},
		{d.text.docs, d.client.base + docsPath},
		{d.text.console, d.client.base + consolePath + "  " + consoleEmail + "  " + consolePassword},
	}
	for _, m := range demoMachines() {
		rows = append(rows, [2]string{d.text.machines, m.no + "  " + m.name + "  " + d.pickupPage(m.no)})
	}
	_, _ = fmt.Fprintf(d.out, "%s\n\n", d.text.ready)
	for _, row := range rows {
		_, _ = fmt.Fprintf(d.out, "  %s: %s\n", row[0], row[1])
	}
	_, _ = fmt.Fprintf(d.out, "\n  %s\n", d.text.warned)
}

// reachable turns a listener's address into one a client on this machine can
// dial.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}
