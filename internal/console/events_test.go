package console

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// pageStream is an open stream as a page reads it.
type pageStream struct {
	t      *testing.T
	blocks chan string // closed at the end of the stream
}

// online serves the console over HTTP, with the hub running.
func (f *fixture) online() *httptest.Server {
	f.t.Helper()
	ctx, stop := context.WithCancel(f.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.hub.Run(ctx) }()
	server := httptest.NewUnstartedServer(f.server)
	server.Config.ReadTimeout = time.Second // as in the platform, streams must outlive it
	server.Start()
	f.t.Cleanup(func() {
		server.Close()
		stop()
		if err := <-ended; err != nil {
			f.t.Error(err)
		}
	})
	return server
}

func (b *browser) open(server *httptest.Server, query, lastID string) *pageStream {
	t := b.f.t
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+Prefix+"/events?"+query, http.NoBody)
	b.f.must(err)
	r.AddCookie(b.cookie)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	answer, err := server.Client().Do(r)
	b.f.must(err)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("HTTP %d, %v", answer.StatusCode, answer.Header)
	}
	s := &pageStream{t: t, blocks: make(chan string, 100)}
	t.Cleanup(func() { stop(); answer.Body.Close() })
	go func() {
		defer close(s.blocks)
		block := ""
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if lines.Text() != "" {
				block += lines.Text() + "\n"
				continue
			}
			s.blocks <- block
			block = ""
		}
	}()
	if got := s.next(); !strings.Contains(got, "event: ready\n") {
		t.Errorf("the first event is %q", got)
	}
	return s
}

func (s *pageStream) next() string {
	s.t.Helper()
	select {
	case block, ok := <-s.blocks:
		if !ok {
			s.t.Fatal("the stream has ended")
		}
		return block
	case <-time.After(30 * time.Second):
		s.t.Fatal("there is no event")
		return ""
	}
}

func (s *pageStream) want(data string) {
	s.t.Helper()
	if got := s.next(); !strings.Contains(got, "event: change\n") || !strings.Contains(got, "data: "+data+"\n") {
		s.t.Errorf("event %q, want %s", got, data)
	}
}

func (f *fixture) raise(machineID int64, subject string) {
	f.t.Helper()
	f.Write(f.t, func(tx *store.Tx) error {
		_, err := tx.OpenAlert(f.t.Context(), db.OpenAlertParams{MachineID: machineID, Kind: vending.AlertChannel, Subject: subject})
		return err
	})
}

// A redemption is told to the pages of its merchant, and to those who may see
// orders, as an order; what others do is told to nobody else.
func TestEvents(t *testing.T) {
	f := newFixture(t)
	server := f.online()
	sales := f.as(account.Viewer, "").open(server, "topics=orders,machines", "")
	field := f.as(account.Restocker, "").open(server, "topics=machines", "")
	alerts := f.as(account.Owner, "").open(server, "topics=alerts", "")
	rival := f.signIn("rival@rival.example").open(server, "topics=orders,machines,alerts,codes", "")
	rivalMachine, err := f.Store.MachineByNo(t.Context(), "26327129")
	f.must(err)

	f.AddCode(t, "12345678", 131, 0)
	done, err := f.Consume(t.Context(), "12345678", 131, "20240429092055123456")
	f.must(err)
	sales.want(`{"topic":"orders","ref":` + number(done.OrderID) + `,"machine_id":1}`)
	sales.want(`{"topic":"machines","ref":1,"machine_id":1}`)
	field.want(`{"topic":"machines","ref":1,"machine_id":1}`)
	f.raise(f.Machine.ID, "131")
	alerts.want(`{"topic":"alerts","ref":1,"machine_id":1}`)
	f.raise(rivalMachine.Machine.ID, "231")
	rival.want(`{"topic":"alerts","ref":` + number(rivalMachine.Machine.ID) + `,"machine_id":` + number(rivalMachine.Machine.ID) + `}`)
	if n := len(sales.blocks) + len(field.blocks) + len(alerts.blocks) + len(rival.blocks); n != 0 {
		t.Errorf("%d events too many", n)
	}
	f.server.CloseStreams()
	for range sales.blocks {
		t.Error("an event after the end")
	}
}

// A page that was away learns what it has missed; one that was away too long is
// told to load everything.
func TestEventsAfterAnInterruption(t *testing.T) {
	f := newFixture(t)
	server := f.online()
	b := f.as(account.Owner, "")
	bounds, err := f.Store.ChangesBounds(t.Context())
	f.must(err)
	f.raise(f.Machine.ID, "131")
	b.open(server, "topics=alerts", number(bounds.Last)).want(`{"topic":"alerts","ref":1,"machine_id":1}`)
	if got := b.open(server, "topics=alerts", number(bounds.Last+100)).next(); !strings.Contains(got, "event: reset\n") {
		t.Errorf("event %q", got)
	}
}

// A member of a group hears of its machines only.
func TestEventsOfAGroup(t *testing.T) {
	f := newFixture(t)
	server := f.online()
	machines, err := f.Store.MachinesOfMerchant(t.Context(), f.Merchant.ID)
	f.must(err)
	own, other := machines[1].Machine.ID, machines[2].Machine.ID
	f.Write(t, func(tx *store.Tx) error { return tx.SetMachineGroup(t.Context(), own, "north") })
	s := f.as(account.Operator, "north").open(server, "topics=alerts", "")
	f.raise(other, "1")
	f.raise(own, "1")
	s.want(`{"topic":"alerts","ref":` + number(own) + `,"machine_id":` + number(own) + `}`)
}

func TestEventRefusals(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Restocker, "")
	b.wantError(http.StatusBadRequest, "bad_request", "GET", "/events?topics=secrets", nil)
	b.wantError(http.StatusForbidden, "forbidden", "GET", "/events?topics=machines,orders", nil)
	b.headers["Last-Event-ID"] = "x"
	b.wantError(http.StatusBadRequest, "bad_request", "GET", "/events?topics=machines", nil)
	b.headers = map[string]string{}
	for range maxStreams {
		_, ok := f.server.streams.enter(mustID(f, "restocker@shop.example"))
		if !ok {
			t.Fatal("refused too early")
		}
	}
	b.wantError(http.StatusTooManyRequests, "too_many_streams", "GET", "/events?topics=machines", nil)
}

func mustID(f *fixture, email string) int64 {
	f.t.Helper()
	u, err := f.accounts.UserByEmail(f.t.Context(), email)
	f.must(err)
	return u.ID
}

// A stream ends with its session, its role, or its merchant.
func TestStreamsLookAtTheirSession(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	session, err := f.accounts.Session(t.Context(), b.cookie.Value)
	f.must(err)
	scope, err := f.accounts.Scope(t.Context(), session)
	f.must(err)
	s := &stream{server: f.server, call: &call{Scope: scope, session: session, token: b.cookie.Value}}
	if !s.stillMay(t.Context()) {
		t.Error("ended for no reason")
	}
	owner := account.Scope{Merchant: f.Merchant, Role: account.Owner}
	f.must(f.accounts.SetMember(t.Context(), owner, scope.User.ID, account.Viewer, ""))
	if s.stillMay(t.Context()) {
		t.Error("goes on with another role")
	}
	f.must(f.accounts.EndSession(t.Context(), scope.User.ID, session.ID))
	s.call.Role = account.Viewer
	if s.stillMay(t.Context()) {
		t.Error("goes on without a session")
	}
}
