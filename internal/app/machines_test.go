package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/provision"
)

// patience bounds waits that end at once unless something is broken.
const patience = 20 * time.Second

const machinePassword = "of-the-lobby"

// writeCertificate makes a certificate for 127.0.0.1 and returns a pool that
// trusts it.
func writeCertificate(t *testing.T, cfg *config.MQTT) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Unix(4_000_000_000, 0),
		IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg.TLSCert, cfg.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	for name, content := range map[string][]byte{
		cfg.TLSCert: certPEM, cfg.TLSKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return pool
}

// runApp runs a platform with the lobby's machine until the test ends.
func runApp(t *testing.T, cfg config.Config) *App {
	t.Helper()
	file := lobbyFile()
	file.Merchants[0].Machines[0].Password = machinePassword
	return runShop(t, cfg, file, nil)
}

// runShop is runApp with a shop of the caller's and a log.
func runShop(t *testing.T, cfg config.Config, file provision.File, log *slog.Logger) *App {
	t.Helper()
	cfg.Data, cfg.HTTP.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"
	a, err := New(t.Context(), cfg, Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Provision.Apply(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if err := a.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	return a
}

// connect3 connects the lobby's machine with an MQTT 3.1.1 client.
func connect3(t *testing.T, url, password string, tlsConfig *tls.Config) (paho3.Client, error) {
	t.Helper()
	c := paho3.NewClient(paho3.NewClientOptions().AddBroker(url).SetProtocolVersion(4).SetTLSConfig(tlsConfig).
		SetClientID(lobby).SetUsername(lobby).SetPassword(password).SetAutoReconnect(false).SetConnectRetry(false))
	token := c.Connect()
	if !token.WaitTimeout(patience) {
		t.Fatal("no answer")
	}
	return c, token.Error()
}

func TestMachinesConnectOverEveryTransport(t *testing.T) {
	cfg := config.Default()
	cfg.MQTT.Listen, cfg.MQTT.TLSListen, cfg.MQTT.WSListen, cfg.MQTT.WSSListen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	trust := writeCertificate(t, &cfg.MQTT)
	a := runApp(t, cfg)
	for _, c := range []struct{ transport, url string }{
		{"tcp", "tcp://" + a.machines.plain.Addr().String()},
		{"tls", "ssl://" + a.machines.tls.Addr().String()},
		{"ws", "ws://" + a.machines.ws.Addr().String() + "/mqtt"},
		{"wss", "wss://" + a.machines.wss.Addr().String() + "/mqtt"},
	} {
		client, err := connect3(t, c.url, machinePassword, &tls.Config{RootCAs: trust})
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
		for _, want := range []string{
			`mqtt_transport_connections{transport="` + c.transport + `"} `, "mqtt_accept_failures_total 0",
			"mqtt_tls_certificate_expiry_timestamp_seconds 4e+09",
		} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: metrics lack %s", c.transport, want)
			}
		}
		client.Disconnect(0)
	}
}

// The platform may do without an unencrypted port.
func TestMachinesOverTLSOnly(t *testing.T) {
	cfg := config.Default()
	cfg.MQTT.Listen, cfg.MQTT.TLSListen = "", "127.0.0.1:0"
	trust := writeCertificate(t, &cfg.MQTT)
	a := runApp(t, cfg)
	if a.MQTTAddr() != nil {
		t.Errorf("an unencrypted port at %v", a.MQTTAddr())
	}
	client, err := connect3(t, "ssl://"+a.machines.tls.Addr().String(), machinePassword, &tls.Config{RootCAs: trust})
	if err != nil {
		t.Fatal(err)
	}
	client.Disconnect(0)
}

func TestMachineListenersRefuse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, c := range []struct {
		key    string
		change func(cfg *config.MQTT)
	}{
		{"mqtt.tls_cert", func(cfg *config.MQTT) { cfg.TLSListen, cfg.TLSCert, cfg.TLSKey = "127.0.0.1:0", "missing", "missing" }},
		{"mqtt.listen", func(cfg *config.MQTT) { cfg.Listen = taken.Addr().String() }},
		{"mqtt.ws_listen", func(cfg *config.MQTT) { cfg.Listen, cfg.WSListen = "127.0.0.1:0", taken.Addr().String() }},
	} {
		cfg := config.Default()
		cfg.Data, cfg.HTTP.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0"
		c.change(&cfg.MQTT)
		a, err := New(t.Context(), cfg, Options{})
		if err == nil {
			err = a.Listen(t.Context())
			if closeErr := a.Close(); closeErr != nil {
				t.Error(closeErr)
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%v, want %s named", err, c.key)
		}
	}
}

// A password that another process revokes in the data folder, as the command does,
// ends the connection here.
func TestRevokedPasswordInTheDataFolder(t *testing.T) {
	cfg := config.Default()
	cfg.MQTT.Listen = "127.0.0.1:0"
	a := runApp(t, cfg)
	_, gone := receiver(t, a)
	command, err := New(t.Context(), a.Config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	revoke(t, command, "second")
	if err := command.Close(); err != nil {
		t.Error(err)
	}
	wait(t, gone, "the machine is still connected")
}

// After ten wrong passwords the right one is refused as well, with the code of
// each version (mqtt.md §2.1).
func TestMachinePasswordGuessing(t *testing.T) {
	cfg := config.Default()
	cfg.MQTT.Listen = "127.0.0.1:0"
	t.Run("3.1.1", func(t *testing.T) {
		url := "tcp://" + runApp(t, cfg).MQTTAddr().String()
		for i := range 11 {
			password := "wrong"
			if i == 10 {
				password = machinePassword
			}
			if _, err := connect3(t, url, password, nil); err == nil || !strings.Contains(err.Error(), "bad user name or password") {
				t.Errorf("attempt %d: %v", i+1, err)
			}
		}
	})
	t.Run("5.0", func(t *testing.T) {
		addr := runApp(t, cfg).MQTTAddr().String()
		for i := range 11 {
			password := "wrong"
			if i == 10 {
				password = machinePassword
			}
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			ack, err := paho5.NewClient(paho5.ClientConfig{Conn: nc}).Connect(ctx, &paho5.Connect{
				ClientID: lobby, Username: lobby, UsernameFlag: true, Password: []byte(password), PasswordFlag: true, KeepAlive: 60,
			})
			cancel()
			if err == nil || ack == nil || ack.ReasonCode != 0x86 {
				t.Errorf("attempt %d: %+v, %v", i+1, ack, err)
			}
		}
	})
}
