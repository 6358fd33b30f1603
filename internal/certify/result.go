package certify

// Verdict is the outcome of a check.
type Verdict string

// The verdicts. Only Fail makes a machine fail: Warn marks what works and should
// be better, Skip a check that could not be made.
const (
	Pass Verdict = "pass"
	Warn Verdict = "warn"
	Fail Verdict = "fail"
	Skip Verdict = "skip"
)

// Result is one row of the table.
type Result struct {
	ID      string  `json:"id"`      // step and name, such as refuse.sign
	Title   string  `json:"title"`   // what a conforming machine does
	Section string  `json:"section"` // of the machine protocol, such as mqtt.md §4.3
	Verdict Verdict `json:"verdict"`
	Seen    string  `json:"seen"` // what the verdict rests on
}

// Report is the outcome of a run.
type Report struct {
	MachineNo string   `json:"machine_no"`
	Passed    int      `json:"passed"`
	Warned    int      `json:"warned"`
	Failed    int      `json:"failed"`
	Skipped   int      `json:"skipped"`
	Checks    []Result `json:"checks"`
}

func newReport(machineNo string, rows []Result) Report {
	r := Report{MachineNo: machineNo, Checks: rows}
	for _, row := range rows {
		switch row.Verdict {
		case Pass:
			r.Passed++
		case Warn:
			r.Warned++
		case Fail:
			r.Failed++
		case Skip:
			r.Skipped++
		}
	}
	return r
}
