package model

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// tester is what both *testing.T and *rapid.T can do.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// system is the real thing: use cases and HTTP handler on a SQLite file, with a
// clock that stands until it is moved.
type system struct {
	t      tester
	file   string
	now    int64
	random *stutter

	engine   *sqlite.Engine
	queries  map[string]*sql.Stmt // the test's own, prepared once
	store    *store.Store
	api      *openapi.Server
	ordering *ordering.Service
	dispense *dispense.Service
	pickup   *pickup.Service
	fleet    *fleet.Service
	catalog  *catalog.Service
}

// shopTemplate is the content of a database file with the shop in it. It is
// made once and copied, because hashing passwords is slow on purpose.
var shopTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "vendlane-model")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := &system{now: startOfTime, file: filepath.Join(dir, "shop.db"), random: newStutter(0)}
	if err := s.start(); err != nil {
		return nil, err
	}
	apply := provision.New(provision.Deps{
		Store: s.store, Box: box(), Pickup: s.pickup, Catalog: s.catalog, Fleet: s.fleet,
		Clock: s.clock, Random: s.random, Zone: defaultZone(),
	})
	if _, err := apply.Apply(context.Background(), shopFile()); err != nil {
		return nil, err
	}
	if err := s.store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(s.file)
})

// newSystem starts a system with the shop in a file of its own. The caller
// stops it.
func newSystem(t tester, dir string, seed uint64) *system {
	t.Helper()
	content, err := shopTemplate()
	if err != nil {
		t.Fatalf("make the shop: %v", err)
	}
	s := &system{t: t, now: startOfTime, file: filepath.Join(dir, "vendlane.db"), random: newStutter(seed)}
	if err := os.WriteFile(s.file, content, 0o600); err != nil {
		t.Fatalf("copy the shop: %v", err)
	}
	if err := s.start(); err != nil {
		t.Fatalf("start: %v", err)
	}
	return s
}

func (s *system) clock() time.Time { return time.UnixMilli(s.now) }

func box() *secrets.Box {
	b, err := secrets.NewBox(make([]byte, secrets.KeySize), bytes.NewReader(make([]byte, 1<<12)))
	if err != nil {
		panic(err) // the key has the right size
	}
	return b
}

// start opens the file and wires the use cases, as a process does.
func (s *system) start() error {
	engine, err := sqlite.Open(context.Background(), s.file, sqlite.Options{Readers: 1})
	if err != nil {
		return err
	}
	// Only what the handler could not answer is of interest.
	out := io.Discard
	if s.t != nil {
		out = failures{s.t}
	}
	log, zone := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelError})), defaultZone()
	s.engine, s.store = engine, store.New(engine)
	s.queries = map[string]*sql.Stmt{}
	s.pickup = pickup.New(s.store, s.clock, s.random, pickup.Config{
		Zone: zone, WrongCodes: vending.WrongCodeLimits{Max: 10, Window: 600_000, Lock: 600_000},
	}, log)
	// Webhook ids are long enough never to meet, so they get good randomness.
	notifier := notify.New(box(), s.random.source)
	s.ordering = ordering.New(s.store, notifier, s.clock, ordering.Config{UnpaidTTL: 1_200_000, Zone: zone}, log)
	s.dispense = dispense.New(s.store, s.ordering, notifier, s.clock, s.random, dispense.Config{
		Locks: vending.LockTimes{Lock: 15, Motor: 30, Belt: 90, Default: 45}, Timeout: 120_000, Zone: zone,
	}, log)
	s.fleet = fleet.New(s.store, box(), s.clock, fleet.Config{Zone: zone, OfflineAfter: 600_000, PasswordCost: 4}, log)
	s.catalog = catalog.New(s.store, s.clock, catalog.Config{}, log)
	s.api = openapi.New(s.store, box(), openapi.UseCases{
		Pickup: s.pickup, Ordering: s.ordering, Dispense: s.dispense, Fleet: s.fleet,
		Catalog: s.catalog,
	}, s.clock, openapi.Config{TimestampWindow: 600, Zone: zone}, nil, log)
	return nil
}

// failures shows the log lines of requests that failed for no reason of theirs.
type failures struct{ t tester }

// Write implements io.Writer.
func (f failures) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("request failed")) {
		f.t.Logf("%s", line)
	}
	return len(line), nil
}

func (s *system) stop() {
	if err := s.store.Close(); err != nil {
		s.t.Fatalf("close the store: %v", err)
	}
}

// restart ends the process and starts another on the same file.
func (s *system) restart() {
	s.stop()
	if err := s.start(); err != nil {
		s.t.Fatalf("start again: %v", err)
	}
}

// answer is what came back over HTTP.
type answer struct {
	status int
	code   int
	data   any
}

// call sends a request of a merchant, signed where the endpoint wants it.
func (s *system) call(m *merchant, verb, path string, payload map[string]any) answer {
	s.t.Helper()
	var body []byte
	var err error
	if verb == http.MethodPost && path == "/orders" {
		body, err = json.Marshal(payload)
	} else {
		payload["timestamp"] = fmt.Sprint(s.now / 1000)
		body, err = signature.NewEnvelope(payload, m.key)
	}
	if err != nil {
		s.t.Fatalf("encode %s %s: %v", verb, path, err)
	}
	r := httptest.NewRequest(verb, openapi.Prefix+path, bytes.NewReader(body))
	r.Header.Set("Appid", m.appID)
	r.Header.Set("AppSecret", m.secret)
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	var out struct {
		Code int `json:"code"`
		Data any `json:"data"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		s.t.Fatalf("%s %s answered %q: %v", verb, path, w.Body, err)
	}
	return answer{status: w.Code, code: out.Code, data: out.Data}
}

// write runs a transaction that must succeed.
func (s *system) write(fn func(ctx context.Context, tx *store.Tx) error) {
	s.t.Helper()
	ctx := context.Background()
	if err := s.store.InTx(ctx, func(tx *store.Tx) error { return fn(ctx, tx) }); err != nil {
		s.t.Fatalf("transaction: %v", err)
	}
}

// rows runs a query of the test's own and scans every row.
func (s *system) rows(scan func(func(...any) error) error, query string, args ...any) {
	s.t.Helper()
	prepared := s.queries[query]
	if prepared == nil {
		var err error
		if prepared, err = s.engine.Reader().PrepareContext(context.Background(), query); err != nil {
			s.t.Fatalf("prepare: %v", err)
		}
		s.queries[query] = prepared
	}
	found, err := prepared.QueryContext(context.Background(), args...)
	if err != nil {
		s.t.Fatalf("query: %v", err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		if err := scan(found.Scan); err != nil {
			s.t.Fatalf("scan: %v", err)
		}
	}
	if err := found.Err(); err != nil {
		s.t.Fatalf("read: %v", err)
	}
}

// numbers returns the one column of a query.
func (s *system) numbers(query string, args ...any) []int64 {
	s.t.Helper()
	var all []int64
	s.rows(func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		all = append(all, n)
		return err
	}, query, args...)
	return all
}

// handOver is what can become of one attempt to give a command to its machine.
type handOver int

const (
	acknowledged handOver = iota
	lost                  // written, but never acknowledged
	gaveUp                // the start window is over
)

// handOver deals with the down messages that are due, as the relay of the
// machines does: the one of the delivery as told, the others are done with.
func (s *system) handOver(deliveryID int64, how handOver) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		// Rows are due from their creation on; the clock may have been set back
		// since.
		const hour = 3_600_000
		rows, err := tx.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: s.now, Now: s.now + hour, Batch: 1000})
		if err != nil {
			return err
		}
		for _, c := range rows {
			switch {
			case c.DeliveryID == 0:
				_, err = tx.FinishCommand(ctx, c.ID)
			case c.DeliveryID != deliveryID:
				_, err = tx.PutBackCommand(ctx, c.DueAt, c.ID, c.LeasedBy)
			default:
				err = s.dealWith(ctx, tx, c, how)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *system) dealWith(ctx context.Context, tx *store.Tx, c db.Command, how handOver) error {
	switch how {
	case acknowledged:
		if _, err := tx.RepeatCommand(ctx, db.RepeatCommandParams{DueAt: s.now, SentAt: s.now, ID: c.ID}); err != nil {
			return err
		}
		return s.dispense.MarkSent(ctx, tx, c.DeliveryID)
	case lost:
		_, err := tx.RepeatCommand(ctx, db.RepeatCommandParams{DueAt: s.now, ID: c.ID})
		return err
	default:
		if _, err := tx.ExpireCommand(ctx, c.ID, c.LeasedBy); err != nil {
			return err
		}
		if c.Attempts > 1 {
			return nil // the machine may have it
		}
		return s.dispense.NotHandedOver(ctx, tx, c.DeliveryID)
	}
}

// stutter is a source of randomness that sometimes repeats what it gave last,
// once, so that values collide which hardly ever would.
type stutter struct {
	source   *rand.ChaCha8
	last     [16]byte
	repeated bool
}

func newStutter(seed uint64) *stutter {
	return &stutter{source: rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, seed)))}
}

var _ io.Reader = (*stutter)(nil)

// Read implements io.Reader.
func (s *stutter) Read(p []byte) (int, error) {
	if s.source.Uint64()%3 == 0 && !s.repeated && len(p) <= len(s.last) {
		s.repeated = true
		return copy(p, s.last[:len(p)]), nil
	}
	s.repeated = false
	n, err := s.source.Read(p)
	copy(s.last[:], p)
	return n, err
}

// heartbeat makes a machine send one.
func (s *system) heartbeat(m *machine) {
	s.t.Helper()
	if err := s.fleet.TakeHeartbeat(context.Background(), fleet.Heartbeat{MachineID: m.id, NetworkType: "1"}); err != nil {
		s.t.Fatalf("heartbeat: %v", err)
	}
}

// sweeps are the periodic works by name (openapi.md §6.6).
func (s *system) sweeps() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"unpaid": s.ordering.ExpireSweep, "time-outs": s.dispense.TimeoutSweep,
		"codes": s.pickup.ExpireSweep, "silent": s.fleet.SilentSweep,
	}
}

func (s *system) sweep(name string) {
	s.t.Helper()
	if err := s.sweeps()[name](context.Background()); err != nil {
		s.t.Fatalf("sweep %s: %v", name, err)
	}
}

var _ tester = (*testing.T)(nil)
