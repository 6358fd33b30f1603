package certify

import "testing"

// The virtual machine keeps the whole protocol. What only a person can see is
// skipped.
func TestVirtualMachinePasses(t *testing.T) {
	report, _ := certify(t, nil)
	wantRows(t, report, Fail)
	wantRows(t, report, Warn)
	wantRows(t, report, Skip, "heartbeat.interval", "duplicate.message", "shutdown.offline")
	for _, r := range report.Checks {
		t.Log(r)
	}
}
