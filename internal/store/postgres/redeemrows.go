package postgres

import (
	"context"
	_ "embed" // for the statements
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

//go:embed locks.sql
var locksSQL string

//go:embed facts.sql
var factsSQL string

// inOrderOfIndex has the server plan the facts without a sort, which leaves it the one
// index that has the order they ask for (facts.sql). It comes after the locks, which
// need their sort by id, and holds until the end: the one sort of redeem.sql has no
// other way, and is done all the same.
const inOrderOfIndex = "SET LOCAL enable_sort = off"

// numberedFacts is a row of facts.sql; Number counts from 1.
type numberedFacts struct {
	Number int64
	store.Facts
}

// read begins the transaction, locks the codes that can be redeemed and their
// products, and reads the facts and the merchants who were remembered. Each
// statement sees what was committed before it began, so the facts are no older than
// the locks.
func (s *set) read(ctx context.Context, conn *pgx.Conn) error {
	machines := column(s.requests, func(r store.RedeemRequest) string { return r.Query.MachineNo })
	codes := column(s.requests, func(r store.RedeemRequest) string { return r.Query.Code })
	merchants := column(s.requests, func(r store.RedeemRequest) int64 { return r.Query.MerchantID })
	keys := column(s.requests, func(r store.RedeemRequest) string { return r.Query.TradeKey })
	var batch pgx.Batch
	batch.Queue("begin isolation level read committed")
	batch.Queue(settings)
	batch.Queue(locksSQL, machines, codes, merchants).Query(func(rows pgx.Rows) error {
		var code int64
		_, err := pgx.ForEachRow(rows, []any{&code}, func() error {
			s.locked[code] = true
			return nil
		})
		return err
	})
	if appIDs := s.remembered(); len(appIDs) > 0 {
		batch.Queue(merchantsSQL, appIDs).Query(func(rows pgx.Rows) (err error) {
			s.merchants, err = merchantsOf(rows)
			return err
		})
	}
	batch.Queue(inOrderOfIndex)
	batch.Queue(factsSQL, machines, codes, merchants, keys).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[numberedFacts])
		for _, row := range found {
			s.facts[row.Number-1] = row.Facts
		}
		return err
	})
	return conn.SendBatch(ctx, &batch).Close()
}

// remembered are the AppIds of the merchants who may have changed, each once.
func (s *set) remembered() []string {
	var appIDs []string
	for _, r := range s.requests {
		if r.Merchant != nil && !slices.Contains(appIDs, r.Merchant.AppID) {
			appIDs = append(appIDs, r.Merchant.AppID)
		}
	}
	return appIDs
}

//go:embed redeem.sql
var redeemSQL string

// write makes the orders of the winners and all that belongs to them, and
// commits. Whose trade key was taken meanwhile is left out: it loses the race.
// The error is store.ErrOutcomeUnknown if no answer to the commit came.
func (s *set) write(ctx context.Context, conn *pgx.Conn) error {
	orders := column(s.winners, func(i int) db.InsertOrderParams { return s.redemptions[i].Order })
	commands := make([]db.InsertCommandParams, len(s.winners))
	for i, winner := range s.winners {
		var err error
		if commands[i], err = s.redemptions[winner].Withdrawal.Row(); err != nil {
			return err
		}
	}
	made := make(map[int64]store.Redeemed, len(orders)) // by code
	var batch pgx.Batch
	batch.Queue(redeemSQL,
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
		column(commands, func(c db.InsertCommandParams) int64 { return c.MachineID }),
		column(commands, func(c db.InsertCommandParams) string { return c.Method }),
		column(commands, func(c db.InsertCommandParams) string { return c.Fields }),
		column(commands, func(c db.InsertCommandParams) int64 { return c.Now }),
		column(commands, func(c db.InsertCommandParams) int64 { return c.ExpiresAt }),
		store.ChangedOrders,
	).Query(func(rows pgx.Rows) error {
		var (
			code int64
			one  store.Redeemed
		)
		_, err := pgx.ForEachRow(rows, []any{&code, &one.OrderID, &one.RecordID}, func() error {
			made[code] = one
			return nil
		})
		return err
	})
	batch.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return fmt.Errorf("%w: answered %s", pgx.ErrTxCommitRollback, tag)
		}
		return nil
	})
	if err := conn.SendBatch(ctx, &batch).Close(); err != nil {
		return commitError(err)
	}
	for _, i := range s.winners {
		one, ok := made[s.redemptions[i].Order.PickupCodeID]
		if !ok {
			s.verdicts[i].Err = store.ErrLostRace
		}
		s.verdicts[i].Redeemed = one
	}
	return nil
}
