package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/sync/errgroup"
)

const (
	// historyDays is how far the history of a new demo goes back.
	historyDays = 30
	// historySeed makes every demo have the same past, but for the ids that are
	// drawn.
	historySeed = 20260401
	// beatEvery is how often machines say that they are there, in the last day,
	// which the pages show hour by hour; before that four times a day will do.
	beatEvery = 5 * time.Minute
	day       = 24 * time.Hour
)

// The account of who fills the machines in the history. Nobody signs in as it.
const restockerEmail = "restocker@demo.example"

// notifyURL is where the demo takes callbacks unless it is told to listen
// elsewhere.
const notifyURL = "http://127.0.0.1:8080" + sinkPath

// merchantAddress is where the merchant's requests come from.
const merchantAddress = "127.0.0.1"

// history is the past of a new demo: the shop's last 30 days, through the use
// cases of the real platform, with a clock that is moved by hand. Machines and
// receivers of callbacks are played (world.go); nothing leaves the process.
type history struct {
	app       *app.App
	client    *client
	noStory   bool
	merchant  db.Merchant
	restocker int64
	dice      *rand.Rand
	now       time.Time
	end       time.Time
	zone      *time.Location
	machines  []*pastMachine
	// events are what is still to happen, in the order of time.
	events []event
	orders int
	// receiverDown: the merchant's server takes no callbacks.
	receiverDown bool
}

// event is something that happens at a time.
type event struct {
	at time.Time
	do func(context.Context) error
}

// makeHistory fills a new data folder with the last 30 days. They are made in a
// folder of their own, so that a demo whose start is broken off begins anew.
func (d *demo) makeHistory(ctx context.Context, cfg config.Config) error {
	if isNew, err := app.IsNew(cfg); err != nil || !isNew {
		return err
	}
	made := cfg
	made.Data = filepath.Join(cfg.Data, "history")
	if err := os.RemoveAll(made.Data); err != nil {
		return err
	}
	if err := makeHistory(ctx, made, time.Now(), d.opts.NoStory); err != nil {
		return err
	}
	if err := app.MoveData(made, cfg); err != nil {
		return err
	}
	return os.RemoveAll(made.Data)
}

// makeHistory fills a data folder with the 30 days before end.
func makeHistory(ctx context.Context, cfg config.Config, end time.Time, noStory bool) error {
	h := &history{
		noStory: noStory, end: end, now: end.Add(-historyDays * day).Truncate(time.Minute),
		zone: vending.Zone(timezone, time.UTC),
		dice: rand.New(rand.NewPCG(historySeed, 0)), //nolint:gosec // nothing secret comes of it
	}
	var err error
	h.app, err = app.New(ctx, cfg, app.Options{
		Clock: h.clock, Log: slog.New(slog.DiscardHandler), Machines: h, Receivers: h, Unsynced: true,
	})
	if err != nil {
		return err
	}
	logCtx, stopLogs := context.WithCancel(context.WithoutCancel(ctx))
	var logs errgroup.Group
	logs.Go(func() error { return h.app.MachineLog.Run(logCtx) })
	logs.Go(func() error { return h.app.Requests.Run(logCtx) })
	err = h.live(ctx)
	stopLogs()
	return errors.Join(err, logs.Wait(), h.app.Close())
}

func (h *history) clock() time.Time { return h.now }

// live opens the shop, plans what will happen, and lets it happen.
func (h *history) live(ctx context.Context) error {
	if err := h.open(ctx); err != nil {
		return err
	}
	h.plan()
	slices.SortStableFunc(h.events, func(a, b event) int { return a.at.Compare(b.at) })
	for len(h.events) > 0 && h.events[0].at.Before(h.end) {
		e := h.events[0]
		h.events = h.events[1:]
		if e.at.After(h.now) {
			h.now = e.at
		}
		// Somebody who is turned away goes away.
		if err := e.do(ctx); err != nil && !errors.As(err, new(*refusal)) {
			return fmt.Errorf("at %s: %w", h.now.UTC().Format(time.DateTime), err)
		}
	}
	h.now = h.end
	return errors.Join(issueCodes(ctx, h.client), h.app.SendDue(ctx), reserveIDs(ctx, h.app.Store, h.noStory))
}

// open makes the shop and who works in it.
func (h *history) open(ctx context.Context) error {
	if _, err := h.app.Provision.Apply(ctx, shop(notifyURL)); err != nil {
		return fmt.Errorf("set up the demo shop: %w", err)
	}
	var err error
	if h.merchant, err = h.app.Store.MerchantBySlug(ctx, shopSlug); err != nil {
		return err
	}
	u := account.NewUser{Email: restockerEmail, Name: "Restocker", Password: consolePassword}
	user, err := h.app.Account.CreateMember(ctx, audit.By{}, u, h.merchant.ID, account.Restocker, "")
	if err != nil {
		return fmt.Errorf("set up the restocker: %w", err)
	}
	h.restocker = user.ID
	h.client = &client{base: "http://demo.example", http: &http.Client{Transport: inProcess{h.app.API, h.merchant}}, now: h.clock}
	for _, d := range demoMachines() {
		m, err := h.app.Store.MachineByNo(ctx, d.no)
		if err != nil {
			return fmt.Errorf("machine %s: %w", d.no, err)
		}
		past := &pastMachine{demoMachine: d, id: m.Machine.ID}
		for i := range past.stock {
			past.stock[i] = channelCapacity
		}
		h.machines = append(h.machines, past)
		if err := h.comeOnline(ctx, past); err != nil {
			return err
		}
	}
	return nil
}

// tick lets the machines that are there say so, and does what has fallen due.
func (h *history) tick(ctx context.Context) error {
	for _, m := range h.machines {
		if m.offline {
			continue
		}
		if err := h.beat(ctx, m); err != nil {
			return err
		}
	}
	return h.app.CatchUp(ctx)
}
