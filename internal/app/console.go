package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/callback"
	"github.com/vendlane/vendlane/internal/console"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/live"
	"github.com/vendlane/vendlane/internal/pickuppage"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/web"
)

// wireConsole makes the use case of accounts, and the console if it is wanted.
func (a *App) wireConsole(masterKey []byte, zone *time.Location, opts Options) error {
	trail := audit.New(opts.Clock)
	a.Account = account.New(a.Store, trail, opts.Clock, opts.Random, account.Config{SetUpCode: setUpCode(masterKey)}, opts.Log)
	a.live, a.changes = live.New(a.Store, opts.Clock, opts.Log), live.NewPruner(a.Store)
	if a.node != nil {
		accounts, addresses := a.Account.Tallies()
		a.node.Share("account_guesses", accounts)
		a.node.Share("address_guesses", addresses)
	}
	a.jobs = fleet.NewJobs(a.Store, a.Fleet, a.Catalog, trail, opts.Clock, opts.Log)
	if !a.Config.Console.Enabled {
		return nil
	}
	provider := console.OIDC{}
	if cfg := a.Config.Console; cfg.OIDCIssuer != "" {
		provider = console.OIDC{Issuer: cfg.OIDCIssuer, ClientID: cfg.OIDCClientID, ClientSecret: cfg.OIDCClientSecret, Name: cfg.OIDCName}
	}
	var err error
	a.console, err = console.New(a.Store, console.UseCases{
		Account: a.Account, Audit: trail, Provision: a.Provision, Live: a.live, Catalog: a.Catalog, Pickup: a.pickup,
		Ordering: a.ordering, Dispense: a.Dispense, Fleet: a.Fleet, Jobs: a.jobs, MachineLog: a.MachineLog, Resend: a.resendCallback,
		APIOperations: sync.OnceValues(a.apiOperations), CallAPI: a.callAPI,
		Credentials: a.credentials, Recover: a.callbacks.RecoverSince, TestCallback: a.testCallback, Simulator: opts.Simulator,
		AlertRules: alerts.NewRules(a.Store, opts.Clock, alerts.Config{
			Mail: a.Config.SMTP.Server != "", AllowPrivate: a.Config.Callback.AllowPrivate, AllowRanges: a.Config.Callback.AllowRanges,
		}),
		System: a.system,
		CheckCallbackURL: func(url string) string {
			return vending.CheckNotifyURL(url, a.Config.Callback.AllowPrivate, a.Config.Callback.AllowRanges...)
		},
	}, web.Dist(), opts.Clock, console.Config{
		PublicURL:      strings.TrimRight(a.Config.HTTP.PublicURL, "/"),
		TrustedProxies: a.Config.HTTP.TrustedProxies,
		OIDC:           provider,
		Zone:           zone,
		OfflineAfter:   a.Config.Machine.OfflineAfterS * 1000,
		HTTPWindow:     a.Config.Signing.TimestampWindowS,
		MQTTWindow:     a.Config.MQTT.TimestampWindowS,
	}, observeConsole(a.metrics), opts.Log)
	return err
}

// apiOperations and callAPI put what the adapters of the merchant API say into the
// console's words.
func (a *App) apiOperations() ([]console.APIOperation, error) {
	operations, err := a.docs.Operations()
	out := make([]console.APIOperation, len(operations))
	for i, op := range operations {
		out[i] = console.APIOperation(op)
	}
	return out, err
}

func (a *App) callAPI(ctx context.Context, m db.Merchant, verb, path, client string, body []byte) (console.APIAnswer, error) {
	answer, err := a.API.OnBehalf(ctx, m, verb, path, client, body)
	return console.APIAnswer(answer), err
}

// wirePickupPage makes the page for customers, if it is wanted.
func (a *App) wirePickupPage(zone *time.Location, opts Options) error {
	if !a.Config.PickupPage.Enabled {
		return nil
	}
	var err error
	a.pickupPage, err = pickuppage.New(a.Store, pickuppage.UseCases{Pickup: a.pickup, Dispense: a.Dispense}, opts.Clock, opts.Random,
		pickuppage.Config{PublicURL: strings.TrimRight(a.Config.HTTP.PublicURL, "/"), TrustedProxies: a.Config.HTTP.TrustedProxies, Zone: zone}, opts.Log)
	if err == nil && a.node != nil {
		atMachine, inAll := a.pickupPage.Tallies()
		a.node.Share("code_guesses_at_machine", atMachine)
		a.node.Share("code_guesses", inAll)
	}
	return err
}

// resendCallback puts what the relay says into the console's words.
func (a *App) resendCallback(ctx context.Context, id int64) error {
	err := a.callbacks.Resend(ctx, id)
	if errors.Is(err, callback.ErrNotDead) {
		return console.ErrNotDead
	}
	return err
}

// testCallback posts a test event and says how it went in the console's words.
func (a *App) testCallback(ctx context.Context, m db.Merchant, url string) (console.CallbackTest, error) {
	id, body, err := a.notifier.Test(m, a.clock.Millis())
	if err != nil {
		return console.CallbackTest{}, err
	}
	out := a.callbacks.Post(ctx, m.ID, id, url, body)
	return console.CallbackTest{WebhookID: id, Body: body, Status: out.Status, Error: out.Error, Duration: out.Took.Milliseconds()}, nil
}

// setUpCode protects the first account. It is the same on all nodes and after a
// restart, because it comes from the master key, which it does not give away.
func setUpCode(masterKey []byte) string {
	mac := hmac.New(sha256.New, masterKey)
	mac.Write([]byte("set-up code of the console"))
	text := base32.StdEncoding.EncodeToString(mac.Sum(nil))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
}

// sayHowToSetUp writes the set-up code to the log while there is no account.
func (a *App) sayHowToSetUp(ctx context.Context) {
	if a.console == nil {
		return
	}
	needed, err := a.Account.NeedsSetUp(ctx)
	if err != nil {
		a.log.Error("cannot tell whether the console has an account", "error", err)
	}
	if needed {
		a.log.Info("the console has no account yet: open /console/ and enter the set-up code, or run `vendlane admin user create`",
			"set_up_code", a.Account.SetUpCode())
	}
}
