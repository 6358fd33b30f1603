package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/console"
	"github.com/vendlane/vendlane/internal/live"
	"github.com/vendlane/vendlane/web"
)

// wireConsole makes the use case of accounts, and the console if it is wanted.
func (a *App) wireConsole(masterKey []byte, opts Options) error {
	trail := audit.New(opts.Clock)
	a.Account = account.New(a.Store, trail, opts.Clock, opts.Random, account.Config{SetUpCode: setUpCode(masterKey)}, opts.Log)
	a.live, a.changes = live.New(a.Store, opts.Clock, opts.Log), live.NewPruner(a.Store)
	if a.node != nil {
		accounts, addresses := a.Account.Tallies()
		a.node.Share("account_guesses", accounts)
		a.node.Share("address_guesses", addresses)
	}
	if !a.Config.Console.Enabled {
		return nil
	}
	provider := console.OIDC{}
	if cfg := a.Config.Console; cfg.OIDCIssuer != "" {
		provider = console.OIDC{Issuer: cfg.OIDCIssuer, ClientID: cfg.OIDCClientID, ClientSecret: cfg.OIDCClientSecret, Name: cfg.OIDCName}
	}
	var err error
	a.console, err = console.New(a.Store, console.UseCases{
		Account: a.Account, Audit: trail, Provision: a.Provision, Live: a.live,
	}, web.Dist(), opts.Clock, console.Config{
		PublicURL:      strings.TrimRight(a.Config.HTTP.PublicURL, "/"),
		TrustedProxies: a.Config.HTTP.TrustedProxies,
		OIDC:           provider,
	}, observeConsole(a.metrics), opts.Log)
	return err
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
