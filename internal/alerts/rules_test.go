package alerts_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func TestQuietUntil(t *testing.T) {
	zone := time.FixedZone("GMT+8", 8*3600)
	at := func(day, hour, minute int) int64 {
		return time.Date(2024, 4, day, hour, minute, 0, 0, zone).UnixMilli()
	}
	for _, c := range []struct {
		from, to int64
		now      int64
		want     int64
	}{
		{0, 0, at(29, 3, 0), 0},
		{22 * 60, 7 * 60, at(29, 21, 59), 0},
		{22 * 60, 7 * 60, at(29, 22, 0), at(30, 7, 0)},
		{22 * 60, 7 * 60, at(29, 6, 59), at(29, 7, 0)},
		{22 * 60, 7 * 60, at(29, 7, 0), 0},
		{60, 120, at(29, 1, 30), at(29, 2, 0)},
		{60, 120, at(29, 2, 0), 0},
		{60, 120, at(29, 0, 59), 0},
		{1380, 0, at(30, 23, 30), time.Date(2024, 5, 1, 0, 0, 0, 0, zone).UnixMilli()},
	} {
		if got := alerts.QuietUntil(db.AlertRule{QuietFrom: c.from, QuietTo: c.to}, zone, c.now); got != c.want {
			t.Errorf("%d–%d at %v: %v, want %v", c.from, c.to, time.UnixMilli(c.now).In(zone), got, c.want)
		}
	}
}

func goodRule() alerts.Rule {
	return alerts.Rule{
		Kinds: []vending.AlertKind{vending.AlertOffline}, Channel: alerts.ChannelWebhook, Target: "https://merchant.example/alerts",
		Language: "en", Enabled: true,
	}
}

// A rule that cannot work is refused with the field, and nothing is stored.
func TestRulesAreChecked(t *testing.T) {
	d := newDesk(t)
	rules := alerts.NewRules(d.Store, d.Now, alerts.Config{Mail: true})
	for name, change := range map[string]func(r *alerts.Rule){
		"no kinds":         func(r *alerts.Rule) { r.Kinds = nil },
		"unknown kind":     func(r *alerts.Rule) { r.Kinds = append(r.Kinds, "X") },
		"kind with comma":  func(r *alerts.Rule) { r.Kinds = []vending.AlertKind{"BAD_SIGN,SOLD_OUT"} },
		"language":         func(r *alerts.Rule) { r.Language = "fr" },
		"quiet hours":      func(r *alerts.Rule) { r.QuietTo = 1440 },
		"quiet hours < 0":  func(r *alerts.Rule) { r.QuietFrom = -1 },
		"channel":          func(r *alerts.Rule) { r.Channel = "SMS" },
		"private address":  func(r *alerts.Rule) { r.Target = "http://127.0.0.1/x" },
		"no URL":           func(r *alerts.Rule) { r.Target = "merchant.example" },
		"no address":       func(r *alerts.Rule) { r.Channel, r.Target = alerts.ChannelEmail, "nobody" },
		"address and name": func(r *alerts.Rule) { r.Channel, r.Target = alerts.ChannelEmail, "A <a@b.example>" },
		"two lines":        func(r *alerts.Rule) { r.Channel, r.Target = alerts.ChannelEmail, "a@b.example\nBcc: c@d.example" },
		"two addresses":    func(r *alerts.Rule) { r.Channel, r.Target = alerts.ChannelEmail, "a@b.example, c@d.example" },
	} {
		t.Run(name, func(t *testing.T) {
			r := goodRule()
			change(&r)
			_, err := rules.Add(t.Context(), d.Merchant.ID, r)
			var refusal *vending.Error
			if !errors.As(err, &refusal) || refusal.Code != vending.CodeForm {
				t.Errorf("error %v, want 10001", err)
			}
		})
	}
	byMail := goodRule()
	byMail.Channel, byMail.Target = alerts.ChannelEmail, "a@b.example"
	if _, err := alerts.NewRules(d.Store, d.Now, alerts.Config{}).Add(t.Context(), d.Merchant.ID, byMail); !errors.Is(err, alerts.ErrMailOff) {
		t.Errorf("without a mail server: %v", err)
	}
	if stored, err := d.Store.AlertRules(t.Context(), d.Merchant.ID); err != nil || len(stored) != 0 {
		t.Errorf("%d rules were stored, %v", len(stored), err)
	}
}

// A merchant has its own rules, a bounded number of them, and a bounded number of
// tests.
func TestRulesOfMerchant(t *testing.T) {
	d := newDesk(t)
	ctx, rules := t.Context(), alerts.NewRules(d.Store, d.Now, alerts.Config{Mail: true})
	id, err := rules.Add(ctx, d.Merchant.ID, goodRule())
	if err != nil {
		t.Fatal(err)
	}
	stranger := d.Merchant.ID + 1
	for what, err := range map[string]error{
		"set": rules.Set(ctx, stranger, id, goodRule()), "remove": rules.Remove(ctx, stranger, id), "test": rules.Test(ctx, stranger, id),
	} {
		if !errors.Is(err, alerts.ErrNoRule) {
			t.Errorf("%s by a stranger: %v", what, err)
		}
	}
	for range 19 {
		if _, err := rules.Add(ctx, d.Merchant.ID, goodRule()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := rules.Add(ctx, d.Merchant.ID, goodRule()); err == nil {
		t.Error("there is no bound to the rules")
	}
	for range 5 {
		if err := rules.Test(ctx, d.Merchant.ID, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := rules.Test(ctx, d.Merchant.ID, id); !errors.Is(err, alerts.ErrTooManyTests) {
		t.Errorf("the sixth test: %v", err)
	}
	d.Advance(2 * time.Minute)
	if err := rules.Test(ctx, d.Merchant.ID, id); err != nil {
		t.Errorf("two minutes later: %v", err)
	}
}

func (d *desk) callback(id string, attempts int) int64 {
	d.t.Helper()
	var made int64
	d.Write(d.t, func(tx *store.Tx) error {
		ctx, now := d.t.Context(), d.Now().UnixMilli()
		trade := fmt.Sprintf("%032s", id)
		order, err := tx.InsertOrder(ctx, db.InsertOrderParams{
			MerchantID: d.Merchant.ID, MachineID: d.Machine.ID, TradeID: trade, TradeKey: trade, Status: vending.OrderPickupCode, CreatedAt: now,
		})
		if err != nil {
			return err
		}
		made, err = tx.QueueCallback(ctx, db.InsertCallbackParams{WebhookID: "msg_" + id, MerchantID: d.Merchant.ID, OrderID: order, Url: "https://merchant.example/", Now: now})
		if err != nil {
			return err
		}
		for range attempts {
			if _, err := tx.ClaimCallbacks(ctx, db.ClaimCallbacksParams{LeaseUntil: 0, Now: now, Batch: 10}); err != nil {
				return err
			}
		}
		return nil
	})
	return made
}

func (d *desk) sweep() {
	d.t.Helper()
	if err := alerts.NewWatch(d.Store, d.Now, slog.New(slog.DiscardHandler)).Sweep(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	d.Advance(time.Second)
}

// Callbacks that fail are one alert for a merchant, until its server takes one.
func TestCallbacksFail(t *testing.T) {
	d := newDesk(t)
	open := func(want int) {
		t.Helper()
		n := 0
		rows, err := d.Store.AlertsOfMachine(t.Context(), d.Machine.ID, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.Kind == vending.AlertCallback && r.ResolvedAt == 0 {
				n++
			}
		}
		if n != want {
			t.Errorf("%d alerts are open, want %d", n, want)
		}
	}
	d.callback("a", 2)
	d.sweep()
	open(0)
	failing := d.callback("b", 3)
	d.sweep()
	open(1)
	newer := d.callback("c", 3)
	d.sweep()
	open(1)
	for i, id := range []int64{failing, newer} {
		d.Write(t, func(tx *store.Tx) error {
			_, err := tx.DeliveredCallback(t.Context(), d.Now().UnixMilli(), id)
			return err
		})
		d.sweep()
		open(1 - i) // while "c" fails, it is not over
	}
	dead := d.callback("d", 1)
	d.Write(t, func(tx *store.Tx) error {
		_, err := tx.DeadCallback(t.Context(), d.Now().UnixMilli(), dead, "")
		return err
	})
	d.sweep()
	open(1)
}

// A sold-out channel is over when it is filled.
func TestSoldOutIsOver(t *testing.T) {
	d := newDesk(t)
	d.mustRaise(alerts.Alert{MachineID: d.Machine.ID, Kind: vending.AlertSoldOut, Subject: "131", At: 5})
	d.mustRaise(alerts.Alert{MachineID: d.Machine.ID, Kind: vending.AlertSoldOut, Subject: "132", At: 5})
	d.Write(t, func(tx *store.Tx) error { return tx.TakeStockAtMost(t.Context(), 10, 131) })
	d.sweep()
	rows, err := d.Store.AlertsOfMachine(t.Context(), d.Machine.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if over := r.ResolvedAt != 0; over != (r.Subject == "132") {
			t.Errorf("alert of %s: over %v", r.Subject, over)
		}
	}
}

// An alert that cannot be closed keeps no other from being opened.
func TestSweepGoesOn(t *testing.T) {
	d := newDesk(t)
	d.mustRaise(alerts.Alert{MachineID: d.Machine.ID, Kind: vending.AlertSoldOut, Subject: "131", At: 5})
	d.callback("a", 3)
	d.database.Fail(t, "BEFORE UPDATE ON alerts", "TRUE")
	if err := alerts.NewWatch(d.Store, d.Now, slog.New(slog.DiscardHandler)).Sweep(t.Context()); err == nil {
		t.Error("the broken write was not noticed")
	}
	rows, err := d.Store.AlertsOfMachine(t.Context(), d.Machine.ID, 100)
	if err != nil || len(rows) != 2 || rows[0].Kind != vending.AlertCallback {
		t.Errorf("alerts %+v, %v", rows, err)
	}
}
