package openapi

import (
	"context"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// deliveryJSON is openapi.md §7.17 and, without delivery_id, §7.18.
type deliveryJSON struct {
	DeliveryID  string                `json:"delivery_id,omitempty"`
	DeliveredAt string                `json:"delivered_at"`
	Status      string                `json:"status"`
	State       vending.DeliveryState `json:"state"`
	PickupAt    string                `json:"pickup_at,omitempty"`
	FinishedAt  string                `json:"finished_at,omitempty"`
	FailReason  string                `json:"fail_reason,omitempty"`
}

func (s *Server) deliveryRow(d db.Delivery, m db.Machine) deliveryJSON {
	return deliveryJSON{
		DeliveredAt: s.dateTime(m, d.DeliveredAt), Status: d.State.Text(), State: d.State,
		PickupAt: s.dateTime(m, d.PickupAt), FinishedAt: s.dateTime(m, d.FinishedAt), FailReason: d.FailReason,
	}
}

// startDelivery is openapi.md §7.17.
func (s *Server) startDelivery(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := dispense.Request{
		MachineNo: f.machineNo(),
		OrderID:   f.id("order_id"),
		RecordID:  f.id("record_id"),
		Force:     f.optional("force", 0, 0, 1) == 1,
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	delivery, m, err := s.use.Dispense.Start(ctx, c.merchant, r)
	if err != nil {
		return nil, err
	}
	return s.startedRow(delivery, m), nil
}

// startTest is openapi.md §7.19.
func (s *Server) startTest(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	r := dispense.TestRequest{
		MachineNo:   f.machineNo(),
		ChannelName: f.text("channel_name"),
		NotifyURL:   f.notifyURL(s.cfg.AllowPrivateCallbacks, s.cfg.AllowCallbackRanges),
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	delivery, m, err := s.use.Dispense.StartTest(ctx, c.merchant, r)
	if err != nil {
		return nil, err
	}
	return s.startedRow(delivery, m), nil
}

// startedRow is the success data of openapi.md §7.17 and §7.19.
func (s *Server) startedRow(d db.Delivery, m db.Machine) deliveryJSON {
	out := s.deliveryRow(d, m)
	out.DeliveryID = dispense.FormatID(d.ID)
	return out
}

// delivery is openapi.md §7.18.
func (s *Server) delivery(ctx context.Context, c call) (any, error) {
	f := newForm(c.payload)
	machineNo := f.machineNo()
	if err := f.err(); err != nil {
		return nil, err
	}
	delivery, m, err := s.use.Dispense.Query(ctx, c.merchant, machineNo, pathID(c, "delivery_id"))
	if err != nil {
		return nil, err
	}
	return s.deliveryRow(delivery, m), nil
}
