package alertpost

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/terminal"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	channelEmail = alerts.ChannelEmail
	eventTest    = alerts.EventTest
	// maxError bounds what is kept of a failure, in bytes.
	maxError = 200
	ruleGone = "the rule is gone or switched off"
	mailOff  = "there is no mail server"
)

// send makes one attempt at the messages of a parcel and records how it went. A
// relay that is stopping gives them back untried.
func (r *Relay) send(ctx context.Context, parcel []db.AlertMessage, stopping bool) error {
	now := r.clock.Millis()
	if stopping {
		return r.postpone(ctx, parcel, now)
	}
	rule, found, err := store.Find(r.store.AlertRule(ctx, parcel[0].RuleID))
	if err != nil {
		return err
	}
	test := parcel[0].Event == eventTest
	if !found || !rule.Enabled && !test {
		return r.record(ctx, parcel, ruleGone, true)
	}
	merchant, err := r.store.MerchantByID(ctx, rule.MerchantID)
	if err != nil {
		return fmt.Errorf("merchant of rule: %w", err)
	}
	zone := vending.Zone(merchant.Timezone, r.zone)
	if until := alerts.QuietUntil(rule, zone, now); until != 0 && !test {
		return r.postpone(ctx, parcel, until)
	}
	stories := make([]story, len(parcel))
	for i, m := range parcel {
		if stories[i], err = r.tell(ctx, merchant, m); err != nil {
			return err
		}
	}
	failure, final := r.leave(ctx, rule, parcel[0], stories)
	return r.record(ctx, parcel, failure, final)
}

// leave sends a parcel to its target.
func (r *Relay) leave(ctx context.Context, rule db.AlertRule, m db.AlertMessage, stories []story) (failure string, final bool) {
	id := "alert_" + strconv.FormatInt(m.ID, 10)
	if m.Channel != channelEmail {
		body, err := stories[0].json()
		if err != nil {
			return err.Error(), true
		}
		return r.ways.Post(ctx, m.MerchantID, id, m.Target, body)
	}
	if r.ways.Mail == nil {
		return mailOff, false
	}
	mail := write(rule.Language, stories)
	mail.To, mail.ID = m.Target, id
	if err := r.ways.Mail(ctx, mail); err != nil {
		return err.Error(), false
	}
	return "", false
}

// tell reads what a message is about.
func (r *Relay) tell(ctx context.Context, merchant db.Merchant, m db.AlertMessage) (story, error) {
	s := story{event: m.Event, merchant: merchant.Title, at: m.CreatedAt, zone: vending.Zone(merchant.Timezone, r.zone)}
	if m.Event == eventTest {
		return s, nil
	}
	row, err := r.store.AlertByID(ctx, m.AlertID)
	if err != nil {
		return s, fmt.Errorf("alert of message %d: %w", m.ID, err)
	}
	s.alert, s.machineNo, s.machineName = row.Alert, row.MachineNo, row.MachineName
	return s, nil
}

// postpone gives messages back untried, until a time.
func (r *Relay) postpone(ctx context.Context, parcel []db.AlertMessage, until int64) error {
	return r.store.InTx(ctx, func(tx *store.Tx) error {
		for _, m := range parcel {
			if _, err := tx.PostponeAlertMessage(ctx, until, m.ID, m.LeaseUntil); err != nil {
				return fmt.Errorf("postpone message: %w", err)
			}
		}
		return nil
	})
}

// record writes how an attempt went: "" is well.
func (r *Relay) record(ctx context.Context, parcel []db.AlertMessage, failure string, final bool) error {
	text := terminal.Short(failure, maxError)
	now, plan := r.clock.Millis(), waits()
	return r.store.InTx(ctx, func(tx *store.Tx) error {
		for _, m := range parcel {
			var err error
			switch {
			case failure == "":
				_, err = tx.EndAlertMessage(ctx, db.EndAlertMessageParams{
					ID: m.ID, State: store.AlertMessageDelivered, Now: now, LeaseUntil: m.LeaseUntil,
				})
			case final || int(m.Attempts) > len(plan):
				r.log.Warn("a message about an alert was given up", "message", m.ID, "merchant", m.MerchantID, "attempts", m.Attempts, "error", text)
				_, err = tx.EndAlertMessage(ctx, db.EndAlertMessageParams{
					ID: m.ID, State: store.AlertMessageDead, Now: now, LeaseUntil: m.LeaseUntil, Error: text,
				})
			default:
				wait := plan[max(m.Attempts, 1)-1].Milliseconds()
				_, err = tx.RetryAlertMessage(ctx, db.RetryAlertMessageParams{ID: m.ID, DueAt: now + wait, LeaseUntil: m.LeaseUntil, Error: text})
			}
			if err != nil {
				return fmt.Errorf("record message: %w", err)
			}
		}
		return nil
	})
}
