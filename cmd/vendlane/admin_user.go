package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// userFlags are the flags of `admin user`; an action reads those it needs.
type userFlags struct {
	config, email, name, password string
	platformAdmin                 bool
	merchant, role, group         string
}

// userAction is one thing an operator does with the accounts of the console.
type userAction struct {
	name, summary string
	run           func(ctx context.Context, w io.Writer, a *app.App, f userFlags) error
}

func userActions() []userAction {
	return []userAction{
		{"create", "make an account: -email -name, and -platform-admin or -merchant slug -role owner; -password (drawn when left out)", createUser},
		{"list", "show all accounts and where they are members", listUsers},
		{"password", "give an account another password and end its sessions: -email, -password (drawn when left out)", setUserPassword},
		{"disable", "end the access of an account and its sessions: -email", disableUser},
		{"enable", "give a disabled account its access back: -email", enableUser},
	}
}

// adminUser does something with the accounts of the console.
func adminUser(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		userUsage(e.stderr)
		return errors.New("admin user: name an action")
	}
	for _, action := range userActions() {
		if action.name == args[0] {
			return runUserAction(ctx, e, action, args[1:])
		}
	}
	userUsage(e.stderr)
	return fmt.Errorf("admin user: unknown action %q", args[0])
}

func userUsage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "Usage: vendlane admin user <action> [flags]")
	for _, action := range userActions() {
		_, _ = fmt.Fprintf(w, "  %-9s %s\n", action.name, action.summary)
	}
}

func runUserAction(ctx context.Context, e env, action userAction, args []string) error {
	var f userFlags
	fs := flag.NewFlagSet("vendlane admin user "+action.name, flag.ContinueOnError)
	fs.StringVar(&f.config, "config", "", "YAML configuration `file` of the platform")
	fs.StringVar(&f.email, "email", "", "`address` that names the account")
	fs.StringVar(&f.name, "name", "", "`name` of the person")
	fs.StringVar(&f.password, "password", "", "password, 10–128 characters")
	fs.BoolVar(&f.platformAdmin, "platform-admin", false, "may do everything at every merchant, and make merchants")
	fs.StringVar(&f.merchant, "merchant", "", "`slug` of the merchant the account becomes a member of")
	fs.StringVar(&f.role, "role", "", fmt.Sprintf("`role` at that merchant: one of %v", account.Roles()))
	fs.StringVar(&f.group, "machine-group", "", "`group` of machines the member is bound to; empty is all")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	cfg, err := config.Load(f.config, e.environ)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, app.Options{Log: newLog(cfg, e.stderr)})
	if err != nil {
		return err
	}
	if err := errors.Join(action.run(ctx, e.stdout, a, f), a.Close()); err != nil {
		return fmt.Errorf("admin user %s: %w", action.name, err)
	}
	return nil
}

func createUser(ctx context.Context, w io.Writer, a *app.App, f userFlags) error {
	if (f.merchant == "") != (f.role == "") {
		return errors.New("-merchant and -role go together")
	}
	shown := drawPassword(&f)
	u, err := insertUser(ctx, a, f)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "user %s  user_id=%d%s\n", u.Email, u.ID, shown)
	return err
}

func insertUser(ctx context.Context, a *app.App, f userFlags) (db.User, error) {
	u := account.NewUser{Email: f.email, Name: f.name, Password: f.password, PlatformAdmin: f.platformAdmin}
	if f.merchant == "" {
		return a.Account.CreateUser(ctx, audit.By{}, u)
	}
	m, found, err := store.Find(a.Store.MerchantBySlug(ctx, f.merchant))
	if err != nil {
		return db.User{}, err
	}
	if !found {
		return db.User{}, fmt.Errorf("no merchant has the slug %s", f.merchant)
	}
	return a.Account.CreateMember(ctx, audit.By{}, u, m.ID, account.Role(f.role), f.group)
}

// drawPassword makes a password where none is given, and returns what to show
// of it.
func drawPassword(f *userFlags) string {
	if f.password != "" {
		return ""
	}
	f.password = strings.ToLower(rand.Text()[:20])
	return "  password=" + f.password
}

func listUsers(ctx context.Context, w io.Writer, a *app.App, _ userFlags) error {
	users, err := a.Store.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		line := fmt.Sprintf("user %s  user_id=%d  %s  %s", u.Email, u.ID, u.Status, u.Name)
		if u.IsPlatformAdmin {
			line += "  platform administrator"
		}
		members, err := a.Store.MembershipsOfUser(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			line += fmt.Sprintf("\n  %s at %s", m.Role, m.Title)
			if m.MachineGroup != "" {
				line += ", machines of " + m.MachineGroup
			}
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

func setUserPassword(ctx context.Context, w io.Writer, a *app.App, f userFlags) error {
	u, err := a.Account.UserByEmail(ctx, f.email)
	if err != nil {
		return err
	}
	shown := drawPassword(&f)
	if err := a.Account.SetPassword(ctx, audit.By{}, u.ID, 0, f.password); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "user %s  has another password; its sessions are over%s\n", u.Email, shown)
	return err
}

func disableUser(ctx context.Context, w io.Writer, a *app.App, f userFlags) error {
	u, err := a.Account.UserByEmail(ctx, f.email)
	if err != nil {
		return err
	}
	if err := a.Account.Disable(ctx, audit.By{}, u.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "user %s  is disabled; its sessions are over\n", u.Email)
	return err
}

func enableUser(ctx context.Context, w io.Writer, a *app.App, f userFlags) error {
	u, err := a.Account.UserByEmail(ctx, f.email)
	if err != nil {
		return err
	}
	if err := a.Account.Enable(ctx, audit.By{}, u.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "user %s  is enabled\n", u.Email)
	return err
}
