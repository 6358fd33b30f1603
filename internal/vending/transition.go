package vending

// OrderChange is what setting an order's status does (openapi.md §6.2).
type OrderChange struct {
	// NoOp: the order already is what it is set to.
	NoOp bool
	// Returns: stock goes back and the returned records become IS_REFUND.
	Returns bool
}

// Unpaid tells whether the order still waits for its payment and may expire.
func (s OrderStatus) Unpaid() bool { return s == OrderNotPay || s == OrderUserPaying }

// Ended tells whether the order was refunded, closed or revoked, so that what
// is not dispensed goes back to stock.
func (s OrderStatus) Ended() bool {
	return s == OrderRefund || s == OrderClosed || s == OrderRevoked
}

// Set is the transition table of openapi.md §6.2 for PUT status 1–6. It
// refuses with 40006 and the current status; the caller answers for expired
// orders.
func (s OrderStatus) Set(to OrderStatus) (OrderChange, error) {
	change, allowed := OrderChange{}, false
	switch s {
	case OrderNotPay, OrderUserPaying:
		allowed = true
		change = OrderChange{NoOp: s == to, Returns: to != OrderSuccess && to != OrderUserPaying}
	case OrderSuccess:
		allowed = to == OrderSuccess || to.Ended()
		change = OrderChange{NoOp: s == to, Returns: to.Ended()}
	case OrderPickupCode:
		allowed = to.Ended()
		change = OrderChange{Returns: true}
	case OrderRefund, OrderClosed, OrderRevoked, OrderPayError:
		allowed = s == to
		change = OrderChange{NoOp: true}
	}
	if !allowed {
		return OrderChange{}, RefuseWith(CodeOrderStatus, Data{"status": s.String()})
	}
	return change, nil
}

// Returnable tells whether a record's missing pieces go back to stock when its
// order ends (openapi.md §5, §6.3).
func (s RecordState) Returnable() bool {
	return s == RecordWaiting || s == RecordFailed || s == RecordTimeout
}
