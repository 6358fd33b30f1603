package fleetsim

import "github.com/vendlane/vendlane/internal/simulator"

// Step is how far a machine got with a command.
type Step string

// The steps of a command, in their order.
const (
	CommandReceived Step = "received"
	CommandStarted  Step = "started"  // the motor has started
	CommandFinished Step = "finished" // there is a result, and the server does not have it
	CommandReported Step = "reported" // the server has acknowledged the result
)

// LastCommand is the dispense command that a machine received last, and what it
// did.
type LastCommand struct {
	DeliveryID string `json:"delivery_id"`
	At         int64  `json:"at"` // when it came, by the machine's clock, in UTC milliseconds
	Step       Step   `json:"step"`
	Dropped    int    `json:"dropped"`
	ErrorMsg   string `json:"error_msg"` // of errors.md §3.3; empty on success
}

func (l *LastCommand) take(e simulator.Event) {
	if e.DeliveryID == "" {
		return
	}
	if e.Kind == simulator.Received && e.Method == methodDelivery && e.DeliveryID != l.DeliveryID {
		*l = LastCommand{DeliveryID: e.DeliveryID, At: e.At.UnixMilli(), Step: CommandReceived}
	}
	if e.DeliveryID != l.DeliveryID {
		return // one that waited for its turn
	}
	switch e.Kind {
	case simulator.MotorStarted:
		l.Step = CommandStarted
	case simulator.Finished:
		l.Step, l.Dropped, l.ErrorMsg = CommandFinished, e.Result.Dropped, e.Result.ErrorMsg
	case simulator.Acknowledged:
		l.Step = CommandReported
	}
}
