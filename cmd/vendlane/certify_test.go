package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/certify"
	"github.com/vendlane/vendlane/internal/simulator"
)

// waiting finds the address in what certify says while it waits.
var waiting = regexp.MustCompile(`on (\S+)\. Start it now`)

// certifyVirtual runs the command with a virtual machine in front of it.
func certifyVirtual(t *testing.T, behaviour simulator.Behaviour, dial func(address string) (net.Conn, error), args ...string) (stdout string, err error) {
	t.Helper()
	said, says := io.Pipe()
	var out bytes.Buffer
	done := make(chan error, 1)
	go func() {
		args := append([]string{"certify", "--machine-no", "16327129", "--app-key", "kva", "--listen", "127.0.0.1:0"}, args...)
		done <- run(t.Context(), env{stdout: &out, stderr: says, environ: []string{"VENDLANE_MACHINE_PASSWORD=secret"}}, args)
		_ = says.Close()
	}()
	line := make([]byte, 200)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err, <-done)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	address := waiting.FindStringSubmatch(string(line[:n]))
	if address == nil {
		t.Fatalf("said %q", line[:n])
	}
	m, err := simulator.Start(t.Context(), simulator.Config{
		MachineNo: "16327129", AppKey: "kva", Password: "secret", BrokerURL: "tcp://" + address[1], Dir: t.TempDir(),
		Behaviour: behaviour, Dial: func(_ context.Context, _, address string) (net.Conn, error) { return dial(address) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Kill()
	err = <-done
	return out.String(), err
}

func tcp(address string) (net.Conn, error) { return net.Dial("tcp", address) }

// The command over real TCP, with the table as JSON.
func TestCertify(t *testing.T) {
	out, err := certifyVirtual(t, simulator.Success, tcp, "--steps", "boot,messages", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var report certify.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err, out)
	}
	if report.Passed != 12 || len(report.Checks) != 12 || report.Checks[0].Section != "mqtt.md §2.1" {
		t.Error(out)
	}
}

// A failed check is an error, and so exit status 1.
func TestCertifyFails(t *testing.T) {
	out, err := certifyVirtual(t, simulator.Jam, tcp, "--steps", "dispense")
	if err == nil || err.Error() != "certify: 3 of 5 checks failed" {
		t.Error(err)
	}
	if !strings.Contains(out, "FAIL  dispense.delivered ") || !strings.HasSuffix(out, "\n2 passed, 0 warned, 3 failed, 0 skipped\n") {
		t.Error(out)
	}
}

func TestCertifyOverTLS(t *testing.T) {
	cert, key := selfSigned(t)
	secure := func(address string) (net.Conn, error) {
		return tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	}
	if _, err := certifyVirtual(t, simulator.Success, secure, "--steps", "boot", "--tls-cert", cert, "--tls-key", key); err != nil {
		t.Error(err)
	}
}

func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestCertifyRefusesFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"certify: no machine number":                     {"--app-key", "k"},
		"certify: no AppKey":                             {"--machine-no", "1"},
		"certify: motor 100: want 0 to 99":               {"--machine-no", "1", "--app-key", "k", "--motor", "100"},
		"certificate: open x: no such file or directory": {"--machine-no", "1", "--app-key", "k", "--tls-cert", "x", "--tls-key", "x"},
		`vendlane certify: unexpected argument "x"`:      {"x"},
	} {
		err := runCertify(t.Context(), env{stdout: io.Discard, stderr: io.Discard}, args)
		if err == nil || err.Error() != want {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// Secrets from the environment are not shown as defaults.
func TestCertifyHelpKeepsSecrets(t *testing.T) {
	var help bytes.Buffer
	e := env{stdout: io.Discard, stderr: &help, environ: []string{"VENDLANE_APP_KEY=topsecret", "VENDLANE_MACHINE_PASSWORD=topsecret"}}
	if err := runCertify(t.Context(), e, []string{"-h"}); !errors.Is(err, flag.ErrHelp) || strings.Contains(help.String(), "topsecret") {
		t.Error(err, help.String())
	}
}

// A machine's text stays on its line.
func TestPrintRow(t *testing.T) {
	var out bytes.Buffer
	printRow(&out, certify.Result{ID: "dispense.delivered", Verdict: certify.Fail, Seen: "error_msg 卡货\x1b[2J\nPASS"})
	if !strings.HasSuffix(out.String(), ": error_msg 卡货\uFFFD[2J\uFFFDPASS\n") {
		t.Errorf("%q", out.String())
	}
}

func TestAsker(t *testing.T) {
	var asked bytes.Buffer
	ask := asker(strings.NewReader("maybe\n Y \nn\n是\n"), &asked)
	for _, want := range []bool{true, false, true} {
		if yes, err := ask(t.Context(), "Sure?"); err != nil || yes != want {
			t.Errorf("%t, %v", yes, err)
		}
	}
	if _, err := ask(t.Context(), "Sure?"); err == nil {
		t.Error("answered at the end of the input")
	}
	if strings.Count(asked.String(), "? Sure? [y/n] ") != 5 {
		t.Error(asked.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := asker(blocked{}, io.Discard)(ctx, "Sure?"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// blocked is a terminal nobody types at.
type blocked struct{}

func (blocked) Read([]byte) (int, error) { select {} }
