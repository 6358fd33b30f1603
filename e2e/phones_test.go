package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestPhonesInTheBrowser has a customer redeem codes on the pickup page and a
// restocker fill machines on the field page, in both languages and at both widths.
// One machine is absent, one jams, one is sound.
func TestPhonesInTheBrowser(t *testing.T) {
	t.Parallel()
	browser := needBrowser(t)
	data := t.TempDir()
	_, r := startDemo(t, filepath.Join(data, "demo"), "--no-story", "--no-simulator")
	startMachine(t, r, 1, data, "--fault", "jam=1")
	startMachine(t, r, 2, data)
	browser.run(t, "phones", map[string]any{"url": r.URL, "console": r.Console, "machines": r.Machines})
}

// startMachine starts a virtual machine of the demo's shop in a process of its own,
// and waits until it is there.
func startMachine(t *testing.T, r ready, i int, data string, args ...string) {
	t.Helper()
	m := r.Machines[i]
	fleet := filepath.Join(data, m.MachineNo+".yaml")
	text := fmt.Sprintf("machines:\n  - {machine_no: %q, password: %q, app_key: %q}\n", m.MachineNo, m.Password, r.Merchant.AppKey)
	if err := os.WriteFile(fleet, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, nil, append([]string{
		"simulate", "--server", r.MQTTURL, "--fleet", fleet, "--data", filepath.Join(data, m.MachineNo),
	}, args...)...)
	awaitOnline(t, r, m.MachineNo)
}
