package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

// TestPhonesInTheBrowser has a customer redeem codes on the pickup page and a
// restocker fill machines on the field page, in both languages and at both widths.
// One machine is absent, one jams, one is sound.
func TestPhonesInTheBrowser(t *testing.T) {
	t.Parallel()
	node, chromium := require.Binary(t, "node"), require.Binary(t, "chromium")
	if _, err := os.Stat("console/node_modules"); err != nil {
		require.Missing(t, "the packages of e2e/console: npm ci in that folder")
	}
	data := t.TempDir()
	_, r := startDemo(t, filepath.Join(data, "demo"), "--no-story", "--no-simulator")
	startMachine(t, r, 1, data, "--fault", "jam=1")
	startMachine(t, r, 2, data)
	pictures := os.Getenv("VENDLANE_E2E_PICTURES")
	if pictures == "" {
		pictures = filepath.Join(data, "pictures")
	}
	file := filepath.Join(data, "demo.json")
	text, err := json.Marshal(map[string]any{"url": r.URL, "console": r.Console, "machines": r.Machines})
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	journey := exec.CommandContext(t.Context(), node, "console/phones.mjs", file, pictures)
	journey.Env = append(os.Environ(), "CHROMIUM="+chromium)
	if out, err := journey.CombinedOutput(); err != nil {
		t.Fatalf("journey: %v\n%s", err, out)
	}
}

// startMachine starts a virtual machine of the demo's shop in a process of its own.
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
}
