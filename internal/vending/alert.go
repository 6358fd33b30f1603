package vending

// AlertKind says what an operator should look at.
type AlertKind string

// Kinds of alerts. The contract section says when one is raised.
const (
	// AlertOffline: a machine is gone and has not come back (mqtt.md §4.4).
	AlertOffline AlertKind = "MACHINE_OFFLINE"
	// AlertTemperature: outside the merchant's limits (mqtt.md §4.1).
	AlertTemperature AlertKind = "TEMPERATURE"
	// AlertChannel: a channel cannot dispense (mqtt.md §4.8). The subject is
	// the product.
	AlertChannel AlertKind = "CHANNEL_FAULT"
	// AlertDelivery: a report that does not fit its delivery (mqtt.md §6.5,
	// openapi.md §6.4). The subject is the delivery.
	AlertDelivery AlertKind = "DELIVERY_CONFLICT"
	// AlertCode: a code used at the machine that the platform had ended
	// (mqtt.md §4.11). The subject is the code's row.
	AlertCode AlertKind = "CODE_CONFLICT"
	// AlertBadSign: too many wrong signatures (mqtt.md §3.2).
	AlertBadSign AlertKind = "BAD_SIGN"
	// AlertSoldOut: a dispense took the last piece of a channel. The subject is
	// the product.
	AlertSoldOut AlertKind = "SOLD_OUT"
	// AlertCallback: messages to the merchant's notify_url fail. The subject is
	// the message that failed last; the machine is that of its order.
	AlertCallback AlertKind = "CALLBACK_FAILING"
)

// AlertKinds lists all kinds.
func AlertKinds() []AlertKind {
	return []AlertKind{
		AlertOffline, AlertTemperature, AlertChannel, AlertDelivery, AlertCode, AlertBadSign, AlertSoldOut, AlertCallback,
	}
}
