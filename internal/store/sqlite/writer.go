package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// writer owns the one writing connection. Calls queue up while a commit is
// under way; the next transaction takes all of them, each in a savepoint of its
// own, and one fsync makes them all durable.
type writer struct {
	conn     *cachedConn
	queries  *db.Queries
	maxGroup int
	check    *checkpointer
	done     chan struct{}
	// lost tells that a transaction was lost to the disk since it was last
	// found well.
	lost atomic.Bool

	mu     sync.RWMutex // guards closed, and jobs against sending after close
	closed bool
	jobs   chan *job
}

type job struct {
	ctx    context.Context
	fn     func(c *cachedConn, q *db.Queries) error
	err    error
	answer chan struct{}
}

func startWriter(conn *sql.Conn, maxGroup int, check *checkpointer) *writer {
	cached := newCachedConn(conn)
	w := &writer{
		conn: cached, queries: db.New(cached), maxGroup: maxGroup, check: check,
		done: make(chan struct{}), jobs: make(chan *job, maxGroup),
	}
	go w.loop()
	return w
}

func (w *writer) run(ctx context.Context, fn func(q *db.Queries) error) error {
	return w.submit(ctx, func(_ *cachedConn, q *db.Queries) error { return fn(q) })
}

func (w *writer) runRaw(ctx context.Context, fn func(c *cachedConn) error) error {
	return w.submit(ctx, func(c *cachedConn, _ *db.Queries) error { return fn(c) })
}

func (w *writer) submit(ctx context.Context, fn func(c *cachedConn, q *db.Queries) error) error {
	j := &job{ctx: ctx, fn: fn, answer: make(chan struct{})}
	if err := w.enqueue(j); err != nil {
		return err
	}
	// Once queued, the answer is waited for whatever the context says: a
	// caller must never be left not knowing whether its change was committed.
	<-j.answer
	return j.err
}

func (w *writer) enqueue(j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return store.ErrClosed
	}
	select {
	case w.jobs <- j:
		return nil
	case <-j.ctx.Done():
		return j.ctx.Err()
	}
}

// close lets everything queued finish, then ends the loop.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	close(w.jobs)
	w.mu.Unlock()
	<-w.done
}

func (w *writer) loop() {
	defer close(w.done)
	defer w.conn.close()
	group := make([]*job, 0, w.maxGroup)
	for first := range w.jobs {
		group = append(group[:0], first)
		w.commit(&group)
		for _, j := range group {
			close(j.answer)
		}
		w.check.wrote(w.conn)
	}
}

// commit runs the group in one transaction. It starts with the one job that
// woke it and takes those that are waiting as it goes.
func (w *writer) commit(group *[]*job) {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		(*group)[0].err = fmt.Errorf("begin: %w", err)
		return
	}
	for i := 0; i < len(*group); i++ {
		if err := w.runJob((*group)[i]); err != nil {
			w.abort(*group, err)
			return
		}
		if i+1 == len(*group) && i+1 < w.maxGroup {
			select {
			case next, open := <-w.jobs:
				if open {
					*group = append(*group, next)
				}
			default:
			}
		}
	}
	if err := w.exec("COMMIT"); err != nil {
		w.abort(*group, w.commitError(err))
	}
}

// commitError tells a commit that certainly did not happen from one that may
// have: if only the sync failed, all of it is in the log, and a process that
// dies now would find it there. Another commit in its place settles the matter.
func (w *writer) commitError(err error) error {
	if endNotWritten(err) {
		return fmt.Errorf("commit: %w", err)
	}
	_ = w.exec("ROLLBACK") // see abort
	if w.exec(touch) != nil {
		return fmt.Errorf("%w: %w", store.ErrOutcomeUnknown, err)
	}
	return fmt.Errorf("commit: %w", err)
}

// endNotWritten tells that a commit failed before its last page, which makes it
// one, was in the log.
func endNotWritten(err error) bool {
	var failure *driver.Error
	if !errors.As(err, &failure) {
		return false
	}
	switch failure.Code() {
	case codes.SQLITE_FULL, codes.SQLITE_IOERR_WRITE, codes.SQLITE_READONLY:
		return true
	}
	return false
}

// runJob runs one job inside its savepoint. The error it returns means that
// the transaction itself is lost (SQLite rolls all of it back on a full disk or
// an I/O error); an error of the job alone is left in the job.
func (w *writer) runJob(j *job) error {
	if j.err = j.ctx.Err(); j.err != nil {
		return nil //nolint:nilerr // the job's own error, which its caller gets
	}
	if err := w.exec("SAVEPOINT job"); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	if j.err = w.call(j); j.err != nil {
		if err := w.exec("ROLLBACK TO job"); err != nil {
			// The others in the group get this error, and what this job says is not theirs.
			return fmt.Errorf("roll back after %q: %w", j.err.Error(), err)
		}
	}
	if err := w.exec("RELEASE job"); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}

func (w *writer) call(j *job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return j.fn(w.conn, w.queries)
}

// abort answers everyone in the group with the failure: none of it is stored. So
// it is for jobs that failed by themselves: what they found, as a code that the
// job before them had redeemed, is not so.
func (w *writer) abort(group []*job, cause error) {
	// SQLite may have rolled back by itself; then this one has nothing to do
	// and its complaint says nothing new.
	_ = w.exec("ROLLBACK")
	w.lost.Store(true)
	for _, j := range group {
		j.err = fmt.Errorf("transaction lost: %w", cause)
	}
}

func (w *writer) exec(sql string) error {
	_, err := w.conn.ExecContext(context.Background(), sql)
	return err
}
