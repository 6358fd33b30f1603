package postgres

import (
	"context"
	_ "embed" // for the statements
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

const (
	lockCodes = `SELECT c.id FROM unnest($1::text[], $2::text[], $3::bigint[]) AS r (machine_no, code, merchant_id)
JOIN machines m ON m.machine_no = r.machine_no AND m.merchant_id = r.merchant_id
JOIN pickup_codes c ON c.machine_id = m.id AND c.code = r.code AND c.state = 'UNUSED'
ORDER BY c.id FOR NO KEY UPDATE OF c`

	lockProducts = `SELECT p.id FROM (
	SELECT DISTINCT c.product_id FROM unnest($1::text[], $2::text[], $3::bigint[]) AS r (machine_no, code, merchant_id)
	JOIN machines m ON m.machine_no = r.machine_no AND m.merchant_id = r.merchant_id
	JOIN pickup_codes c ON c.machine_id = m.id AND c.code = r.code AND c.state = 'UNUSED'
) AS wanted
JOIN products p ON p.id = wanted.product_id
ORDER BY p.id FOR NO KEY UPDATE OF p`
)

//go:embed facts.sql
var factsSQL string

// numberedFacts is a row of facts.sql; Number counts from 1.
type numberedFacts struct {
	Number int64
	store.Facts
}

// read begins the transaction, locks the codes that can be redeemed and their
// products, and reads the facts. Each statement sees what was committed before
// it began, so the facts are no older than the locks.
func (s *set) read(ctx context.Context, conn *pgx.Conn) error {
	machines := column(s.requests, func(r store.RedeemRequest) string { return r.Query.MachineNo })
	codes := column(s.requests, func(r store.RedeemRequest) string { return r.Query.Code })
	merchants := column(s.requests, func(r store.RedeemRequest) int64 { return r.Query.MerchantID })
	keys := column(s.requests, func(r store.RedeemRequest) string { return r.Query.TradeKey })
	var batch pgx.Batch
	batch.Queue("begin isolation level read committed")
	batch.Queue(settings)
	batch.Queue(lockCodes, machines, codes, merchants).Query(into(s.codes))
	batch.Queue(lockProducts, machines, codes, merchants).Query(into(s.products))
	batch.Queue(factsSQL, machines, codes, merchants, keys).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[numberedFacts])
		for _, row := range found {
			s.facts[row.Number-1] = row.Facts
		}
		return err
	})
	return conn.SendBatch(ctx, &batch).Close()
}

// into collects ids.
func into(ids map[int64]bool) func(rows pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var id int64
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
			ids[id] = true
			return nil
		})
		return err
	}
}

//go:embed redeem.sql
var redeemSQL string

// write makes the orders of the winners and all that belongs to them. Whose
// trade key was taken meanwhile is left out: it loses the race.
func (s *set) write(ctx context.Context, conn *pgx.Conn) error {
	orders := column(s.winners, func(i int) db.InsertOrderParams { return s.redemptions[i].Order })
	rows, err := conn.Query(ctx, redeemSQL,
		column(orders, func(o db.InsertOrderParams) int64 { return o.MerchantID }),
		column(orders, func(o db.InsertOrderParams) int64 { return o.MachineID }),
		column(orders, func(o db.InsertOrderParams) string { return o.TradeID }),
		column(orders, func(o db.InsertOrderParams) string { return o.TradeKey }),
		column(orders, func(o db.InsertOrderParams) int64 { return int64(o.Status) }),
		column(orders, func(o db.InsertOrderParams) string { return o.Date }),
		column(orders, func(o db.InsertOrderParams) int64 { return int64(o.Amount) }),
		column(orders, func(o db.InsertOrderParams) string { return o.NotifyUrl }),
		column(orders, func(o db.InsertOrderParams) int64 { return o.PickupCodeID }),
		column(orders, func(o db.InsertOrderParams) int64 { return o.CreatedAt }),
	)
	if err != nil {
		return err
	}
	made := make(map[int64]store.Redeemed, len(orders)) // by code
	var (
		code    int64
		one     store.Redeemed
		written int64 // orders
	)
	_, err = pgx.ForEachRow(rows, []any{&code, &one.OrderID, &one.RecordID, &written}, func() error {
		made[code] = one
		return nil
	})
	if err != nil {
		return err
	}
	if int64(len(made)) != written {
		// They are locked: something else than a redemption is at work.
		return errors.New("a code that is locked could not be used")
	}
	done := s.winners[:0]
	for _, i := range s.winners {
		one, ok := made[s.redemptions[i].Order.PickupCodeID]
		if !ok {
			s.verdicts[i].Err = store.ErrLostRace
			continue
		}
		s.verdicts[i].Redeemed = one
		done = append(done, i)
	}
	s.winners = done
	return nil
}

const insertCommands = `INSERT INTO commands (machine_id, method, fields, delivery_id, state, created_at, expires_at, due_at, lease_until, attempts, sent_at)
SELECT machine_id, method, fields, 0, 'QUEUED', created_at, expires_at, created_at, 0, 0, 0
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS r (machine_id, method, fields, created_at, expires_at)`

const insertChanges = `INSERT INTO changes (merchant_id, machine_id, kind, ref)
SELECT merchant_id, machine_id, $4, ref FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS r (merchant_id, machine_id, ref)`

// commit queues the withdrawals of what was written, tells open pages of it, and commits. Its error is
// store.ErrOutcomeUnknown if no answer came.
func (s *set) commit(ctx context.Context, conn *pgx.Conn) error {
	commands := make([]db.InsertCommandParams, len(s.winners))
	for i, winner := range s.winners {
		var err error
		if commands[i], err = s.redemptions[winner].Withdrawal.Row(); err != nil {
			return err
		}
	}
	var batch pgx.Batch
	batch.Queue(insertCommands,
		column(commands, func(c db.InsertCommandParams) int64 { return c.MachineID }),
		column(commands, func(c db.InsertCommandParams) string { return c.Method }),
		column(commands, func(c db.InsertCommandParams) string { return c.Fields }),
		column(commands, func(c db.InsertCommandParams) int64 { return c.Now }),
		column(commands, func(c db.InsertCommandParams) int64 { return c.ExpiresAt }),
	)
	batch.Queue(insertChanges,
		column(s.winners, func(i int) int64 { return s.redemptions[i].Order.MerchantID }),
		column(s.winners, func(i int) int64 { return s.redemptions[i].Order.MachineID }),
		column(s.winners, func(i int) int64 { return s.verdicts[i].OrderID }),
		store.ChangedOrders,
	)
	batch.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return fmt.Errorf("%w: answered %s", pgx.ErrTxCommitRollback, tag)
		}
		return nil
	})
	if err := conn.SendBatch(ctx, &batch).Close(); err != nil {
		return commitError(err)
	}
	return nil
}
