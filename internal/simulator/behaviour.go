package simulator

import "time"

// Run is a dispense command the machine has understood (mqtt.md §6.1).
type Run struct {
	DeliveryID  string
	OrderID     string
	RecordID    string
	ProductID   string
	Motor       int // 0–99
	Board       int // 1–8
	FloorType   int // 1 spring motor, 2 electromagnetic lock, 3 belt, 4 weighing sensor
	Lift        bool
	DropSensor  bool
	Quantity    int       // pieces to drop, from 1
	StartBefore time.Time // end of the start window

	message string // JSON text of the command
}

// Result is what a run comes to.
type Result struct {
	// Dropped is how many pieces fall, 0 to Run.Quantity. The run is a success
	// if all of them do.
	Dropped int
	// FloorStatus is the state of the channel afterwards (errors.md §3.1). Empty:
	// not reported.
	FloorStatus string
	// ErrorMsg is a text of errors.md §3.3, at most 255 characters; empty on success.
	ErrorMsg string
	// Took is the length of the whole run. 0 means Config.RunTime for every
	// piece dropped and for the one that did not drop.
	Took time.Duration
	// Silent keeps the result in the journal and never reports it.
	Silent bool

	// What follows befalls the report or the machine and does not survive a
	// restart.

	// Early sends the report before the motor starts, too, if there is a
	// connection.
	Early bool
	// Late is how long the report waits after the run, also when asked again.
	Late time.Duration
	// Copies is how many more copies leave with the first report.
	Copies int
	// BadSigns is how many reports are signed wrongly before the first right one.
	BadSigns int
	// Offline cuts the connection when the motor starts, before the command is
	// acknowledged, for that long.
	Offline time.Duration
	// PowerLoss switches the machine off in the middle of the run, as Kill does.
	PowerLoss bool
}

// Behaviour decides how a run will end. It is called when the motor starts, on
// the machine's goroutine: it must not block.
type Behaviour func(Run) Result

// Texts of errors.md §3.3 that a virtual machine reports.
const (
	errStuck      = "Goods are Stuck"
	errFeedback   = "Feedback Error"
	errSlave      = "Slave Comm Error"
	errExpired    = "Command Expired"
	errRestarted  = "Device Restarted"
	errBadCommand = "Bad Command"
)

// Success drops everything.
func Success(r Run) Result { return Result{Dropped: r.Quantity, FloorStatus: "1"} }

// Jam drops nothing, because goods block the channel.
func Jam(Run) Result { return Result{FloorStatus: "2", ErrorMsg: errStuck} }

// NoDrop turns the motor of a healthy channel, and nothing falls.
func NoDrop(Run) Result { return Result{FloorStatus: "1", ErrorMsg: errStuck} }

// MotorFault is a motor without feedback.
func MotorFault(Run) Result { return Result{FloorStatus: "3", ErrorMsg: errFeedback} }

// BoardFault is a slave board that does not answer.
func BoardFault(Run) Result { return Result{FloorStatus: "47", ErrorMsg: errSlave} }

// Silent drops everything and never reports it, not even when asked again.
func Silent(r Run) Result {
	result := Success(r)
	result.Silent = true
	return result
}

// Partial drops n pieces and jams at the next one.
func Partial(n int) Behaviour {
	return func(r Run) Result {
		if n >= r.Quantity {
			return Success(r)
		}
		result := Jam(r)
		result.Dropped = n
		return result
	}
}

// Slow is b with runs that take d.
func Slow(d time.Duration, b Behaviour) Behaviour {
	return func(r Run) Result {
		result := b(r)
		result.Took = d
		return result
	}
}
