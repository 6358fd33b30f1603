package pickuppage

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// refPrefix starts the trade_id of an order made here. The rest are 112 random
// bits, so that it is also the address under which the customer, and nobody else,
// finds the result again.
const refPrefix = "PAGE"

var refForm = regexp.MustCompile(`^` + refPrefix + `[0-9a-f]{28}$`)

func (s *Server) newRef() (string, error) {
	raw := make([]byte, 14)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return "", fmt.Errorf("draw a reference: %w", err)
	}
	return refPrefix + hex.EncodeToString(raw), nil
}

// codeOf reads the code of a form: digits as people paste them.
func codeOf(r *http.Request) (string, bool) {
	code := strings.Map(func(c rune) rune {
		switch {
		case c >= '０' && c <= '９': // typed in a Chinese input method
			return c - '０' + '0'
		case c == ' ' || c == '-' || c == '\u00a0' || c == '\t' || c == '\r' || c == '\n':
			return -1
		}
		return c
	}, r.FormValue("code"))
	return code, vending.ValidCode(code)
}

// enter shows the field for a code. One in the link fills it in and does nothing
// else.
func (s *Server) enter(_ context.Context, v *visit) (view, error) {
	shown, closed, err := s.closed(v)
	if err != nil || closed {
		return shown, err
	}
	code, valid := codeOf(v.r)
	if !valid {
		code = ""
	}
	return view{Kind: kindEnter, Code: code}, nil
}

// look shows what a code is for.
func (s *Server) look(ctx context.Context, v *visit) (view, error) {
	code, valid := codeOf(v.r)
	if !valid {
		return view{Kind: kindFormat}, nil
	}
	var seen pickup.Seen
	shown, refused, err := s.guarded(ctx, v, code, func() (err error) {
		seen, err = s.use.Pickup.Look(ctx, v.merchant, v.machine.Machine.MachineNo, code)
		return err
	})
	if err != nil || refused {
		return shown, err
	}
	return s.confirm(ctx, v, code, seen)
}

func (s *Server) confirm(ctx context.Context, v *visit, code string, seen pickup.Seen) (view, error) {
	ref, err := s.newRef()
	if err != nil {
		return view{}, err
	}
	shown := view{Kind: kindConfirm, Code: code, Ref: ref}
	shown.Good, err = s.good(ctx, v, seen.ProductID, seen.Quantity)
	return shown, err
}

// redeem turns a code into an order and has the machine drop it. The reference is
// that of the page the customer confirmed, so that a second tap meets the same
// order.
func (s *Server) redeem(ctx context.Context, v *visit) (view, error) {
	code, valid := codeOf(v.r)
	ref := v.r.FormValue("ref")
	if !valid || !refForm.MatchString(ref) {
		return view{Kind: kindFormat}, nil
	}
	order, found, err := s.orderOf(ctx, v, ref)
	if err != nil {
		return view{}, err
	}
	if found {
		return s.drop(ctx, v, order)
	}
	if _, busy, err := s.use.Dispense.Busy(ctx, v.machine.Machine.ID); err != nil || busy {
		return view{Kind: kindBusy, Code: code, Ref: ref}, err
	}
	tradeID, err := vending.ParseTradeID(ref)
	if err != nil {
		return view{}, err
	}
	shown, refused, err := s.guarded(ctx, v, code, func() error {
		_, err := s.use.Pickup.Consume(ctx, v.merchant, pickup.Consumption{
			MachineNo: v.machine.Machine.MachineNo, Code: code, AnyProduct: true, NotifyURL: v.merchant.NotifyUrl, TradeID: tradeID,
		})
		if vending.CodeOf(err) == vending.CodePickupCodeUsed && s.own(ctx, v, ref) {
			return nil // the other tap was faster
		}
		return err
	})
	if err != nil || refused {
		return shown, err
	}
	if order, found, err = s.orderOf(ctx, v, ref); err != nil || !found {
		return view{}, errors.Join(errors.New("the order of a code that was redeemed is not there"), err)
	}
	return s.drop(ctx, v, order)
}

// own tells whether an order is this customer's; an order that cannot be read is
// not.
func (s *Server) own(ctx context.Context, v *visit, ref string) bool {
	_, found, err := s.orderOf(ctx, v, ref)
	return err == nil && found
}

// start drops what was redeemed and could not be dropped then.
func (s *Server) start(ctx context.Context, v *visit) (view, error) {
	order, found, err := s.orderOf(ctx, v, v.r.PathValue("ref"))
	if err != nil || !found {
		return view{Kind: kindGone, status: http.StatusNotFound}, err
	}
	return s.drop(ctx, v, order)
}

// drop starts the first attempt of an order, if there was none. Whatever refuses
// it is on the page of the result, which is where the customer goes.
func (s *Server) drop(ctx context.Context, v *visit, order db.Order) (view, error) {
	record, err := s.recordOf(ctx, order)
	if err != nil {
		return view{}, err
	}
	_, _, err = s.use.Dispense.Start(ctx, v.merchant, dispense.Request{
		MachineNo: v.machine.Machine.MachineNo, OrderID: order.ID, RecordID: record.ID, First: true,
	})
	if vending.CodeOf(err) == vending.CodeInternal {
		// The code is redeemed: the customer has to see that, and may try again there.
		s.log.Error("a redeemed code is not dispensed yet", "order_id", order.ID, "error", err)
	}
	return redirect(Prefix + v.machine.Machine.MachineNo + "/" + order.TradeID), nil
}

// orderOf returns the order that was made here under a reference.
func (s *Server) orderOf(ctx context.Context, v *visit, ref string) (db.Order, bool, error) {
	if !refForm.MatchString(ref) {
		return db.Order{}, false, nil
	}
	order, found, err := store.Find(s.store.OrderByTradeKey(ctx, v.merchant.ID, ref))
	return order, found && order.MachineID == v.machine.Machine.ID, err
}

// recordOf returns the one record of an order that was made here.
func (s *Server) recordOf(ctx context.Context, order db.Order) (db.Record, error) {
	records, err := s.store.RecordsOfOrder(ctx, order.ID)
	if err != nil {
		return db.Record{}, fmt.Errorf("read the record of order %d: %w", order.ID, err)
	}
	if len(records) != 1 {
		return db.Record{}, fmt.Errorf("order %d has %d records", order.ID, len(records))
	}
	return records[0], nil
}
