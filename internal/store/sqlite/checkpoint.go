package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"
)

// resetFrames is the length of the write-ahead log, in pages, above which the
// writer stands still for a moment so that the log can start over. Under
// constant load the background checkpoints alone never catch the last pages.
const resetFrames = 16384

// resetPatience is how long the writer waits for readers that stand in the way
// of the log starting over.
const resetPatience = 20 * time.Millisecond

// checkpointer copies the write-ahead log into the database in the background.
type checkpointer struct {
	conn  *sql.Conn
	dirty atomic.Bool
	reset atomic.Bool
	quit  chan struct{}
	done  chan struct{}
}

func startCheckpointer(conn *sql.Conn) *checkpointer {
	c := &checkpointer{conn: conn, quit: make(chan struct{}), done: make(chan struct{})}
	go c.loop()
	return c
}

// wrote is called by the writer after each commit, on its own connection.
func (c *checkpointer) wrote(conn *cachedConn) {
	c.dirty.Store(true)
	if c.reset.CompareAndSwap(true, false) {
		// Almost everything is copied already, so this is short. If a reader
		// is in the way the log merely grows until the next time: a backup
		// reads for long, and nobody could write while the writer waited for it.
		setBusyTimeout(conn, resetPatience)
		_, _, _ = checkpoint(conn, "RESTART")
		setBusyTimeout(conn, busyTimeout)
	}
}

func (c *checkpointer) close() {
	close(c.quit)
	<-c.done
}

func (c *checkpointer) loop() {
	defer close(c.done)
	// Its statements too: SQLite keeps a connection open until they are gone.
	conn := newCachedConn(c.conn)
	defer conn.close()
	ticker := time.NewTicker(checkpointEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-ticker.C:
		}
		if !c.dirty.CompareAndSwap(true, false) {
			continue
		}
		frames, copied, err := checkpoint(conn, "PASSIVE")
		if err == nil && frames > resetFrames {
			// What was written while it copied would be left to the writer.
			frames, copied, err = checkpoint(conn, "PASSIVE")
			c.reset.Store(true)
		}
		if err != nil || copied < frames {
			c.dirty.Store(true) // try again
		}
	}
}

// checkpoint returns the length of the log and how much of it is copied, in
// pages.
func checkpoint(conn *cachedConn, mode string) (frames, copied int64, err error) {
	var busy int64
	err = conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &copied)
	return frames, copied, err
}

// setBusyTimeout says how long a connection waits for a lock of another one.
// Should it fail, the timeout stays as it was, which is safe.
func setBusyTimeout(conn *cachedConn, d time.Duration) {
	_, _ = conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA busy_timeout(%d)", d.Milliseconds()))
}
