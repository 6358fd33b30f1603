package console

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// download is a JSON answer that browsers keep as a file.
type download struct {
	name  string
	value any
}

func (d download) answer(w http.ResponseWriter, _ *http.Request) int {
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name + ".json"}))
	writeJSON(w, http.StatusOK, d.value)
	return http.StatusOK
}

var _ answerer = download{}

// evidence is what is known of an order, for a file that outlives the logs.
type evidence struct {
	orderInfo
	ExportedAt int64         `json:"exported_at"`
	ExportedBy string        `json:"exported_by"`
	Merchant   string        `json:"merchant"`
	Commands   []commandInfo `json:"commands"`
	// Messages are those of and to the machine that name a delivery.
	Messages []eventRow `json:"messages"`
}

// commandInfo is a message to a machine as it stands in the outbox.
type commandInfo struct {
	DeliveryID string          `json:"delivery_id"`
	Method     string          `json:"method"`
	Fields     json.RawMessage `json:"fields"`
	State      string          `json:"state"`
	CreatedAt  int64           `json:"created_at"`
	SentAt     int64           `json:"sent_at"`
	ExpiresAt  int64           `json:"expires_at"`
	Attempts   int64           `json:"attempts"`
}

// evidenceAfter is how long after a delivery's time-out its messages are looked
// for, in milliseconds: a machine may report late, when it is back.
const evidenceAfter = 24 * hour

func (s *Server) orderEvidence(ctx context.Context, c *call) (any, error) {
	order, m, err := s.ownOrder(ctx, c)
	if err != nil {
		return nil, err
	}
	stored, err := s.read(ctx, order, m)
	if err != nil {
		return nil, err
	}
	out := evidence{
		orderInfo: c.showOrder(stored), ExportedAt: s.clock.Millis(), ExportedBy: c.User.Email, Merchant: c.Merchant.Slug,
		Commands: []commandInfo{}, Messages: []eventRow{},
	}
	for _, cmd := range stored.commands {
		out.Commands = append(out.Commands, commandInfo{
			DeliveryID: deliveryRef(cmd.DeliveryID), Method: cmd.Method, Fields: c.hideCodes(cmd.Fields), State: cmd.State,
			CreatedAt: cmd.CreatedAt, SentAt: cmd.SentAt, ExpiresAt: cmd.ExpiresAt, Attempts: cmd.Attempts,
		})
	}
	for _, r := range stored.records {
		for _, d := range stored.deliveries[r.Record.ID] {
			messages, err := s.messagesOf(ctx, c, d)
			if err != nil {
				return nil, err
			}
			out.Messages = append(out.Messages, messages...)
		}
	}
	return download{"order-" + number(order.ID), out}, nil
}

// messagesOf finds what the log holds of a delivery.
func (s *Server) messagesOf(ctx context.Context, c *call, d db.Delivery) ([]eventRow, error) {
	rows, err := s.store.MachineLogOfDelivery(ctx, db.MachineLogOfDeliveryParams{
		MachineID: d.MachineID, FromAt: d.DeliveredAt, ToAt: d.TimeoutAt + evidenceAfter, Pattern: "%" + deliveryRef(d.ID) + "%",
	})
	return items(rows, c.showEvent).Items, err
}

// dispenseAgain starts a new attempt at a record, under the rules of the API:
// after a time-out only with force, because the goods may have dropped.
func (s *Server) dispenseAgain(ctx context.Context, c *call) (any, error) {
	var in struct {
		RecordID int64 `json:"record_id"`
		Force    bool  `json:"force"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	order, m, err := s.ownOrder(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = s.recordingOrder(ctx, c, order, "order.dispense", nil, in)
	d, _, err := s.use.Dispense.Start(ctx, c.Merchant, dispense.Request{
		MachineNo: m.MachineNo, OrderID: order.ID, RecordID: in.RecordID, Force: in.Force,
	})
	return created{showDelivery(d)}, err
}

// recordingOrder is recording for an order. An unpaid one is refused, and may
// expire with that in a transaction of its own, which is nobody's doing.
func (s *Server) recordingOrder(ctx context.Context, c *call, o db.Order, action string, before, after any) context.Context {
	if o.ExpiresAt != 0 {
		return ctx
	}
	return s.recording(ctx, c, action, "order", number(o.ID), before, after)
}

// statusFacts are what the audit log keeps of an order's change.
type statusFacts struct {
	Status string `json:"status"`
}

// refundOrder notes that the merchant gave the money back.
func (s *Server) refundOrder(ctx context.Context, c *call) (any, error) {
	order, m, err := s.ownOrder(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = s.recordingOrder(ctx, c, order, "order.refund", statusFacts{order.Status.String()}, statusFacts{vending.OrderRefund.String()})
	return nil, s.use.Ordering.SetStatus(ctx, c.Merchant, m.MachineNo, number(order.ID), vending.OrderRefund)
}

// commentOrder keeps what somebody says about an order; the timeline has it.
func (s *Server) commentOrder(ctx context.Context, c *call) (any, error) {
	var in struct {
		Text string `json:"text"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	order, _, err := s.ownOrder(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "order.comment", "order", number(order.ID), nil, in)
	return nil, s.use.Ordering.Comment(ctx, order.ID, c.User.ID, in.Text)
}

// resendCallback sends a message that was given up once more, as it is.
func (s *Server) resendCallback(ctx context.Context, c *call) (any, error) {
	order, _, err := s.ownOrder(ctx, c)
	if err != nil {
		return nil, err
	}
	id, err := c.id("callback_id")
	if err != nil {
		return nil, err
	}
	cb, found, err := store.Find(s.store.CallbackByID(ctx, id))
	switch {
	case err != nil:
		return nil, err
	case !found || cb.OrderID != order.ID || cb.MerchantID != c.Merchant.ID:
		return nil, account.NotFound
	}
	ctx = s.recording(ctx, c, "callback.resend", "callback", number(id), nil, nil)
	return nil, s.use.Resend(ctx, id)
}
