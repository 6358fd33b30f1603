package certify

import "testing"

// alwaysSkipped takes time or a person.
var alwaysSkipped = []string{"heartbeat.interval", "duplicate.message", "shutdown.offline"}

// The virtual machine keeps the whole protocol.
func TestVirtualMachinePasses(t *testing.T) {
	report := certify(t, nil)
	wantRows(t, report, Fail)
	wantRows(t, report, Warn)
	wantRows(t, report, Skip, alwaysSkipped...)
}
