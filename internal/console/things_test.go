package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/vendlane/vendlane/api"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/apidocs"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/callback"
	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (f *fixture) useCases(trail *audit.Log, applier *provision.Applier) UseCases {
	log := slog.New(slog.DiscardHandler)
	relay := callback.New(f.Store, f.Box, f.Now, callback.Config{}, log)
	merchantAPI := openapi.New(f.Store, f.Box, openapi.UseCases{
		Pickup: f.Pickup, Ordering: f.Ordering, Dispense: f.Dispense, Catalog: f.Catalog, Fleet: f.Fleet,
	}, f.Now, openapi.Config{TimestampWindow: 600, Zone: time.UTC}, nil, log)
	return UseCases{
		Account: f.accounts, Audit: trail, Provision: applier, Live: f.hub, Catalog: f.Catalog, Pickup: f.Pickup,
		Ordering: f.Ordering, Dispense: f.Dispense, Fleet: f.Fleet, Jobs: f.jobs,
		MachineLog:  machinelog.New(f.Store, f.Now, log),
		Credentials: credentials.New(f.Store, f.Box, f.Now, rand.Reader),
		AlertRules:  f.rules,
		System: func(ctx context.Context) (System, error) {
			version, err := f.Store.SchemaVersion(ctx)
			return System{Version: "v1.0.0", Engine: "sqlite", SchemaVersion: version, Nodes: []NodeSign{{ID: "a"}}, Disk: &Disk{1, 2}}, err
		},
		CheckCallbackURL: func(url string) string { return vending.CheckNotifyURL(url, false) },
		TestCallback: func(_ context.Context, m db.Merchant, url string) (CallbackTest, error) {
			return CallbackTest{WebhookID: "msg_1", Body: m.AppID + " " + url, Status: 204, Duration: 12}, nil
		},
		APIOperations: func() ([]APIOperation, error) {
			operations, err := apidocs.New(api.OpenAPI, log).Operations()
			return items(operations, func(op apidocs.Operation) APIOperation { return APIOperation(op) }).Items, err
		},
		CallAPI: func(ctx context.Context, m db.Merchant, verb, path, client string, body []byte) (APIAnswer, error) {
			answer, err := merchantAPI.OnBehalf(ctx, m, verb, path, client, body)
			return APIAnswer(answer), err
		},
		Simulator: f.simulator,
		Recover:   relay.RecoverSince,
		Resend: func(ctx context.Context, id int64) error {
			err := relay.Resend(ctx, id)
			if errors.Is(err, callback.ErrNotDead) {
				return ErrNotDead
			}
			return err
		},
	}
}

// things are one of each kind that a merchant has.
type things struct {
	merchant, machine                                                                              int64
	machineNo, modelName                                                                           string
	product, good, order, record, callback, code, alert, req, batch, rule, job, view, model, visit int64
}

// makeThings gives both merchants one of each.
func (f *fixture) makeThings() {
	f.things = map[int64]*things{
		f.Merchant.ID: f.thingsOf(f.Merchant.ID, f.Machine.MachineNo, 131),
		f.rival.ID:    f.thingsOf(f.rival.ID, "26327129", 231),
	}
}

// renewThings gives the shop another of each, and its machine the time to end
// what it dispenses.
func (f *fixture) renewThings() {
	f.Advance(3 * time.Minute)
	f.things[f.Merchant.ID] = f.thingsOf(f.Merchant.ID, f.Machine.MachineNo, 131)
}

// thingsOf makes an order that was redeemed and waits, a message about it that
// was given up, a code, an alert and a refused request.
func (f *fixture) thingsOf(merchantID int64, machineNo string, productID int64) *things {
	f.t.Helper()
	ctx, now := f.t.Context(), f.Now().UnixMilli()
	m, err := f.Store.MachineByNo(ctx, machineNo)
	f.must(err)
	p, err := f.Store.ProductByID(ctx, productID)
	f.must(err)
	out := &things{merchant: merchantID, machine: m.Machine.ID, machineNo: machineNo, product: productID, good: p.GoodID}
	f.made++
	user := f.rivalUser.ID
	if merchantID == f.Merchant.ID {
		user = f.colleague()
	}
	trade := fmt.Sprintf("%032d", f.made)
	f.Write(f.t, func(tx *store.Tx) error {
		if out.order, err = tx.InsertOrder(ctx, db.InsertOrderParams{
			MerchantID: merchantID, MachineID: out.machine, TradeID: trade, TradeKey: trade, Status: vending.OrderPickupCode,
			Date: "2024-04-29", Amount: 100, NotifyUrl: "https://merchant.example/notify", CreatedAt: now,
		}); err != nil {
			return err
		}
		if out.record, err = tx.InsertRecord(ctx, db.InsertRecordParams{OrderID: out.order, ProductID: productID, Quantity: 1, Price: 100}); err != nil {
			return err
		}
		if out.callback, err = tx.QueueCallback(ctx, db.InsertCallbackParams{
			WebhookID: "msg_" + trade, MerchantID: merchantID, OrderID: out.order, RecordID: out.record,
			Url: "https://merchant.example/notify", Body: `{"deliver_status":"0","sign":"X"}`, Now: now,
		}); err != nil {
			return err
		}
		if err := tx.InsertCallbackAttempt(ctx, db.InsertCallbackAttemptParams{CallbackID: out.callback, StartedAt: now, Duration: 12, Status: 500}); err != nil {
			return err
		}
		if _, err := tx.DeadCallback(ctx, now, out.callback, ""); err != nil {
			return err
		}
		if out.code, err = tx.InsertCode(ctx, db.InsertCodeParams{
			MachineID: out.machine, ProductID: productID, Code: fmt.Sprintf("5299%03d", f.made), Quantity: 1, CreatedAt: now,
		}); err != nil {
			return err
		}
		if out.batch, err = tx.InsertCodeBatch(ctx, db.InsertCodeBatchParams{MerchantID: merchantID, CreatedAt: now, CodeLength: 6, Quantity: 1}); err != nil {
			return err
		}
		if err := tx.InsertCodeBatchLine(ctx, db.InsertCodeBatchLineParams{BatchID: out.batch, MachineID: out.machine, ProductID: productID, Wanted: 5}); err != nil {
			return err
		}
		view, err := tx.InsertSavedView(ctx, db.InsertSavedViewParams{
			MerchantID: merchantID, UserID: user, Page: "orders", Name: trade, Shared: true, Now: now, Most: 1000,
		})
		if err != nil {
			return err
		}
		out.view = view.ID
		if _, err := tx.OpenAlert(ctx, db.OpenAlertParams{MachineID: out.machine, Kind: vending.AlertTemperature, OpenedAt: now}); err != nil {
			return err
		}
		if out.visit, err = f.visitOf(ctx, tx, out, trade); err != nil {
			return err
		}
		if err := tx.InsertMachineLog(ctx, db.InsertMachineLogParams{
			MachineID: out.machine, Method: "client.pickup_codes.create", Payload: `{"code":"5288640","id":"17","sign":"F00"}`, CreatedAt: now,
		}); err != nil {
			return err
		}
		return tx.InsertRequestLog(ctx, db.InsertRequestLogParams{
			MerchantID: merchantID, Kind: "HTTP", RequestID: strings.Repeat("ab", 12), At: now, Duration: 900, Verb: "POST",
			Target: "/api/openapi/v1/consumes", Headers: `{"AppSecret":"***"}`, Raw: "raw", Payload: `{"code":"5288640"}`, Status: 401,
			Code: 10015, Diagnosis: "unsorted", Answer: `{"code":10015,"message":"x","data":{}}`,
		})
	})
	out.job, err = f.jobs.Create(ctx, fleet.NewJob{
		Action: fleet.JobSetGroup, Value: "", Machines: []int64{out.machine}, By: audit.By{MerchantID: merchantID},
	})
	f.must(err)
	old, err := f.Store.AlertRules(ctx, merchantID) // there is a bound to them
	f.must(err)
	for _, r := range old {
		f.must(f.rules.Remove(ctx, merchantID, r.ID))
	}
	out.rule, err = f.rules.Add(ctx, merchantID, alerts.Rule{
		Kinds: []vending.AlertKind{vending.AlertOffline}, Channel: alerts.ChannelWebhook, Target: "https://merchant.example/alerts", Language: "en",
	})
	f.must(err)
	owner, err := f.Store.MerchantByID(ctx, merchantID)
	f.must(err)
	layout, err := f.Catalog.LayoutOf(ctx, owner, machineNo)
	f.must(err)
	out.modelName = fmt.Sprintf("%s %d", owner.Slug, f.made)
	out.model, err = f.Catalog.CreateModel(ctx, owner, out.modelName, layout, 0)
	f.must(err)
	opened, err := f.Store.AlertPage(ctx, db.AlertPageParams{MerchantID: merchantID, BeforeID: math.MaxInt64, PageSize: 1})
	f.must(err)
	out.alert = opened[0].Alert.ID
	requests, err := f.Store.RequestPage(ctx, db.RequestPageParams{MerchantID: merchantID, BeforeID: math.MaxInt64, PageSize: 1})
	f.must(err)
	out.req = requests[0].ID
	return out
}

// visitOf makes a visit at the machine by somebody of the merchant, and a comment
// of theirs on the order.
func (f *fixture) visitOf(ctx context.Context, tx *store.Tx, th *things, key string) (int64, error) {
	email := "picker@rival.example"
	if th.merchant == f.Merchant.ID {
		email = "picker@shop.example"
	}
	u, found, err := store.Find(tx.UserByEmail(ctx, email))
	if err == nil && !found {
		u, err = tx.InsertUser(ctx, db.InsertUserParams{Email: email, Status: "ACTIVE"})
	}
	if err != nil {
		return 0, err
	}
	if _, err := tx.InsertOrderComment(ctx, db.InsertOrderCommentParams{OrderID: th.order, UserID: u.ID, Text: "By " + email}); err != nil {
		return 0, err
	}
	id, err := tx.InsertVisit(ctx, db.InsertVisitParams{MerchantID: th.merchant, MachineID: th.machine, UserID: u.ID, VisitKey: key})
	if err != nil {
		return 0, err
	}
	return id, tx.InsertVisitLine(ctx, db.InsertVisitLineParams{VisitID: id, ProductID: th.product, Added: 1, Level: 1})
}

// fill puts the ids of a route's things into its path or body.
func (th *things) fill(route, text string) string {
	for part, id := range map[string]int64{
		"/batches/": th.batch, "/jobs/": th.job, "/views/": th.view, "/rules/": th.rule, "/models/": th.model, "/orders/": th.order,
		"/codes/": th.code, "/goods/": th.good, "/alerts/": th.alert, "/requests/": th.req, "/visits/": th.visit,
	} {
		if strings.Contains(route, part+"{id}") {
			text = strings.ReplaceAll(text, "{id}", fmt.Sprint(id))
		}
	}
	return strings.NewReplacer(
		"{machine_no}", th.machineNo, "{product}", fmt.Sprint(th.product), "{record}", fmt.Sprint(th.record),
		"{callback_id}", fmt.Sprint(th.callback), "{code}", fmt.Sprint(th.code), "{model}", fmt.Sprint(th.model), "{model_name}", th.modelName,
	).Replace(text)
}

// state is what becomes of the things, as text.
func (th *things) state(f *fixture) string {
	ctx := f.t.Context()
	out := ""
	add := func(v any, err error) {
		f.must(err)
		out += fmt.Sprintf("%+v ", v)
	}
	add(f.Store.OrderPage(ctx, db.OrderPageParams{MerchantID: th.merchant, BeforeAt: math.MaxInt64, BeforeID: math.MaxInt64, PageSize: 100}))
	add(f.Store.CodePage(ctx, db.CodePageParams{MerchantID: th.merchant, BeforeID: math.MaxInt64, PageSize: 100}))
	add(f.Store.GoodPage(ctx, db.GoodPageParams{MerchantID: th.merchant, PageSize: 100}))
	add(f.Store.AlertPage(ctx, db.AlertPageParams{MerchantID: th.merchant, BeforeID: math.MaxInt64, PageSize: 100}))
	add(f.Store.CallbackPage(ctx, db.CallbackPageParams{MerchantID: th.merchant, BeforeID: math.MaxInt64, PageSize: 100}))
	add(f.Store.Planogram(ctx, 0, th.machine))
	add(f.Store.CodeBatchPage(ctx, db.CodeBatchPageParams{MerchantID: th.merchant, BeforeID: math.MaxInt64, PageSize: 100}))
	add(f.Store.AlertRules(ctx, th.merchant))
	add(f.Store.MachineJobPage(ctx, db.MachineJobPageParams{MerchantID: th.merchant, BeforeID: math.MaxInt64, PageSize: 100}))
	add(f.Store.SavedViews(ctx, th.merchant, "orders", 0))
	add(f.Store.ModelPage(ctx, db.ModelPageParams{MerchantID: th.merchant, PageSize: 100}))
	add(f.Store.VisitPage(ctx, db.VisitPageParams{MerchantID: th.merchant, BeforeID: math.MaxInt64, PageSize: 100}))
	add(f.Store.CommentsOfOrder(ctx, th.order))
	add(f.Store.CommandsOfMachine(ctx, th.machine))
	return out
}
