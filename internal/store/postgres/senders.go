package postgres

import (
	"context"
	_ "embed" // for senders.sql

	"github.com/jackc/pgx/v5"
	"github.com/vendlane/vendlane/internal/store"
)

//go:embed senders.sql
var sendersSQL string

// Senders implements store.Engine.
func (e *Engine) Senders(ctx context.Context, numbers []string) (senders []store.Sender, err error) {
	err = e.native(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sendersSQL, numbers)
		if err != nil {
			return err
		}
		senders, err = pgx.CollectRows(rows, pgx.RowToStructByName[store.Sender])
		return err
	})
	return senders, err
}
