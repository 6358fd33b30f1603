package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

// behaviour of a line for what a client sends.
type behaviour int

const (
	pass      behaviour = iota
	swallow             // nothing arrives any more, and nobody says so
	cutBefore           // the commit does not arrive, and the line breaks
	cutAfter            // the commit arrives, its answer does not
)

// line is a TCP connection to a server that can be made to fail.
type line struct {
	server *testkit.PostgresServer
	t      *testing.T

	mu   sync.Mutex
	mode behaviour
}

// newLine returns a line and a DSN that goes through it.
func newLine(t *testing.T, server *testkit.PostgresServer) (*line, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{server: server, t: t}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { listener.Close() })
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { l.carry(client) })
		}
	})
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	return l, with(with(server.DSN(), "host", host), "port", port)
}

func (l *line) set(mode behaviour) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mode = mode
}

func (l *line) carry(client net.Conn) {
	defer client.Close()
	upstream, err := l.server.Dial()
	if err != nil {
		return
	}
	defer upstream.Close()
	go func() {
		defer client.Close()
		_, _ = io.Copy(client, upstream)
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		commits := bytes.Contains(buffer[:n], []byte("commit\x00"))
		l.mu.Lock()
		mode := l.mode
		if commits && (mode == cutBefore || mode == cutAfter) {
			l.mode = pass // whoever tries again succeeds
		}
		l.mu.Unlock()
		switch {
		case mode == swallow:
			continue
		case mode == cutBefore && commits:
			return
		case mode == cutAfter && commits:
			client.Close()
		}
		if _, err := upstream.Write(buffer[:n]); err != nil {
			return
		}
		if mode == cutAfter && commits {
			return // the server reads what has arrived
		}
	}
}

// A commit without an answer is neither a success nor a failure, and is not
// tried again by itself.
func TestUnknownOutcome(t *testing.T) {
	server := testkit.NewPostgresServer(t)
	l, dsn := newLine(t, server)
	f := fixtureOn(t, dsn)
	for name, test := range map[string]struct {
		mode behaviour
		want int
	}{
		"cut before": {cutBefore, 0},
		"cut after":  {cutAfter, 1},
	} {
		l.set(test.mode)
		err := note(t.Context(), f, name)
		l.set(pass)
		if !errors.Is(err, store.ErrOutcomeUnknown) {
			t.Errorf("%s: %v", name, err)
		}
		await(t, name, func() bool { return lines(t, server.DSN())[name] == test.want })
	}
}

// The same goes for a set: its callers do not go alone, which would redeem.
func TestUnknownOutcomeOfASet(t *testing.T) {
	l, dsn := newLine(t, testkit.NewPostgresServer(t))
	f := fixtureOn(t, dsn)
	f.AddCode(t, "1000001", 131, 0)
	l.set(cutBefore)
	_, err := f.Consume(t.Context(), "1000001", 131, "20240429000000000001")
	l.set(pass)
	if !errors.Is(err, store.ErrOutcomeUnknown) {
		t.Errorf("%v", err)
	}
	if got := f.Stock(t, 131); got != 10 {
		t.Errorf("stock %d, want 10", got)
	}
}

// A server that says nothing any more holds up a caller for its deadline and
// the time for a commit at most; then connections are made afresh.
func TestSilentServer(t *testing.T) {
	l, dsn := newLine(t, testkit.NewPostgresServer(t))
	f := fixtureOn(t, dsn)
	for name, call := range map[string]func(context.Context, *storetest.Fixture) error{
		"read": func(ctx context.Context, f *storetest.Fixture) error {
			_, err := f.Store.MachineByID(ctx, f.Machine.ID)
			return err
		},
		"write": func(ctx context.Context, f *storetest.Fixture) error { return note(ctx, f, "silent") },
		"ping":  func(ctx context.Context, f *storetest.Fixture) error { return f.Store.Ping(ctx) },
		"set": func(ctx context.Context, f *storetest.Fixture) error {
			_, err := f.Store.MerchantByAppID(ctx, f.Merchant.AppID)
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		l.set(swallow)
		started := time.Now()
		err := call(ctx, f)
		took := time.Since(started)
		l.set(pass)
		cancel()
		if err == nil || took > 15*time.Second {
			t.Errorf("%s: %v after %v", name, err, took)
		}
		if err := call(t.Context(), f); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
}

// A server that takes connections and never answers is given up.
func TestConnectIsBounded(t *testing.T) {
	l, dsn := newLine(t, testkit.NewPostgresServer(t))
	l.set(swallow)
	engine, err := postgres.Open(t.Context(), with(dsn, "connect_timeout", "1"), postgres.Options{})
	if err == nil {
		engine.Close()
		t.Fatal("was opened")
	}
	l.set(pass)
}
