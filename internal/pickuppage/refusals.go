package pickuppage

import (
	"context"
	"net/http"
	"time"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/vending"
)

// closed tells that the machine takes no codes now, whatever they are.
func (s *Server) closed(v *visit) (view, bool, error) {
	err := vending.CheckMerchant(v.merchant.Status, v.merchant.ExpiredAt, s.clock.Millis())
	if err == nil {
		m := v.machine.Machine
		err = pickup.CheckOpen(m.PickupCodeEnabled, m.Status, v.machine.Presence.IsOnline, v.merchant.Debug)
	}
	if err == nil {
		return view{}, false, nil
	}
	kind, known := kindOf(vending.CodeOf(err))
	if !known {
		return view{}, false, err
	}
	return view{Kind: kind}, true, nil
}

// kindOf is the screen of a refusal; known is false for what no customer causes.
func kindOf(code vending.Code) (kind kind, known bool) {
	switch code {
	case vending.CodePickupCodeUnknown:
		return kindWrong, true
	case vending.CodePickupCodeExpired:
		return kindExpired, true
	case vending.CodePickupCodeCancelled:
		return kindCancelled, true
	case vending.CodePickupCodeUsed:
		return kindUsed, true
	case vending.CodePickupCodeLocked:
		return kindLocked, true
	case vending.CodeMachineOffline:
		return kindOffline, true
	case vending.CodeMachineDispensing:
		return kindBusy, true
	case vending.CodeStock, vending.CodeProductOffSale, vending.CodeProductUnknown:
		return kindSoldOut, true
	case vending.CodeChannelFault, vending.CodeChannelUnknown:
		return kindFault, true
	case vending.CodeMachineMaintenance, vending.CodeMachineTransfer, vending.CodePickupCodesDisabled,
		vending.CodeMerchantExpired, vending.CodeMerchantUnverified:
		return kindClosed, true
	case vending.CodeTradeIDExists: // the page is older than another code redeemed from it
		return kindEnter, true
	}
	return "", false
}

// guarded runs what looks at a code for a client that has tries left, and counts
// a wrong one. refused means that there is a view to show instead.
func (s *Server) guarded(ctx context.Context, v *visit, code string, look func() error) (shown view, refused bool, err error) {
	if shown, closed, err := s.closed(v); err != nil || closed {
		shown.Code = code
		return shown, closed, err
	}
	leave, err := s.turn(ctx, v.client)
	if err != nil {
		return view{}, false, err
	}
	defer leave()
	here := v.client + " " + v.machine.Machine.MachineNo
	if s.atMachine.Locked(here) || s.inAll.Locked(v.client) {
		return view{Kind: kindLocked, status: http.StatusTooManyRequests}, true, nil
	}
	err = look()
	if err == nil {
		return view{}, false, nil
	}
	shown.Kind, refused = kindOf(vending.CodeOf(err))
	if !refused {
		return view{}, false, err
	}
	fresh := s.atMachine.Left(here) == triesAtMachine
	switch shown.Kind {
	case kindWrong, kindExpired, kindCancelled, kindUsed:
		s.atMachine.Failed(here)
		s.inAll.Failed(v.client)
	case kindLocked:
		shown.status = http.StatusTooManyRequests
	case kindBusy, kindOffline:
		shown.Code = code
	}
	switch shown.Kind {
	case kindUsed:
		shown.At, err = s.usedAt(ctx, v, code)
	case kindWrong:
		shown.Kind, shown.Tries, err = s.wrong(ctx, v, code, here, fresh)
	default:
		err = nil
	}
	return shown, true, err
}

// wrong tells of a code that the machine does not have, and how many tries are
// left. Only who has not been wrong before learns that another machine has it:
// whoever guesses must not guess at all machines of the merchant together.
func (s *Server) wrong(ctx context.Context, v *visit, code, here string, fresh bool) (kind, int, error) {
	if fresh {
		if elsewhere, err := s.use.Pickup.Elsewhere(ctx, v.merchant, code); err != nil || elsewhere {
			return kindElsewhere, 0, err
		}
	}
	tries := min(s.atMachine.Left(here), s.inAll.Left(v.client))
	left, limited, err := s.use.Pickup.TriesLeft(ctx, v.machine.Machine.ID)
	if limited {
		tries = min(tries, left)
	}
	return kindWrong, tries, err
}

// usedAt is when a code was used, in the machine's zone, with the day if that is
// not today.
func (s *Server) usedAt(ctx context.Context, v *visit, code string) (string, error) {
	at, err := s.use.Pickup.Used(ctx, v.machine.Machine.ID, code)
	zone := vending.Zone(v.machine.Machine.Timezone, s.cfg.Zone)
	used, now := time.UnixMilli(at).In(zone), s.clock().In(zone)
	if used.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return used.Format("15:04"), err
	}
	return used.Format("2006-01-02 15:04"), err
}
