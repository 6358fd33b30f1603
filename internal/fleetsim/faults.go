package fleetsim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/strictyaml"
)

// maxFaultsSize bounds the text of a fault profile before it is parsed.
const maxFaultsSize = 64 << 10

// maxFor bounds every duration of a profile.
const maxFor = 24 * time.Hour

// Faults is a fault profile. Each Chance is drawn anew for every command, by a
// generator that follows from the seed and the machine number. The zero value
// is a machine without faults.
type Faults struct {
	// Jam blocks the channel, so that nothing drops (floor_status 2).
	Jam Chance `yaml:"jam" json:"jam"`
	// NoDrop turns the motor of a healthy channel, and nothing drops.
	NoDrop Chance `yaml:"no_drop" json:"no_drop"`
	// Slow runs take that long, 20 s by default.
	Slow Chance `yaml:"slow" json:"slow"`
	// Silent runs are never reported, not even when the server asks again.
	Silent Chance `yaml:"silent" json:"silent"`
	// DuplicateReport sends the report twice.
	DuplicateReport Chance `yaml:"duplicate_report" json:"duplicate_report"`
	// LateReport holds the report back that long, by default for 130 s, which is
	// after the platform's time-out.
	LateReport Chance `yaml:"late_report" json:"late_report"`
	// ReportBeforeStart sends the report before the motor starts, and again
	// after the run.
	ReportBeforeStart Chance `yaml:"report_before_start" json:"report_before_start"`
	// PowerLoss switches the machine off in mid-run and on again after that
	// time, 5 s by default, which is also the pause after a kill.
	PowerLoss Chance `yaml:"power_loss" json:"power_loss"`
	// Offline cuts the connection when the motor starts, for 30 s by default.
	Offline Chance `yaml:"offline" json:"offline"`
	// WrongSign signs the first report wrongly; right ones follow.
	WrongSign Chance `yaml:"wrong_sign" json:"wrong_sign"`
	// DuplicateCommand has a received message handled twice. Like
	// ReorderCommand it is drawn for every message.
	DuplicateCommand Chance `yaml:"duplicate_command" json:"duplicate_command"`
	// ReorderCommand has the next message overtake a received one.
	ReorderCommand Chance `yaml:"reorder_command" json:"reorder_command"`
	// ClockDrift is what the machine's clock is ahead, or behind if negative.
	ClockDrift Duration `yaml:"clock_drift" json:"clock_drift"`
	// Storm is the interval at which all machines reconnect at once; 0 is
	// never. It concerns the whole fleet.
	Storm Duration `yaml:"storm" json:"storm"`
}

// chance is a field of Faults with its name and default duration; 0 if it takes
// none.
type chance struct {
	name     string
	value    *Chance
	standard time.Duration
}

func (f *Faults) chances() []chance {
	return []chance{
		{"jam", &f.Jam, 0},
		{"no_drop", &f.NoDrop, 0},
		{"slow", &f.Slow, 20 * time.Second},
		{"silent", &f.Silent, 0},
		{"duplicate_report", &f.DuplicateReport, 0},
		{"late_report", &f.LateReport, 130 * time.Second},
		{"report_before_start", &f.ReportBeforeStart, 0},
		{"power_loss", &f.PowerLoss, 5 * time.Second},
		{"offline", &f.Offline, 30 * time.Second},
		{"wrong_sign", &f.WrongSign, 0},
		{"duplicate_command", &f.DuplicateCommand, 0},
		{"reorder_command", &f.ReorderCommand, 0},
	}
}

// ParseFaults reads a profile in YAML or JSON, strictly.
func ParseFaults(text []byte) (Faults, error) {
	var f Faults
	if len(text) > maxFaultsSize {
		return f, fmt.Errorf("faults: longer than %d bytes", maxFaultsSize)
	}
	if err := strictyaml.Decode(text, &f); err != nil {
		return Faults{}, fmt.Errorf("faults: %w (%s)", err, forms)
	}
	if err := f.check(); err != nil {
		return Faults{}, err
	}
	return f, nil
}

// Active returns the faults that can happen, each as a profile has it.
func (f Faults) Active() map[string]string {
	active := map[string]string{}
	for _, c := range f.chances() {
		if c.value.Rate > 0 {
			active[c.name] = c.value.String()
		}
	}
	for name, d := range map[string]Duration{"clock_drift": f.ClockDrift, "storm": f.Storm} {
		if d != 0 {
			active[name] = time.Duration(d).String()
		}
	}
	return active
}

// calmed is the profile of a machine whose faults are over. The durations stay:
// the pause after a power loss has yet to come.
func (f Faults) calmed() Faults {
	for _, c := range f.chances() {
		c.value.Rate = 0
	}
	f.ClockDrift = 0
	return f
}

// forms explains how a value is written.
const forms = "a fault is a rate from 0 to 1, a duration such as 30s, or both: 0.1@30s; clock_drift and storm are durations"

// Set changes single faults from a list such as "jam=0.1,offline=0.05@30s".
func (f *Faults) Set(list string) error {
	next := *f
	for part := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return fmt.Errorf("faults: %q is not name=value", part)
		}
		if err := next.setOne(name, value); err != nil {
			return fmt.Errorf("faults: %s: %w", name, err)
		}
	}
	if err := next.check(); err != nil {
		return err
	}
	*f = next
	return nil
}

func (f *Faults) setOne(name, value string) error {
	switch name {
	case "clock_drift":
		return f.ClockDrift.UnmarshalText([]byte(value))
	case "storm":
		return f.Storm.UnmarshalText([]byte(value))
	}
	for _, c := range f.chances() {
		if c.name == name {
			return c.value.UnmarshalText([]byte(value))
		}
	}
	return errors.New("no such fault")
}

// check refuses what makes no sense, and puts in default durations.
func (f *Faults) check() error {
	for _, c := range f.chances() {
		switch {
		case !(c.value.Rate >= 0 && c.value.Rate <= 1): // NaN, too
			return fmt.Errorf("faults: %s: rate is not between 0 and 1", c.name)
		case c.standard == 0 && c.value.For != 0:
			return fmt.Errorf("faults: %s: takes a rate and no duration", c.name)
		case c.value.For < 0 || c.value.For > maxFor:
			return fmt.Errorf("faults: %s: duration is not between 0 and %v", c.name, maxFor)
		case c.value.For == 0:
			c.value.For = c.standard
		}
	}
	if d := time.Duration(f.ClockDrift); d.Abs() > maxFor {
		return fmt.Errorf("faults: clock_drift: more than %v", maxFor)
	}
	if d := time.Duration(f.Storm); d != 0 && (d < time.Second || d > maxFor) {
		return fmt.Errorf("faults: storm: not between 1s and %v", maxFor)
	}
	return nil
}

// Chance is how often a fault happens, and for how long. As a text it is a rate
// ("0.1"), true or false, a duration that befalls every command ("30s"), or
// both ("0.1@30s").
type Chance struct {
	Rate float64
	For  time.Duration
}

// UnmarshalText reads a chance.
func (c *Chance) UnmarshalText(text []byte) error {
	rate, duration, both := strings.Cut(string(text), "@")
	next := Chance{Rate: 1}
	var err error
	switch rate {
	case "true":
	case "false":
		next.Rate = 0
	default:
		if next.Rate, err = strconv.ParseFloat(rate, 64); err != nil && !both {
			next.Rate, duration, both = 1, rate, true
		} else if err != nil {
			return errors.New(forms)
		}
	}
	if both {
		if next.For, err = time.ParseDuration(duration); err != nil {
			return errors.New(forms)
		}
	}
	*c = next
	return nil
}

// MarshalText is the form UnmarshalText reads.
func (c Chance) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String is the form UnmarshalText reads.
func (c Chance) String() string {
	text := strconv.FormatFloat(c.Rate, 'g', -1, 64)
	if c.For != 0 {
		text += "@" + c.For.String()
	}
	return text
}

// Duration is a time.Duration that is read and written as text: "90s", "-2m".
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return errors.New("not a duration such as 90s")
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText is the form UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }
