package dispense

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// queueCallback writes the message that tells the merchant a delivery's result
// (consume.md §9.1, §9.2). It is signed here, so that every attempt sends the
// same bytes.
func (s *Service) queueCallback(ctx context.Context, tx *store.Tx, d db.Delivery, out outcome, now int64) error {
	order, err := tx.OrderByID(ctx, d.OrderID)
	if err != nil {
		return fmt.Errorf("order of delivery: %w", err)
	}
	if order.NotifyUrl == "" {
		return nil
	}
	body, err := s.callbackBody(ctx, tx, order, d, out, now)
	if err != nil {
		return err
	}
	webhookID, err := s.newWebhookID()
	if err != nil {
		return err
	}
	id, err := tx.QueueCallback(ctx, db.InsertCallbackParams{
		WebhookID: webhookID, MerchantID: order.MerchantID, OrderID: order.ID, RecordID: d.RecordID,
		Url: order.NotifyUrl, Body: body, Now: now,
	})
	if err != nil {
		return err
	}
	if err := tx.RecordCallback(ctx, d.RecordID, id); err != nil {
		return fmt.Errorf("link callback to record: %w", err)
	}
	return nil
}

func (s *Service) callbackBody(ctx context.Context, tx *store.Tx, order db.Order, d db.Delivery, out outcome, now int64) (string, error) {
	merchant, err := tx.MerchantByID(ctx, order.MerchantID)
	if err != nil {
		return "", fmt.Errorf("merchant of order: %w", err)
	}
	machine, err := tx.MachineByID(ctx, d.MachineID)
	if err != nil {
		return "", fmt.Errorf("machine of delivery: %w", err)
	}
	key, err := s.box.Open(secrets.PurposeAppKey, merchant.AppKeySealed)
	if err != nil {
		return "", fmt.Errorf("key of merchant %d: %w", merchant.ID, err)
	}
	members := map[string]any{
		"deliver_status": flag(out.state == vending.DeliverySuccess),
		"delivery_id":    FormatID(d.ID),
		"error_msg":      out.failReason,
		"machine_no":     machine.Machine.MachineNo,
		"method":         "device.delivery.response",
		"order_id":       d.OrderID,
		"record_id":      d.RecordID,
		"timestamp":      strconv.FormatInt(now/1000, 10),
		"trade_id":       order.TradeID,
	}
	if out.callbackStatus != "" {
		members["floor_status"] = out.callbackStatus
	}
	body, err := signature.SignJSON(members, key)
	if err != nil {
		return "", fmt.Errorf("sign callback: %w", err)
	}
	return string(body), nil
}

// newWebhookID makes the id of a message (consume.md §9.4).
func (s *Service) newWebhookID() (string, error) {
	raw := make([]byte, 12)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return "", fmt.Errorf("draw a webhook id: %w", err)
	}
	return "msg_" + hex.EncodeToString(raw), nil
}
