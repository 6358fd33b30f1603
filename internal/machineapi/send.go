package machineapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vendlane/vendlane/internal/crashpoint"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// runLane deals with the rows of a lane one after the other until it is empty.
// Once ctx ends nothing more is sent.
func (r *Relay) runLane(ctx, sendCtx context.Context, key laneKey) {
	for {
		c, ok := r.lanes.next(key)
		if !ok {
			return
		}
		r.handle(ctx, sendCtx, c)
		r.release(context.WithoutCancel(ctx), c.ID)
	}
}

// release lets a row go after its result is recorded.
func (r *Relay) release(ctx context.Context, id int64) {
	for {
		claims := r.lanes.release(id)
		if claims == 0 {
			return
		}
		err := r.store.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.UnclaimCommand(ctx, int64(claims), id, r.node)
			return err
		})
		if err != nil {
			r.log.Error("second claim of a message not taken back", "command_id", id, "error", err)
		}
		r.store.Commands.Notify() // it may be due
	}
}

// handle sends a row, or not, and records what became of it.
func (r *Relay) handle(ctx, sendCtx context.Context, c db.Command) {
	u, send := decide(c, r.clock.Millis())
	if send {
		if ctx.Err() != nil {
			u = update{outcome: outcomePutBack, dueAt: c.DueAt}
		} else {
			u = r.send(sendCtx, c)
		}
	}
	if err := r.record(context.WithoutCancel(ctx), c, u); err != nil {
		// The lease runs out and the row is looked at again. It then counts as
		// perhaps sent, which is the careful reading.
		r.log.Error("result of a message to a machine not recorded",
			"machine_id", c.MachineID, "method", c.Method, "command_id", c.ID, "error", err)
	}
}

// send makes one attempt to send a row.
func (r *Relay) send(ctx context.Context, c db.Command) update {
	m, err := r.store.MachineByID(ctx, c.MachineID)
	if err != nil {
		return r.notSent(c, fmt.Errorf("read machine: %w", err))
	}
	if c.DeliveryID == 0 {
		earlier, found, err := store.Find(r.store.EarlierCommand(ctx, c.MachineID, c.ID))
		if err != nil {
			return r.notSent(c, err)
		}
		if found {
			return behind(earlier, r.clock.Millis())
		}
	}
	key, err := r.box.Open(secrets.PurposeAppKey, m.AppKeySealed)
	if err != nil {
		return r.notSent(c, fmt.Errorf("key of merchant %d: %w", m.Machine.MerchantID, err))
	}
	plain, err := r.unseal(c)
	if err != nil {
		return r.notSent(c, err)
	}
	body, err := encode(plain, m.Machine, key)
	if err != nil {
		return r.notSent(c, err)
	}

	published := r.clock.Millis()
	out := devicegw.Outgoing{Payload: body, Expiry: messageExpiry(c, published)}
	if c.SentAt == 0 {
		// Send may wait for room before it writes; not beyond the time in
		// which a first publication is allowed.
		left := time.Duration(c.ExpiresAt-published) * time.Millisecond
		limited, cancel := context.WithTimeout(ctx, left)
		defer cancel()
		ctx = limited
	}
	err = r.gateway.Send(ctx, m.Machine.MachineNo, out)
	if err == nil {
		crashpoint.Hit("command_acknowledged")
	}
	r.count(c, err)
	if c.Attempts <= 1 && !errors.Is(err, devicegw.ErrOffline) && !errors.Is(err, devicegw.ErrTooLarge) {
		r.note(ctx, c, body, published)
	}
	return afterSend(c, published, r.clock.Millis(), err)
}

// unseal returns the row of a new password with the password readable; other
// rows have nothing sealed.
func (r *Relay) unseal(c db.Command) (db.Command, error) {
	if c.Method != fleet.MethodPassword {
		return c, nil
	}
	var members map[string]string
	if err := json.Unmarshal([]byte(c.Fields), &members); err != nil {
		return c, fmt.Errorf("fields of command %d: %w", c.ID, err)
	}
	var err error
	if members[fleet.FieldPassword], err = r.box.Open(secrets.PurposeMachinePassword, members[fleet.FieldPassword]); err != nil {
		return c, fmt.Errorf("password in command %d: %w", c.ID, err)
	}
	text, err := json.Marshal(members)
	c.Fields = string(text)
	return c, err
}

// note puts a message that has left for its machine into the machine log, once:
// repeats are the same bytes.
func (r *Relay) note(ctx context.Context, c db.Command, body []byte, at int64) {
	object, err := signature.DecodeMessage(body)
	if err != nil {
		r.log.Error("message to a machine cannot be read back", "command_id", c.ID, "error", err)
		return
	}
	r.machineLog.Put(context.WithoutCancel(ctx), machinelog.Entry{
		MachineID: c.MachineID, Method: c.Method, Payload: machinelog.Payload(object), At: at,
	})
}

// notSent notes a failure of our own before anything was written.
func (r *Relay) notSent(c db.Command, err error) update {
	r.log.Error("message to a machine not sent",
		"machine_id", c.MachineID, "method", c.Method, "command_id", c.ID, "error", err)
	return failedHere(c, r.clock.Millis())
}

func (r *Relay) count(c db.Command, err error) {
	switch {
	case errors.Is(err, devicegw.ErrTooLarge):
		r.log.Error("message is too large for its machine",
			"machine_id", c.MachineID, "method", c.Method, "command_id", c.ID, "error", err)
		return
	case errors.Is(err, devicegw.ErrOffline):
		r.metrics.offline.WithLabelValues(c.Method).Inc()
		return
	}
	r.metrics.published.WithLabelValues(c.Method).Inc()
	if err == nil {
		r.metrics.acknowledged.WithLabelValues(c.Method).Inc()
	}
}

// record stores what became of a row, and of its delivery, in one transaction.
func (r *Relay) record(ctx context.Context, c db.Command, u update) error {
	ours := false
	err := r.store.InTx(ctx, func(tx *store.Tx) (err error) {
		ours, err = r.recordRow(ctx, tx, c, u)
		switch {
		case err != nil:
			return fmt.Errorf("record command: %w", err)
		case u.markSent:
			return r.dispense.MarkSent(ctx, tx, c.DeliveryID)
		case u.notHandedOver && ours: // else another node may have written it
			return r.dispense.NotHandedOver(ctx, tx, c.DeliveryID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if u.outcome == outcomeExpired && ours {
		r.metrics.expired.WithLabelValues(c.Method).Inc()
		r.log.Warn("message to a machine given up: its time was over",
			"machine_id", c.MachineID, "method", c.Method, "command_id", c.ID, "never_sent", c.Attempts <= 1)
	}
	if u.dueAt != 0 && u.dueAt < r.clock.Millis()+pollEvery.Milliseconds() {
		r.store.Commands.Notify() // sooner than the relay would look by itself
	}
	if u.waits {
		return r.wakeIfBack(ctx, c.MachineID)
	}
	return nil
}

// recordRow changes the row if it is still ours: what another node has claimed
// since is for that one to decide, unless nothing is left to do.
func (r *Relay) recordRow(ctx context.Context, tx *store.Tx, c db.Command, u update) (ours bool, err error) {
	var changed int64
	switch u.outcome {
	case outcomeDone:
		changed, err = tx.FinishCommand(ctx, c.ID)
	case outcomeExpired:
		changed, err = tx.ExpireCommand(ctx, c.ID, r.node)
	case outcomeAgain:
		changed, err = tx.RepeatCommand(ctx, db.RepeatCommandParams{DueAt: u.dueAt, SentAt: u.sentAt, ID: c.ID, Node: r.node})
	case outcomePutBack:
		changed, err = tx.PutBackCommand(ctx, u.dueAt, c.ID, r.node)
	}
	return changed == 1, err
}

// wakeIfBack closes a gap: a machine that connected after the attempt and
// before it was recorded has woken its messages too early.
func (r *Relay) wakeIfBack(ctx context.Context, machineID int64) error {
	m, err := r.store.MachineByID(ctx, machineID)
	if err != nil {
		return fmt.Errorf("read machine: %w", err)
	}
	if !r.gateway.Connected(m.Machine.MachineNo) {
		node, held, err := store.Find(r.store.LivingNodeOfMachine(ctx, machineID))
		if err != nil || !held || node == r.node {
			return err
		}
	}
	return wake(ctx, r.store, machineID, r.clock.Millis()+wakePause)
}
