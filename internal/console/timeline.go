package console

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// step is one thing that happened to an order. Kind is a code, Detail what the
// machine or the merchant's server said, Ref the delivery or message it belongs
// to. Duration is in milliseconds, 0 where there is none.
type step struct {
	At       int64  `json:"at"`
	Kind     string `json:"kind"`
	Detail   string `json:"detail"`
	Duration int64  `json:"duration"`
	Ref      string `json:"ref"`
}

// timeline tells a story in the order it happened.
func timeline(s story) []step {
	steps := []step{{At: s.order.CreatedAt, Kind: "ORDER_CREATED"}}
	add := func(at int64, kind, detail, ref string) {
		if at != 0 {
			steps = append(steps, step{At: at, Kind: kind, Detail: detail, Ref: ref})
		}
	}
	if s.code != nil {
		add(s.code.CreatedAt, "CODE_ISSUED", "", number(s.code.ID))
		add(s.code.FinishedAt, "CODE_USED", "", number(s.code.ID))
	}
	for _, r := range s.records {
		for _, d := range s.deliveries[r.Record.ID] {
			ref := deliveryRef(d.ID)
			add(d.DeliveredAt, "DISPENSE_STARTED", r.ChannelName, ref)
			switch d.State {
			case vending.DeliverySuccess, vending.DeliveryPickedUp:
				add(d.FinishedAt, "DISPENSED", fmt.Sprintf("%d/%d", d.Delivered, d.Quantity), ref)
			case vending.DeliveryFailed:
				add(d.FinishedAt, "DISPENSE_FAILED", d.FailReason, ref)
			case vending.DeliveryTimeout:
				add(d.FinishedAt, "DISPENSE_TIMED_OUT", "", ref)
			case vending.DeliveryCancelled:
				add(d.FinishedAt, "DISPENSE_CANCELLED", "", ref)
			}
			add(d.PickupAt, "PICKED_UP", "", ref)
		}
	}
	for _, command := range s.commands {
		ref := deliveryRef(command.DeliveryID)
		add(command.SentAt, "COMMAND_ACKNOWLEDGED", "", ref)
		if command.State == store.CommandExpired {
			add(command.ExpiresAt, "COMMAND_EXPIRED", "", ref)
		}
	}
	for _, cb := range s.callbacks {
		add(cb.CreatedAt, "CALLBACK_QUEUED", "", number(cb.ID))
		for _, a := range s.attempts[cb.ID] {
			detail := a.Error
			if a.Status != 0 {
				detail = fmt.Sprintf("HTTP %d", a.Status)
			}
			steps = append(steps, step{At: a.StartedAt, Kind: "CALLBACK_ATTEMPT", Detail: detail, Duration: a.Duration, Ref: number(cb.ID)})
		}
		switch cb.State {
		case store.CallbackDelivered:
			add(cb.FinishedAt, "CALLBACK_DELIVERED", "", number(cb.ID))
		case store.CallbackDead:
			add(cb.FinishedAt, "CALLBACK_GIVEN_UP", "", number(cb.ID))
		}
	}
	for _, comment := range s.comments {
		add(comment.CreatedAt, "COMMENTED", comment.Text, comment.Email)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// faults are the texts of errors.md §3.3 as the codes of the plain sentences.
func faults() map[string]string {
	return map[string]string{
		"Slot Invalid":              "SLOT_INVALID",
		"Load No Current":           "NO_CURRENT",
		"Over Current":              "OVER_CURRENT",
		"Feedback Error":            "NO_FEEDBACK",
		"Dlv Detect Error":          "DROP_SENSOR",
		"Goods are Stuck":           "JAM",
		"Slot Type Error":           "SLOT_TYPE",
		"Slave Comm Error":          "BOARD_SILENT",
		"Lift Comm Error":           "LIFT_SILENT",
		"Lift Limit Up":             "LIFT_LIMIT",
		"Lift Limit Dw":             "LIFT_LIMIT",
		"Lift Goods":                "LIFT_BLOCKED",
		"VerMo break":               "LIFT_MOTOR",
		"VerMo short":               "LIFT_MOTOR",
		"VerMo Encode":              "LIFT_MOTOR",
		"Command Expired":           "COMMAND_LATE",
		"Device Restarted":          "RESTARTED",
		vending.ReasonPublishFailed: "NOT_REACHED",
		"Bad Command":               "BAD_COMMAND",
	}
}

// sentence sums a story up in one code.
func sentence(s story) string {
	switch s.order.Status {
	case vending.OrderNotPay, vending.OrderUserPaying, vending.OrderPayError:
		return "UNPAID"
	case vending.OrderExpired:
		return "EXPIRED"
	case vending.OrderClosed, vending.OrderRevoked:
		return "CLOSED"
	case vending.OrderRefund:
		return "REFUNDED"
	}
	result, rank := "DISPENSED", 0
	worse := func(code string, r int) {
		if r > rank {
			result, rank = code, r
		}
	}
	for _, r := range s.records {
		switch r.Record.State {
		case vending.RecordDelivering:
			worse("DISPENSING", 5)
		case vending.RecordTimeout:
			worse("TIMED_OUT", 4)
		case vending.RecordFailed:
			worse(s.failure(r.Record.ID, r.Record.Delivered), 3)
		case vending.RecordWaiting:
			worse("NOT_STARTED", 2)
		case vending.RecordPickedUp:
			worse("PICKED_UP", 1)
		}
	}
	return result
}

// failure is why the newest attempt at a record failed.
func (s story) failure(recordID, delivered int64) string {
	reason := ""
	for _, d := range s.deliveries[recordID] {
		if d.State == vending.DeliveryFailed {
			reason = d.FailReason
		}
	}
	return faultCode(reason, delivered > 0)
}

// faultCode is the code of a failure, partly if some pieces have dropped.
func faultCode(reason string, partly bool) string {
	code, known := faults()[reason]
	switch {
	case partly:
		return "PARTLY_DISPENSED"
	case known:
		return code
	}
	return "FAULT"
}
