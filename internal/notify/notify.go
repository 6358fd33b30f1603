// Package notify makes the messages to a merchant's notify_url: which event
// tells what (consume.md §9.1, §9.2). They are signed here, inside the
// transaction that changes the state, so that every attempt sends the same
// bytes; sending them is the business of package callback.
package notify

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// Notifier queues messages.
type Notifier struct {
	box    *secrets.Box
	random io.Reader
}

// New makes a notifier. random supplies webhook ids and must be cryptographic.
func New(box *secrets.Box, random io.Reader) *Notifier { return &Notifier{box: box, random: random} }

// Event is the result that a message tells about one record.
type Event struct {
	Order    db.Order
	RecordID int64
	Success  bool
	// ErrorMsg is "" on success.
	ErrorMsg string
	// DeliveryID is the 16-digit delivery_id, "" when no delivery is behind it.
	DeliveryID string
	// FloorStatus is left out when "".
	FloorStatus string
	// At is the time of the event, UTC milliseconds.
	At int64
}

// Queue writes the message of an event to the outbox and makes it the record's
// newest. An order without a notify_url gets none.
func (n *Notifier) Queue(ctx context.Context, tx *store.Tx, e Event) error {
	if e.Order.NotifyUrl == "" {
		return nil
	}
	body, err := n.body(ctx, tx, e)
	if err != nil {
		return err
	}
	webhookID, err := n.newWebhookID()
	if err != nil {
		return err
	}
	id, err := tx.QueueCallback(ctx, db.InsertCallbackParams{
		WebhookID: webhookID, MerchantID: e.Order.MerchantID, OrderID: e.Order.ID, RecordID: e.RecordID,
		Url: e.Order.NotifyUrl, Body: body, Now: e.At,
	})
	if err != nil {
		return err
	}
	if err := tx.RecordCallback(ctx, e.RecordID, id); err != nil {
		return fmt.Errorf("link callback to record: %w", err)
	}
	return nil
}

func (n *Notifier) body(ctx context.Context, tx *store.Tx, e Event) (string, error) {
	merchant, err := tx.MerchantByID(ctx, e.Order.MerchantID)
	if err != nil {
		return "", fmt.Errorf("merchant of order: %w", err)
	}
	machine, err := tx.MachineByID(ctx, e.Order.MachineID)
	if err != nil {
		return "", fmt.Errorf("machine of order: %w", err)
	}
	key, err := n.box.Open(secrets.PurposeAppKey, merchant.AppKeySealed)
	if err != nil {
		return "", fmt.Errorf("key of merchant %d: %w", merchant.ID, err)
	}
	members := map[string]any{
		"deliver_status": "0",
		"error_msg":      e.ErrorMsg,
		"machine_no":     machine.Machine.MachineNo,
		"method":         "device.delivery.response",
		"order_id":       e.Order.ID,
		"record_id":      e.RecordID,
		"timestamp":      strconv.FormatInt(e.At/1000, 10),
		"trade_id":       e.Order.TradeID,
	}
	if e.Success {
		members["deliver_status"] = "1"
	}
	for name, text := range map[string]string{"delivery_id": e.DeliveryID, "floor_status": e.FloorStatus} {
		if text != "" {
			members[name] = text
		}
	}
	body, err := signature.SignJSON(members, key)
	if err != nil {
		return "", fmt.Errorf("sign callback: %w", err)
	}
	return string(body), nil
}

// Test makes a message that tells of no order, to try a merchant's server: signed as
// all are, with the method callback.test. at is UTC milliseconds.
func (n *Notifier) Test(merchant db.Merchant, at int64) (webhookID, body string, err error) {
	key, err := n.box.Open(secrets.PurposeAppKey, merchant.AppKeySealed)
	if err != nil {
		return "", "", fmt.Errorf("key of merchant %d: %w", merchant.ID, err)
	}
	raw, err := signature.SignJSON(map[string]any{
		"app_id": merchant.AppID, "method": "callback.test", "timestamp": strconv.FormatInt(at/1000, 10),
	}, key)
	if err != nil {
		return "", "", fmt.Errorf("sign test event: %w", err)
	}
	webhookID, err = n.newWebhookID()
	return webhookID, string(raw), err
}

// newWebhookID makes the id of a message (consume.md §9.4).
func (n *Notifier) newWebhookID() (string, error) {
	raw := make([]byte, 12)
	if _, err := io.ReadFull(n.random, raw); err != nil {
		return "", fmt.Errorf("draw a webhook id: %w", err)
	}
	return "msg_" + hex.EncodeToString(raw), nil
}
