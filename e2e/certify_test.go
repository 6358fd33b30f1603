package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// waitingLine is where certify says which port it took.
var waitingLine = regexp.MustCompile(`Waiting for machine 16400001 on (127\.0\.0\.1:\d+)`)

// The virtual machine of the binary passes the examination of the binary.
func TestCertifyTheVirtualMachine(t *testing.T) {
	t.Parallel()
	environ := []string{"VENDLANE_APP_KEY=kva", "VENDLANE_MACHINE_PASSWORD=secret"}
	examiner := start(t, environ, "certify", "-machine-no", "16400001", "-listen", "127.0.0.1:0",
		"-steps", "boot,heartbeat,dispense,refuse,queue,takeover,restart,messages")
	var address []string
	for deadline := time.Now().Add(patience); address == nil && time.Now().Before(deadline); {
		if address = waitingLine.FindStringSubmatch(examiner.log()); address == nil {
			examiner.awaitLog()
		}
	}
	if address == nil {
		t.Fatal("certify named no port")
	}
	start(t, environ, "simulate", "--server", "tcp://"+address[1], "--machines", "1", "--first-machine-no", "16400001",
		"--data", t.TempDir())
	table := readAll(t, examiner)
	if code := examiner.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(table, " 0 failed") || strings.Contains(table, "FAIL") || !strings.Contains(table, "PASS  restart.results") {
		t.Error(table)
	}
}
