package simulator

import "time"

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	Connected      EventKind = "connected"       // subscription granted
	ConnectFailed  EventKind = "connect failed"  // Detail: why; the machine tries again
	Disconnected   EventKind = "disconnected"    // the connection was lost
	Received       EventKind = "received"        // a message with good signature, meant for us
	Ignored        EventKind = "ignored"         // Detail: why
	Queued         EventKind = "queued"          // another run is going on (mqtt.md §6.3 row 6)
	MotorStarted   EventKind = "motor started"   // after the journal was flushed (row 7)
	Finished       EventKind = "finished"        // the result is in the journal (rows 4, 5 and 8)
	Reported       EventKind = "reported"        // handed to the connection, or repeated
	Acknowledged   EventKind = "acknowledged"    // the server has the result
	TestRun        EventKind = "test run"        // a motor started for a channel test (mqtt.md §5.6)
	Obeyed         EventKind = "obeyed"          // another message of mqtt.md §5 had its effect
	CodeStored     EventKind = "code stored"     // pickup code, Detail: its row id
	CodeRemoved    EventKind = "code removed"    // pickup code, Detail: its row id
	HeartbeatAcked EventKind = "heartbeat acked" // every acknowledged heartbeat
)

// Event is one step in a machine's life, see Config.Observer.
type Event struct {
	Kind       EventKind
	At         time.Time // by the machine's clock
	MachineNo  string
	Method     string // of the message that is received, ignored or sent
	DeliveryID string // of a dispense
	Detail     string
	// Repeat is set for Ignored if the message or its delivery_id came before.
	Repeat bool
	// Message is the JSON text of the message received or sent. It may hold a
	// password (mqtt.md §5.5): not for a log.
	Message string
	// Starts counts the motor starts of DeliveryID so far; 1 unless something
	// is very wrong. Set for MotorStarted and Finished.
	Starts int
	// Result is set for Finished.
	Result *Result
}

func (m *Machine) emit(e Event) {
	e.At, e.MachineNo = m.cfg.Clock(), m.cfg.MachineNo
	m.cfg.Log.Debug("machine: "+string(e.Kind), "method", e.Method, "delivery_id", e.DeliveryID, "detail", e.Detail)
	m.cfg.Observer(e)
}
