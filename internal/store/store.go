// Package store is the contract between the use cases and a database: one way
// to read, one way to write (InTx), and the outbox that goes with a write. The
// SQL stands in queries/ and is shared by both engines; the engines live in
// sqlite/ and postgres/, and storetest/ holds the suite both must pass.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/vendlane/vendlane/internal/crashpoint"
	"github.com/vendlane/vendlane/internal/store/db"
)

// ErrClosed is returned by writes to a store that is closing or closed.
var ErrClosed = errors.New("store is closed")

// ErrOutcomeUnknown is returned by a write whose commit was sent and not
// answered: it happened as a whole or not at all, and only a look tells which.
var ErrOutcomeUnknown = errors.New("the outcome of the commit is unknown")

// Engine is a database behind the store. Its RunInTx commits all of fn's
// effects durably before it returns nil, and none of them if it returns an
// error other than ErrOutcomeUnknown. fn must do no other I/O than the queries it is given, because callers
// that wait at the same time may share one commit.
type Engine interface {
	RunInTx(ctx context.Context, fn func(q *db.Queries) error) error
	// Reader runs queries outside of any transaction; each sees the latest
	// commit.
	Reader() db.DBTX
	// Ping tells whether the database answers and takes writes, for readiness.
	Ping(ctx context.Context) error
	// ManyWriters tells that transactions run side by side, also those of other
	// nodes. One that holds many rows may then wait in a circle with another.
	ManyWriters() bool
	// OthersWait tells that callers of RunInTx stand in line behind the transaction
	// under way; it is false where ManyWriters is true.
	OthersWait() bool
	// Senders returns the machines of these numbers that exist, as SenderByNo
	// does, in any order.
	Senders(ctx context.Context, numbers []string) ([]Sender, error)
	// Sets is nil where a redemption is not done for many callers at once.
	Sets() Sets
	// SetNextID makes the next generated id of a table at least id.
	SetNextID(ctx context.Context, table string, id int64) error
	// Close waits for writes under way and releases the database.
	Close() error
}

// Store is what use cases hold. Its embedded queries read outside of a
// transaction; every write goes through InTx.
type Store struct {
	*db.Queries
	engine Engine
	// Commands and Callbacks fire after a commit that queued a row for the
	// relay of that outbox.
	Commands  *Signal
	Callbacks *Signal
	// Alerts fires after a commit that queued a message about an alert.
	Alerts *Signal
	// Elsewhere fires with Commands: the machine may be at another node.
	Elsewhere *Signal
	// Changes fires after a commit that changed something an open page may show.
	Changes *Signal

	senders     *sharing[string, Sender]
	merchants   *sharing[string, db.Merchant]
	remembered  sync.Map                         // db.Merchant by AppId; only of merchants that were found
	redemptions *sharing[RedeemRequest, Verdict] // nil if the engine has no sets
}

// New makes a store on an engine.
func New(engine Engine) *Store {
	s := &Store{
		Queries:   db.New(engine.Reader()),
		engine:    engine,
		Commands:  NewSignal(),
		Callbacks: NewSignal(),
		Alerts:    NewSignal(),
		Elsewhere: NewSignal(),
		Changes:   NewSignal(),
	}
	s.senders = newSharing(s.SendersByNo, setSize, 0)
	s.shareVisits(engine.Sets())
	return s
}

// SchemaVersion is the number of the newest migration of the database, which may be
// newer than this program if other nodes are.
func (s *Store) SchemaVersion(ctx context.Context) (version int64, err error) {
	row := s.engine.Reader().QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version")
	return version, row.Scan(&version)
}

// InTx runs fn in one transaction and returns after the commit is durable. An
// error of fn rolls back everything fn did and is returned as it is. After the
// commit the relays of the outbox rows that fn queued are woken.
func (s *Store) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	var tx Tx
	err := s.engine.RunInTx(ctx, func(q *db.Queries) error {
		tx = Tx{Queries: q, engine: s.engine} // afresh, should the engine run fn again
		if err := fn(&tx); err != nil {
			return err
		}
		if err := also(ctx, &tx); err != nil {
			return err
		}
		err := tx.writeNotes(ctx)
		crashpoint.Hit("before_commit")
		return err
	})
	if err != nil {
		return err
	}
	crashpoint.Hit("after_commit")
	if tx.commands {
		s.WakeCommands()
	}
	if tx.callbacks {
		s.Callbacks.Notify()
	}
	if tx.alerts {
		s.Alerts.Notify()
	}
	if len(tx.notes) > 0 {
		s.Changes.Notify()
	}
	return nil
}

// WakeCommands wakes the relay of the node that holds the machine of a command
// that became due.
func (s *Store) WakeCommands() {
	s.Commands.Notify()
	s.Elsewhere.Notify()
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.engine.Ping(ctx) }

// SetNextID makes the next generated id of a table at least id.
func (s *Store) SetNextID(ctx context.Context, table string, id int64) error {
	return s.engine.SetNextID(ctx, table, id)
}

// Close waits for writes under way and releases the database.
func (s *Store) Close() error {
	s.finishVisits()
	return s.engine.Close()
}

// NotFound tells whether a query found no row.
func NotFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// Find turns "no row" into found = false, so that callers can tell a missing
// row from a failing database in one line.
func Find[T any](row T, err error) (T, bool, error) {
	if NotFound(err) {
		var none T
		return none, false, nil
	}
	if err != nil {
		return row, false, fmt.Errorf("read store: %w", err)
	}
	return row, true, nil
}
