package alertpost_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"mime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/alertpost"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is the shop with rules, and somebody who takes its messages.
type desk struct {
	*storetest.Fixture
	t     *testing.T
	rules *alerts.Rules
	relay *alertpost.Relay

	mu    sync.Mutex
	mails []alertpost.Mail
	posts []string
	fail  error // of every way
	final bool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open)}
	d.rules = alerts.NewRules(d.Store, d.Now, alerts.Config{Mail: true})
	d.relay = alertpost.New(d.Store, "", alertpost.Ways{Mail: d.mail, Post: d.post}, d.Now, time.UTC, slog.New(slog.DiscardHandler))
	return d
}

func (d *desk) mail(_ context.Context, m alertpost.Mail) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail == nil {
		d.mails = append(d.mails, m)
	}
	return d.fail
}

func (d *desk) post(_ context.Context, merchantID int64, id, url, body string) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail.Error(), d.final
	}
	d.posts = append(d.posts, fmt.Sprint(merchantID, " ", id, " ", url, " ", body))
	return "", false
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func byMail(kinds ...vending.AlertKind) alerts.Rule {
	return alerts.Rule{Kinds: kinds, Channel: alerts.ChannelEmail, Target: "desk@shop.example", Language: "en", TellResolved: true, Enabled: true}
}

func (d *desk) add(r alerts.Rule) int64 {
	d.t.Helper()
	id, err := d.rules.Add(d.t.Context(), d.Merchant.ID, r)
	d.must(err)
	return id
}

func (d *desk) raise(kind vending.AlertKind, subject string) {
	d.t.Helper()
	d.Write(d.t, func(tx *store.Tx) error {
		return alerts.Raise(d.t.Context(), tx, slog.New(slog.DiscardHandler), alerts.Alert{
			MachineID: d.Machine.ID, Kind: kind, Subject: subject, Detail: "jam", At: d.Now().UnixMilli(),
		})
	})
}

func (d *desk) resolve(kind vending.AlertKind, subject string) {
	d.t.Helper()
	d.Write(d.t, func(tx *store.Tx) error {
		return alerts.Resolve(d.t.Context(), tx, d.Machine.ID, kind, subject, d.Now().UnixMilli())
	})
}

func (d *desk) send() { d.t.Helper(); d.must(d.relay.SendDue(d.t.Context())) }

// messages are the outbox, newest first, as text.
func (d *desk) messages() []string {
	d.t.Helper()
	rows, err := d.Store.AlertMessagePage(d.t.Context(), db.AlertMessagePageParams{MerchantID: d.Merchant.ID, BeforeID: math.MaxInt64, PageSize: 100})
	d.must(err)
	out := []string{}
	for _, r := range rows {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %d %s", r.Event, r.Kind, r.State, r.Attempts, r.Error)))
	}
	return out
}

func (d *desk) want(what string, got, want []string) {
	d.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		d.t.Errorf("%s\n%q, want\n%q", what, got, want)
	}
}

func (d *desk) subjects() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []string{}
	for _, m := range d.mails {
		out = append(out, m.To+": "+m.Subject)
	}
	return out
}

// A rule is told once when an alert opens and once when it is over, of its own kinds
// and machines alone; what is rolled back is told to nobody.
func TestOpenedAndResolved(t *testing.T) {
	d := newDesk(t)
	d.add(byMail(vending.AlertChannel, vending.AlertOffline))
	elsewhere := byMail(vending.AlertChannel)
	elsewhere.Group, elsewhere.Target = "north", "north@shop.example"
	d.add(elsewhere)
	off := byMail(vending.AlertChannel)
	off.Enabled = false
	d.add(off)

	errBack := errors.New("back")
	err := d.Store.InTx(t.Context(), func(tx *store.Tx) error {
		if err := alerts.Raise(t.Context(), tx, slog.New(slog.DiscardHandler), alerts.Alert{MachineID: d.Machine.ID, Kind: vending.AlertChannel, Subject: "131"}); err != nil {
			return err
		}
		return errBack
	})
	if !errors.Is(err, errBack) {
		t.Fatal(err)
	}
	d.want("after a rollback", d.messages(), nil)
	d.raise(vending.AlertChannel, "131")
	d.raise(vending.AlertChannel, "131") // it is open
	d.raise(vending.AlertBadSign, "")    // nobody's
	d.send()
	d.resolve(vending.AlertChannel, "131")
	d.resolve(vending.AlertChannel, "131") // it is over
	d.send()
	d.send()
	d.want("mails", d.subjects(), []string{
		"desk@shop.example: [Example Shop] Alert: channel fault, 16327129 Lobby 1",
		"desk@shop.example: [Example Shop] Resolved: channel fault, 16327129 Lobby 1",
	})
	d.want("messages", d.messages(), []string{"RESOLVED CHANNEL_FAULT DELIVERED 1", "OPENED CHANNEL_FAULT DELIVERED 1"})
}

// Messages of a rule that are due together are one mail.
func TestOneMailForMany(t *testing.T) {
	d := newDesk(t)
	r := byMail(vending.AlertChannel)
	r.Language = "zh-CN"
	d.add(r)
	for i := range 3 {
		d.raise(vending.AlertChannel, fmt.Sprint(131+i))
	}
	d.send()
	d.want("mails", d.subjects(), []string{"desk@shop.example: [Example Shop] 3 条告警消息"})
	if n := strings.Count(d.mails[0].Text, "告警: 货道故障, 16327129 Lobby 1"); n != 3 {
		t.Errorf("the mail lists %d:\n%s", n, d.mails[0].Text)
	}
	first, second, third := strings.Index(d.mails[0].Text, "131 jam"), strings.Index(d.mails[0].Text, "132 jam"), strings.Index(d.mails[0].Text, "133 jam")
	if first > second || second > third {
		t.Errorf("the mail is out of order:\n%s", d.mails[0].Text)
	}
}

// A rule that leads elsewhere by now does not take earlier messages along, nor do
// they take later ones.
func TestChangedTarget(t *testing.T) {
	d := newDesk(t)
	r := byMail(vending.AlertChannel)
	id := d.add(r)
	d.raise(vending.AlertChannel, "131")
	r.Target = "night@shop.example"
	d.must(d.rules.Set(t.Context(), d.Merchant.ID, id, r))
	d.raise(vending.AlertChannel, "132")
	d.send()
	d.want("mails", slices.Sorted(slices.Values(d.subjects())), []string{
		"desk@shop.example: [Example Shop] Alert: channel fault, 16327129 Lobby 1",
		"night@shop.example: [Example Shop] Alert: channel fault, 16327129 Lobby 1",
	})
}

// A message is tried again with growing waits, and given up for all to see.
func TestRetries(t *testing.T) {
	d := newDesk(t)
	d.add(byMail(vending.AlertChannel))
	d.raise(vending.AlertChannel, "131")
	d.fail = errors.New("450 later")
	d.send()
	d.send() // it is not due
	d.want("after one attempt", d.messages(), []string{`OPENED CHANNEL_FAULT PENDING 1 450 later`})
	for range 7 {
		d.Advance(5 * time.Hour)
		d.send()
	}
	d.want("after the last", d.messages(), []string{`OPENED CHANNEL_FAULT DEAD 8 450 later`})
	d.fail = nil
	d.Advance(5 * time.Hour)
	d.send()
	d.want("mails", d.subjects(), nil)
	d.Advance(31 * 24 * time.Hour)
	d.must(d.relay.Sweep(t.Context()))
	d.want("after 30 days", d.messages(), nil)
}

// What a mail server says at length is cut between characters, so that it can be
// stored.
func TestLongFailure(t *testing.T) {
	d := newDesk(t)
	d.add(byMail(vending.AlertChannel))
	d.raise(vending.AlertChannel, "131")
	d.fail = errors.New("450 " + strings.Repeat("忙", 100))
	d.send()
	d.want("after one attempt", d.messages(), []string{"OPENED CHANNEL_FAULT PENDING 1 450 " + strings.Repeat("忙", 65)})
}

// A program that dies with a message, and told nobody which node it was, leaves
// it to another.
func TestLeaseRunsOut(t *testing.T) {
	d := newDesk(t)
	d.add(byMail(vending.AlertChannel))
	d.raise(vending.AlertChannel, "131")
	now := d.Now().UnixMilli()
	d.Write(t, func(tx *store.Tx) error { // and then it dies
		_, err := tx.ClaimAlertMessages(t.Context(), db.ClaimAlertMessagesParams{LeaseUntil: now + 300_000, Now: now, Batch: 10})
		return err
	})
	d.send()
	d.want("while it is leased", d.subjects(), nil)
	d.Advance(301 * time.Second)
	d.send()
	d.want("afterwards", d.messages(), []string{"OPENED CHANNEL_FAULT DELIVERED 2"})
}

// Nothing leaves in quiet hours but a test.
func TestQuietHours(t *testing.T) {
	d := newDesk(t)
	r := byMail(vending.AlertChannel)
	local := d.Now().UTC()
	minute := int64(local.Hour()*60 + local.Minute())
	r.QuietFrom, r.QuietTo = minute, (minute+30)%1440
	id := d.add(r)
	d.raise(vending.AlertChannel, "131")
	d.send()
	d.want("quiet", d.messages(), []string{"OPENED CHANNEL_FAULT PENDING 0"})
	d.must(d.rules.Test(t.Context(), d.Merchant.ID, id))
	d.send()
	d.want("mails", d.subjects(), []string{"desk@shop.example: [Example Shop] Test message"})
	d.Advance(31 * time.Minute)
	d.send()
	if got := d.subjects(); len(got) != 2 {
		t.Errorf("mails %q", got)
	}
}

// A webhook gets the facts; one that leads to a forbidden place is given up at
// once. A rule that is gone tells nobody.
func TestWebhook(t *testing.T) {
	d := newDesk(t)
	id := d.add(alerts.Rule{Kinds: []vending.AlertKind{vending.AlertOffline}, Channel: alerts.ChannelWebhook, Target: "https://merchant.example/alerts", Language: "en", Enabled: true})
	d.raise(vending.AlertOffline, "")
	d.send()
	if len(d.posts) != 1 || !strings.Contains(d.posts[0], `https://merchant.example/alerts {"type":"alert.opened","timestamp":"2024-04-29T01:20:55Z","data":{"alert_id":`) ||
		!strings.Contains(d.posts[0], `"machine_no":"16327129"`) {
		t.Errorf("posts %q", d.posts)
	}
	d.resolve(vending.AlertOffline, "") // the rule does not want to know
	d.raise(vending.AlertOffline, "")
	d.fail, d.final = errors.New("blocked target"), true
	d.send()
	d.resolve(vending.AlertOffline, "")
	d.raise(vending.AlertOffline, "")
	d.must(d.rules.Remove(t.Context(), d.Merchant.ID, id))
	d.send()
	d.want("messages", d.messages(), []string{
		"OPENED MACHINE_OFFLINE DEAD 1 the rule is gone or switched off", "OPENED MACHINE_OFFLINE DEAD 1 blocked target", "OPENED MACHINE_OFFLINE DELIVERED 1",
	})
}

// Several relays send each message once.
func TestSeveralNodes(t *testing.T) {
	d := newDesk(t)
	d.add(alerts.Rule{Kinds: vending.AlertKinds(), Channel: alerts.ChannelWebhook, Target: "https://merchant.example/alerts", Language: "en", Enabled: true})
	const n = 50
	for i := range n {
		d.raise(vending.AlertChannel, fmt.Sprint(i))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := d.relay.SendDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(d.posts) != n {
		t.Errorf("%d posts, want %d", len(d.posts), n)
	}
}

// A mail goes through a real conversation: encrypted and signed in where that is
// wanted, and never in the clear instead.
func TestSMTP(t *testing.T) {
	for name, c := range map[string]struct {
		server  func(*mailServer)
		tls     string
		user    string
		failure string
	}{
		"starttls":            {nil, "starttls", "alerts", ""},
		"tls":                 {func(s *mailServer) { s.atOnce = true }, "tls", "alerts", ""},
		"none":                {func(s *mailServer) { s.plain = true }, "none", "", ""},
		"no TLS to be had":    {func(s *mailServer) { s.plain = true }, "starttls", "alerts", "STARTTLS"},
		"refused":             {func(s *mailServer) { s.refuse = "550 nobody here" }, "starttls", "", "nobody here"},
		"unknown certificate": {func(s *mailServer) { s.atOnce = true }, "tls", "", "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			server := newMailServer(t, c.server)
			smtp := alertpost.SMTP{Server: server.addr, TLS: c.tls, Username: c.user, Password: "s3cret", From: "Alerts <alerts@shop.example>"}
			if c.user == "" {
				smtp.Password = ""
			}
			if name != "unknown certificate" {
				roots := x509.NewCertPool()
				roots.AddCert(server.cert.Leaf)
				smtp.Trust = &tls.Config{RootCAs: roots}
			}
			send := smtp.Send(time.Now, slog.New(slog.DiscardHandler))
			err := send(t.Context(), alertpost.Mail{To: "desk@shop.example", Subject: "告警", Text: "货道\n", ID: "alert_7"})
			if c.failure != "" {
				if err == nil || !strings.Contains(err.Error(), c.failure) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("error %v, want %q", err, c.failure)
				}
				if len(server.taken()) != 0 {
					t.Error("a mail left all the same")
				}
				return
			}
			if err != nil || len(server.taken()) != 1 {
				t.Fatalf("%d mails, error %v", len(server.taken()), err)
			}
			got := server.taken()[0]
			if got.encrypted != (c.tls != "none") || !strings.Contains(got.to, "desk@shop.example") || !strings.Contains(got.from, "alerts@shop.example") {
				t.Errorf("mail %+v", got)
			}
			if want := map[bool]string{true: "|alerts|s3cret", false: ""}[c.user != ""]; got.login != want {
				t.Errorf("signed in as %q, want %q", got.login, want)
			}
			subject := "Subject: " + mime.QEncoding.Encode("UTF-8", "告警")
			if !strings.Contains(got.data, subject) || !strings.Contains(got.data, "Message-ID: <alert_7@vendlane>") {
				t.Errorf("mail\n%s", got.data)
			}
		})
	}
}

// Where the mail server is, is not told to merchants.
func TestUnreachable(t *testing.T) {
	send := alertpost.SMTP{Server: "127.0.0.1:1", TLS: "starttls", From: "alerts@shop.example"}.Send(time.Now, slog.New(slog.DiscardHandler))
	err := send(t.Context(), alertpost.Mail{To: "desk@shop.example", Subject: "x", Text: "x", ID: "x"})
	if err == nil || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("error %v", err)
	}
	if (alertpost.SMTP{}).Send(time.Now, slog.New(slog.DiscardHandler)) != nil {
		t.Error("there is a way without a server")
	}
}
