package pickuppage

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// result shows what has become of an order. It changes nothing, so that a
// customer may load it as often as they like.
func (s *Server) result(ctx context.Context, v *visit) (view, error) {
	order, found, err := s.orderOf(ctx, v, v.r.PathValue("ref"))
	if err != nil || !found {
		return view{Kind: kindGone, status: http.StatusNotFound}, err
	}
	record, err := s.recordOf(ctx, order)
	if err != nil {
		return view{}, err
	}
	shown := view{Ref: order.TradeID, Number: order.ID, Delivered: record.Delivered}
	if shown.Good, err = s.good(ctx, v, record.ProductID, record.Quantity); err != nil {
		return view{}, err
	}
	switch record.State {
	case vending.RecordWaiting:
		shown.Kind, err = s.waiting(ctx, v)
	case vending.RecordDelivering:
		shown.Kind, err = s.turning(ctx, record)
	case vending.RecordSuccess:
		shown.Kind = kindDropped
	case vending.RecordPickedUp:
		shown.Kind = kindTaken
	case vending.RecordTimeout:
		shown.Kind = kindUnknown
	case vending.RecordRefund:
		shown.Kind = kindRefunded
	case vending.RecordFailed:
		shown.Kind = kindJam
		if record.Delivered > 0 {
			shown.Kind = kindPartly
		}
	}
	return shown, err
}

// waiting is what keeps a redeemed code from being dropped, if anything does.
func (s *Server) waiting(ctx context.Context, v *visit) (kind, error) {
	if vending.DispenseGate().Check(v.machine.Machine.Status, v.machine.Presence.IsOnline, false) != nil {
		return kindReservedOffline, nil //nolint:nilerr // that is what the customer is told
	}
	if _, busy, err := s.use.Dispense.Busy(ctx, v.machine.Machine.ID); err != nil || busy {
		return kindReservedBusy, err
	}
	return kindReserved, nil
}

// turning tells whether the machine has the command. It says nothing of its motor
// before it reports the result; it turns it as soon as it has the command.
func (s *Server) turning(ctx context.Context, record db.Record) (kind, error) {
	d, err := s.store.DeliveryByID(ctx, record.DeliveryID)
	if err == nil && d.State == vending.DeliverySent {
		return kindTurning, nil
	}
	return kindSent, err
}

// good is what the customer gets.
func (s *Server) good(ctx context.Context, v *visit, productID, quantity int64) (*good, error) {
	p, found, err := store.Find(s.store.ShownProduct(ctx, productID, v.machine.Machine.ID))
	if err != nil || !found { // the channel may hold something else by now
		return nil, err
	}
	return &good{Name: p.Name, Picture: ownPicture(p.Thumb), Channel: p.ChannelName, Quantity: quantity}, nil
}
