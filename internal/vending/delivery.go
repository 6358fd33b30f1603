package vending

// DeliveryState is the state of one dispense command (openapi.md §6.4).
type DeliveryState string

// States of a delivery.
const (
	DeliveryPending   DeliveryState = "PENDING"
	DeliverySent      DeliveryState = "SENT"
	DeliverySuccess   DeliveryState = "SUCCESS"
	DeliveryFailed    DeliveryState = "FAILED"
	DeliveryTimeout   DeliveryState = "TIMEOUT"
	DeliveryPickedUp  DeliveryState = "PICKED_UP"
	DeliveryCancelled DeliveryState = "CANCELLED"
)

// Text returns the `status` text of answers (openapi.md §6.4).
func (s DeliveryState) Text() string {
	switch s {
	case DeliverySuccess:
		return "出货完成"
	case DeliveryFailed:
		return "出货失败"
	case DeliveryTimeout:
		return "出货超时"
	case DeliveryPickedUp:
		return "已取货"
	case DeliveryCancelled:
		return "订单取消，退回"
	default:
		return "未取货或正在出货"
	}
}

// Open tells whether the delivery still waits for its result.
func (s DeliveryState) Open() bool { return s == DeliveryPending || s == DeliverySent }

// TakesReport tells whether a report of the machine may still change the
// delivery (mqtt.md §6.5, rows 4 and 5).
func (s DeliveryState) TakesReport() bool { return s.Open() || s == DeliveryTimeout }

// Texts of fail_reason and error_msg that the platform itself sets
// (errors.md §3.3).
const (
	ReasonTimeout       = "Delivery Timeout"
	ReasonPublishFailed = "Publish Failed"
	ReasonUnknown       = "Unknown Error"
	ReasonOrderExpired  = "Order Expired"
)

// MaxReasonLength bounds a machine's error_msg, in characters (errors.md §3.3).
const MaxReasonLength = 255

// FloorType is the drive of a channel (openapi.md §4.2).
type FloorType int64

// Drives of a channel.
const (
	FloorMotor  FloorType = 1
	FloorLock   FloorType = 2
	FloorBelt   FloorType = 3
	FloorWeight FloorType = 4
)

// LockTimes are the dispense lock times by drive, in seconds (openapi.md §6.5).
// The lock time is also the start window of the command (mqtt.md §6.1).
type LockTimes struct {
	Lock    int64
	Motor   int64
	Belt    int64
	Default int64
}

// For returns the lock time of a drive in seconds.
func (t LockTimes) For(f FloorType) int64 {
	switch f {
	case FloorMotor:
		return t.Motor
	case FloorLock:
		return t.Lock
	case FloorBelt:
		return t.Belt
	default:
		return t.Default
	}
}
