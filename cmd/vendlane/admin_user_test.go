package main

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/store"
)

// user runs an action of `admin user` and returns what it printed.
func (d *desk) user(args ...string) (string, error) {
	d.t.Helper()
	var out bytes.Buffer
	err := run(d.t.Context(), env{&out, &d.said, d.environ}, append([]string{"admin", "user"}, args...))
	return out.String(), err
}

// signsIn tries e-mail and password.
func (d *desk) signsIn(email, password string) error {
	d.t.Helper()
	var result error
	d.open(func(a *app.App, _ store.Machine) error {
		_, result = a.Account.SignIn(d.t.Context(), email, password, account.Client{IP: "192.0.2.1"})
		return nil
	})
	return result
}

func TestAdminUser(t *testing.T) {
	d := newDesk(t)
	out, err := d.user("create", "-email", "Ann@shop.example", "-name", "Ann", "-merchant", "shop", "-role", "owner")
	d.must(err)
	drawn := regexp.MustCompile(`^user ann@shop\.example  user_id=1  password=([a-z0-9]{20})\n$`).FindStringSubmatch(out)
	if drawn == nil {
		t.Fatalf("printed %q", out)
	}
	d.must(d.signsIn("ann@shop.example", drawn[1]))
	out, err = d.user("create", "-email", "op@host.example", "-name", "Op", "-password", "given-password", "-platform-admin")
	if err != nil || strings.Contains(out, "given-password") {
		t.Errorf("printed %q, %v", out, err)
	}

	out, err = d.user("list")
	want := "user ann@shop.example  user_id=1  ACTIVE  Ann\n  owner at Shop\n" +
		"user op@host.example  user_id=2  ACTIVE  Op  platform administrator\n"
	if err != nil || out != want {
		t.Errorf("list\n%swant\n%s(%v)", out, want, err)
	}

	_, err = d.user("password", "-email", "ann@shop.example", "-password", "another-password")
	d.must(err)
	d.must(d.signsIn("ann@shop.example", "another-password"))
	_, err = d.user("disable", "-email", "ann@shop.example")
	d.must(err)
	if err := d.signsIn("ann@shop.example", "another-password"); !errors.Is(err, account.AccountDisabled) {
		t.Errorf("a disabled account: %v", err)
	}
	_, err = d.user("enable", "-email", "ann@shop.example")
	d.must(err)
	d.must(d.signsIn("ann@shop.example", "another-password"))
	if said := d.said.String(); strings.Contains(said, "another-password") || strings.Contains(said, drawn[1]) {
		t.Error("a password stands in the log")
	}
}

func TestAdminUserRefusals(t *testing.T) {
	d := newDesk(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no action":        {nil, "name an action"},
		"unknown action":   {[]string{"explode"}, `"explode"`},
		"no e-mail":        {[]string{"create", "-name", "A"}, "email_invalid"},
		"no name":          {[]string{"create", "-email", "a@b.example"}, "name_invalid"},
		"short password":   {[]string{"create", "-email", "a@b.example", "-name", "A", "-password", "short"}, "password_invalid"},
		"unknown merchant": {[]string{"create", "-email", "a@b.example", "-name", "A", "-merchant", "x", "-role", "owner"}, "slug x"},
		"no role":          {[]string{"create", "-email", "a@b.example", "-name", "A", "-merchant", "shop"}, "-role"},
		"unknown role":     {[]string{"create", "-email", "a@b.example", "-name", "A", "-merchant", "shop", "-role", "king"}, "role_invalid"},
		"unknown account":  {[]string{"disable", "-email", "a@b.example"}, "not_found"},
	} {
		if out, err := d.user(c.args...); err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
			t.Errorf("%s: %v, want %q named; printed %q", name, err, c.want, out)
		}
	}
	if out, err := d.user("list"); err != nil || out != "" {
		t.Errorf("accounts were made: %q, %v", out, err)
	}
}
