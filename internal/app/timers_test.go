package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/vending"
)

const lobby = "16327129"

func lobbyFile() provision.File {
	return provision.File{Merchants: []provision.Merchant{{
		Slug: "shop", Title: "Shop",
		Models: []provision.Model{{Name: "spring", Boards: []provision.Board{{Addr: 1, FloorType: 1}}}},
		Goods:  []provision.Good{{Slug: "cola", Name: "Cola", Price: "1.00"}},
		Machines: []provision.Machine{{
			MachineNo: lobby, Name: "Lobby", Model: "spring", PickupCodeEnabled: true,
			Planogram: []provision.Channel{{Good: "cola", Capacity: 9, Stock: 9}},
		}},
	}}}
}

// What fell due while the process was down is done when it starts, before any
// period of a sweep has passed (openapi.md §6.6).
func TestTimersFireAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config.Default()
		cfg.Data = filepath.Join(t.TempDir(), "data")
		open := func() *App {
			a, err := New(t.Context(), cfg, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a := open()
		orderID, deliveryID, code := openBusiness(t, a)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // in the bubble's time

		a = open()
		ctx, stop := context.WithCancel(t.Context())
		var sweeps sync.WaitGroup
		sweeps.Go(func() { a.sweep(ctx) })
		started := time.Now()
		synctest.Wait()
		if !time.Now().Equal(started) {
			t.Errorf("the sweeps took their first look after %v", time.Since(started))
		}
		order, err := a.Store.OrderByID(ctx, orderID)
		delivery, deliveryErr := a.Store.DeliveryByID(ctx, deliveryID)
		machine, machineErr := a.Store.MachineByNo(ctx, lobby)
		row, codeErr := a.Store.NewestCode(ctx, machine.Machine.ID, code)
		if err := errors.Join(err, deliveryErr, machineErr, codeErr); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("order %s, delivery %s, online %v, code %s", order.Status, delivery.State, machine.Presence.IsOnline, row.State)
		if want := "order CLOSED, delivery TIMEOUT, online false, code EXPIRED"; got != want {
			t.Errorf("after the start: %s, want %s", got, want)
		}
		stop()
		sweeps.Wait()
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// openBusiness leaves an unpaid order, a delivery under way, a code that will
// expire and a machine that is online.
func openBusiness(t *testing.T, a *App) (orderID, deliveryID int64, code string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := a.Provision.Apply(ctx, lobbyFile())
	must(err)
	machine, err := a.Store.MachineByNo(ctx, lobby)
	must(err)
	merchant, err := a.Store.MerchantByID(ctx, machine.Machine.MerchantID)
	must(err)
	must(a.Fleet.TakeHeartbeat(ctx, fleet.Heartbeat{MachineID: machine.Machine.ID}))
	products, err := a.Store.ProductIDsOnSale(ctx, machine.Machine.ID)
	must(err)

	tradeID, err := vending.ParseTradeID("20240429000000000001")
	must(err)
	orderID, err = a.ordering.Create(ctx, merchant, ordering.Request{
		MachineNo: lobby, NotifyURL: "https://merchant.example/notify", TradeID: tradeID,
		Lines: []ordering.Line{{ProductID: products[0], Quantity: 2}},
	})
	must(err)
	delivery, _, err := a.Dispense.StartTest(ctx, merchant, dispense.TestRequest{
		MachineNo: lobby, ChannelName: "A1", NotifyURL: "https://merchant.example/notify",
	})
	must(err)
	must(a.pickup.IssueForProduct(ctx, merchant, pickup.Issue{
		MachineNo: lobby, Length: 6, ProductID: products[0], Count: 1,
		ExpiredAt: time.Now().Add(time.Minute).In(time.FixedZone("", 8*3600)).Format("2006-01-02 15:04:05"),
	}))
	codes, err := a.Store.LiveCodesOfProduct(ctx, products[0], 0)
	must(err)
	return orderID, delivery.ID, codes[0].Code
}
