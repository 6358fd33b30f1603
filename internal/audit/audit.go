// Package audit keeps who changed what: one row for every change made in the
// console or at the command line, written in the transaction of the change.
package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// By is who makes a change, and from where. UserID 0 is the operator at the
// command line, MerchantID 0 the platform itself.
type By struct {
	UserID, MerchantID int64
	IP                 string
}

// Entry is one change. Before and After become JSON; nil is none. They must
// hold no secret.
type Entry struct {
	By
	// Action says what was done, as in `member.set`.
	Action string
	// Kind and ID name what it was done to.
	Kind, ID      string
	Before, After any
}

// Log writes entries.
type Log struct{ clock vending.Clock }

// New makes a log.
func New(clock vending.Clock) *Log { return &Log{clock} }

// Record writes an entry in the transaction of the change.
func (l *Log) Record(ctx context.Context, tx *store.Tx, e Entry) error {
	before, err := text(e.Before)
	if err != nil {
		return err
	}
	after, err := text(e.After)
	if err != nil {
		return err
	}
	err = tx.InsertAudit(ctx, db.InsertAuditParams{
		At: l.clock.Millis(), UserID: e.UserID, MerchantID: e.MerchantID, Action: e.Action,
		SubjectKind: e.Kind, SubjectID: e.ID, Before: before, After: after, Ip: e.IP,
	})
	if err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	return nil
}

// Recording returns a context under which every transaction writes the entries,
// for use cases that do not know of the console.
func (l *Log) Recording(ctx context.Context, entries ...Entry) context.Context {
	return store.Also(ctx, func(tx *store.Tx) error {
		for _, e := range entries {
			if err := l.Record(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func text(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode audit entry: %w", err)
	}
	return string(raw), nil
}
