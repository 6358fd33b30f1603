package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// claims are the three outboxes: a claim for ten milliseconds, which returns the
// ids of the rows it got.
func (f *Fixture) claims(t *testing.T) map[string]func(node string, now int64) []int64 {
	ctx := t.Context()
	claim := func(rows func(tx *store.Tx) ([]int64, error)) (ids []int64) {
		f.Write(t, func(tx *store.Tx) (err error) {
			ids, err = rows(tx)
			return err
		})
		return ids
	}
	return map[string]func(node string, now int64) []int64{
		"commands": func(node string, now int64) []int64 {
			return claim(func(tx *store.Tx) ([]int64, error) {
				rows, err := tx.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: now + 10, Now: now, Node: node, Batch: 7})
				return idsOf(rows, func(c db.Command) int64 { return c.ID }), err
			})
		},
		"callbacks": func(node string, now int64) []int64 {
			return claim(func(tx *store.Tx) ([]int64, error) {
				rows, err := tx.ClaimCallbacks(ctx, db.ClaimCallbacksParams{LeaseUntil: now + 10, Now: now, Node: node, Batch: 7})
				return idsOf(rows, func(c db.Callback) int64 { return c.ID }), err
			})
		},
		"messages about alerts": func(node string, now int64) []int64 {
			return claim(func(tx *store.Tx) ([]int64, error) {
				rows, err := tx.ClaimAlertMessages(ctx, db.ClaimAlertMessagesParams{LeaseUntil: now + 10, Now: now, Node: node, Batch: 7})
				return idsOf(rows, func(m db.AlertMessage) int64 { return m.ID }), err
			})
		},
	}
}

func idsOf[T any](rows []T, id func(T) int64) (ids []int64) {
	for _, row := range rows {
		ids = append(ids, id(row))
	}
	return ids
}

// queueOne puts a row that is due at 1 into each outbox and makes nodes known.
func (f *Fixture) queueOne(t *testing.T, nodes ...string) {
	t.Helper()
	ctx := t.Context()
	f.Write(t, func(tx *store.Tx) error {
		for _, node := range nodes {
			if err := tx.InsertNode(ctx, node, 1); err != nil {
				return err
			}
		}
		if err := tx.QueueMessage(ctx, f.Machine.ID, "client.machine.refresh", nil, 1); err != nil {
			return err
		}
		if _, err := tx.QueueCallback(ctx, db.InsertCallbackParams{WebhookID: "msg_1", MerchantID: f.Merchant.ID, Now: 1}); err != nil {
			return err
		}
		rule, err := tx.InsertAlertRule(ctx, db.InsertAlertRuleParams{MerchantID: f.Merchant.ID, Channel: "EMAIL", Target: "a@shop.example", Enabled: true})
		if err != nil {
			return err
		}
		_, err = tx.QueueAlertTest(ctx, 1, rule)
		return err
	})
}

// testLeaseOfDeadNode: a lease lasts as long as its node, also where its time is
// not over; one without a node has its time.
func testLeaseOfDeadNode(t *testing.T, f *Fixture) {
	f.queueOne(t, "a", "b")
	for outbox, claim := range f.claims(t) {
		for _, step := range []struct {
			node string
			now  int64
			got  int
			why  string
		}{
			{"a", 10, 1, "nobody has it"},
			{"b", 19, 0, "a node that lives has it"},
			{"a", 19, 0, "it has it itself"},
			{"b", 20, 1, "its time is over"},
			{"gone", 30, 1, "its time is over again"},
			{"gone", 31, 0, "that one has it itself, though no other knows of it"},
			{"a", 32, 1, "the other one is no node"},
			{"", 42, 1, "its time is over once more"},
			{"a", 43, 0, "it is of a program that knew no nodes"},
		} {
			if got := claim(step.node, step.now); len(got) != step.got {
				t.Errorf("%s: node %q claims %d rows at %d, want %d: %s", outbox, step.node, len(got), step.now, step.got, step.why)
			}
		}
	}
}

// testResultAfterLease: a node that was taken for dead while it worked changes
// nothing of what another one has by then. But what is delivered is delivered.
func testResultAfterLease(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.queueOne(t, "new")
	claims := f.claims(t)
	ids := map[string]int64{}
	for _, outbox := range []string{"commands", "callbacks"} {
		for _, node := range []string{"old", "new"} {
			got := claims[outbox](node, 10)
			if len(got) != 1 {
				t.Fatalf("%s: node %s has claimed %v", outbox, node, got)
			}
			ids[outbox] = got[0]
		}
	}
	command, callback := ids["commands"], ids["callbacks"]
	for name, result := range map[string]func(tx *store.Tx, node string) (int64, error){
		"PutBackCommand": func(tx *store.Tx, node string) (int64, error) { return tx.PutBackCommand(ctx, 20, command, node) },
		"RepeatCommand": func(tx *store.Tx, node string) (int64, error) {
			return tx.RepeatCommand(ctx, db.RepeatCommandParams{DueAt: 20, ID: command, Node: node})
		},
		"ExpireCommand": func(tx *store.Tx, node string) (int64, error) { return tx.ExpireCommand(ctx, command, node) },
		"UnclaimCommand": func(tx *store.Tx, node string) (int64, error) {
			return tx.UnclaimCommand(ctx, 1, command, node)
		},
		"ParkCallback":  func(tx *store.Tx, node string) (int64, error) { return tx.ParkCallback(ctx, "lane", callback, node) },
		"RetryCallback": func(tx *store.Tx, node string) (int64, error) { return tx.RetryCallback(ctx, 20, callback, node) },
		"DeadCallback":  func(tx *store.Tx, node string) (int64, error) { return tx.DeadCallback(ctx, 20, callback, node) },
	} {
		if n := f.changed(t, func(tx *store.Tx) (int64, error) { return result(tx, "old") }); n != 0 {
			t.Errorf("%s of the old node has changed the row of the new one", name)
		}
	}
	for name, result := range map[string]func(tx *store.Tx) (int64, error){
		"FinishCommand":     func(tx *store.Tx) (int64, error) { return tx.FinishCommand(ctx, command) },
		"DeliveredCallback": func(tx *store.Tx) (int64, error) { return tx.DeliveredCallback(ctx, 20, callback) },
	} {
		if n := f.changed(t, result); n != 1 {
			t.Errorf("%s has changed %d rows, want 1", name, n)
		}
	}
}

// testLeaseOfAJob: of two nodes one works on a row, until it gives it back or the
// other has taken it over.
func testLeaseOfAJob(t *testing.T, f *Fixture) {
	var id int64
	claim := func(now, until int64) (lease *store.Lease, found bool) {
		f.Write(t, func(tx *store.Tx) error {
			job, claimed, err := store.Find(tx.ClaimMachineJob(t.Context(), until, now))
			found = claimed
			lease = &store.Lease{ID: job.ID, Until: job.LeaseUntil, Renew: (*db.Queries).RenewMachineJob}
			return err
		})
		return lease, found
	}
	f.Write(t, func(tx *store.Tx) (err error) {
		id, err = tx.InsertMachineJob(t.Context(), db.InsertMachineJobParams{MerchantID: f.Merchant.ID, Action: "reboot", CreatedAt: 1})
		return err
	})
	old, found := claim(1, 10)
	if !found || old.ID != id || old.Until != 10 {
		t.Fatalf("lease %+v, %v", old, found)
	}
	work := func(l *store.Lease, until int64) error {
		return l.InTx(t.Context(), f.Store, until, func(*store.Tx) error { return nil })
	}
	// The same end again is one later: the lease of a step that is over is none.
	before := *old
	if err := work(old, 10); err != nil || old.Until != 11 {
		t.Errorf("held until %d, %v", old.Until, err)
	}
	if err := work(&before, 20); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("an old step: %v", err)
	}
	if _, found := claim(10, 20); found {
		t.Error("two nodes have it")
	}
	next, found := claim(11, 30)
	if !found {
		t.Fatal("it is lost with its node")
	}
	if err := work(old, 40); !errors.Is(err, store.ErrLeaseLost) || old.Until != 11 {
		t.Errorf("taken over, and held until %d: %v", old.Until, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := errors.Join(old.Release(ctx, f.Store), work(next, 50), next.Release(ctx, f.Store)); err != nil {
		t.Error(err)
	}
	if _, found := claim(12, 60); !found {
		t.Error("given back, and nobody can claim it")
	}
}
