package vending

// OrderStatus is the number of an order's state (openapi.md §6.2).
type OrderStatus int64

// States of an order.
const (
	OrderNotPay      OrderStatus = 0
	OrderSuccess     OrderStatus = 1
	OrderRefund      OrderStatus = 2
	OrderClosed      OrderStatus = 3
	OrderRevoked     OrderStatus = 4
	OrderUserPaying  OrderStatus = 5
	OrderPayError    OrderStatus = 6
	OrderPickupCode  OrderStatus = 7
	OrderTestPay     OrderStatus = 8
	OrderExpired     OrderStatus = 9
	orderStatusCount             = 10
)

// String returns the status name of answers. An expired order reads CLOSED.
func (s OrderStatus) String() string {
	if s < 0 || s >= orderStatusCount {
		return "UNKNOWN"
	}
	return [orderStatusCount]string{
		"NOTPAY", "SUCCESS", "REFUND", "CLOSED", "REVOKED",
		"USERPAYING", "PAYERROR", "PICKUPCODE", "TESTPAY", "CLOSED",
	}[s]
}

// CheckDispensable returns nil when records of an order in this state may be
// dispensed, else the refusal of openapi.md §7.17, rows 4 and 5.
func (s OrderStatus) CheckDispensable() error {
	switch s {
	case OrderSuccess, OrderPickupCode:
		return nil
	case OrderNotPay, OrderUserPaying, OrderPayError:
		return Refuse(CodeOrderUnpaid)
	default:
		return Refuse(CodeOrderClosed)
	}
}

// RecordState is the state of one line of an order (openapi.md §6.3).
type RecordState string

// States of a record.
const (
	RecordWaiting    RecordState = "WAITING_PICKED_UP"
	RecordDelivering RecordState = "IS_DELIVERING"
	RecordSuccess    RecordState = "IS_SUCCESS"
	RecordPickedUp   RecordState = "IS_PICKED_UP"
	RecordFailed     RecordState = "IS_FAILED"
	RecordTimeout    RecordState = "IS_TIMEOUT"
	RecordRefund     RecordState = "IS_REFUND"
)

// Label returns the text `consumes` uses for a record (openapi.md §6.3, last
// column).
func (s RecordState) Label() string {
	switch s {
	case RecordSuccess, RecordPickedUp:
		return "已取货"
	case RecordRefund:
		return "订单取消"
	default:
		return "未取货"
	}
}

// Dispensable tells whether a record in this state may be dispensed; a timed
// out one needs force (openapi.md §6.3).
func (s RecordState) Dispensable(force bool) bool {
	return s == RecordWaiting || s == RecordFailed || s == RecordTimeout && force
}

// SettledRecord returns the state of a record from the state of its newest
// delivery and whether any of its deliveries succeeded (openapi.md §6.4, last
// paragraphs). The newest delivery decides, except that one earlier success
// makes the record a success once the newest has ended without one.
func SettledRecord(newest DeliveryState, succeeded bool) RecordState {
	switch {
	case newest.Open():
		return RecordDelivering
	case newest == DeliveryPickedUp:
		return RecordPickedUp
	case succeeded:
		return RecordSuccess
	case newest == DeliveryTimeout:
		return RecordTimeout
	default:
		return RecordFailed
	}
}

// RefuseExpiredOrder is the error 40005 with what still identifies the order
// (openapi.md §7.15).
func RefuseExpiredOrder(orderID int64, tradeID string) *Error {
	return RefuseWith(CodeOrderExpired, Data{
		"order_id": orderID, "trade_id": tradeID, "status": OrderExpired.String(),
	})
}
