package devicegw_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// pair is a certificate for 127.0.0.1 in files, and a pool that trusts what was
// written last.
type pair struct {
	cert, key string
	trust     *x509.CertPool
}

func newPair(t testing.TB, serial int64) *pair {
	t.Helper()
	dir := t.TempDir()
	p := &pair{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	p.write(t, serial)
	return p
}

// write puts a new self-signed pair in place.
func (p *pair) write(t testing.TB, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "machines"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Unix(4_000_000_000+serial, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	writeFile(t, p.cert, certPEM)
	writeFile(t, p.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	p.trust = x509.NewCertPool()
	p.trust.AppendCertsFromPEM(certPEM)
}

func writeFile(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// load reads the pair with a clock that stands still unless it is moved.
func (p *pair) load(t testing.TB, log *slog.Logger) (*devicegw.Certificate, *atomic.Int64) {
	t.Helper()
	seconds := new(atomic.Int64)
	c, err := devicegw.LoadCertificate(p.cert, p.key, func() time.Time { return time.Unix(seconds.Load(), 0) }, log)
	if err != nil {
		t.Fatal(err)
	}
	return c, seconds
}

// serveTLS runs a gateway behind a certificate.
func serveTLS(t testing.TB, h *recorder, p *pair, c *devicegw.Certificate) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, devicegw.Config{}, h, tls.NewListener(l, c.TLS()))
	s.addr = l.Addr().String()
	s.dial = func() (net.Conn, error) { return tls.Dial("tcp", s.addr, &tls.Config{RootCAs: p.trust}) }
	return s
}

func serial(m *machine) int64 {
	return m.nc.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestCertificateRotation(t *testing.T) {
	p := newPair(t, 1)
	var logged bytes.Buffer
	c, clock := p.load(t, slog.New(slog.NewTextHandler(&logged, nil)))
	s := serveTLS(t, newRecorder(), p, c)
	first := s.connect(t, connectPacket(packet.V5, "1"))
	old := p.trust

	p.write(t, 2)
	renewed := p.trust
	p.trust = old
	if m := s.connect(t, connectPacket(packet.V311, "2")); serial(m) != 1 {
		t.Error("files looked at again at once")
	}
	clock.Add(5)
	p.trust = renewed
	if m := s.connect(t, connectPacket(packet.V311, "3")); serial(m) != 2 {
		t.Error("old certificate after a rotation")
	}
	first.ping() // the connection under the old certificate lives on

	// Half a renewal: the old pair stays, and one line says so.
	for _, broken := range []struct {
		name string
		do   func()
	}{
		{"key of another certificate", func() {
			kept, err := os.ReadFile(p.cert)
			if err != nil {
				t.Fatal(err)
			}
			trust := p.trust
			p.write(t, 3)
			writeFile(t, p.cert, kept)
			p.trust = trust
		}},
		{"no certificate", func() { writeFile(t, p.cert, []byte("half")) }},
		{"file gone", func() { _ = os.Remove(p.key) }},
	} {
		broken.do()
		logged.Reset()
		for range 3 {
			clock.Add(5)
			if m := s.connect(t, connectPacket(packet.V311, "4")); serial(m) != 2 {
				t.Errorf("%s: certificate %d", broken.name, serial(m))
			}
		}
		if n := strings.Count(logged.String(), "cannot be used"); n != 1 {
			t.Errorf("%s: logged %d times: %s", broken.name, n, &logged)
		}
		if strings.Contains(logged.String(), "PRIVATE") {
			t.Errorf("%s: key in the log", broken.name)
		}
	}
	p.write(t, 5)
	clock.Add(5)
	if m := s.connect(t, connectPacket(packet.V5, "5")); serial(m) != 5 {
		t.Error("a good pair after broken ones is not taken")
	}
	if got := c.NotAfter().Unix(); got != 4_000_000_005 {
		t.Errorf("expires %d", got)
	}
}

func TestLoadCertificateRefuses(t *testing.T) {
	p := newPair(t, 1)
	for name, files := range map[string][2]string{
		"no files":   {"", ""},
		"no key":     {p.cert, p.key + "x"},
		"swapped":    {p.key, p.cert},
		"key as its": {p.cert, p.cert},
	} {
		if _, err := devicegw.LoadCertificate(files[0], files[1], time.Now, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTLSRefusals(t *testing.T) {
	p := newPair(t, 1)
	c, _ := p.load(t, slog.New(slog.DiscardHandler))
	s := serveTLS(t, newRecorder(), p, c)
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", s.addr) }
	m := s.open(t, packet.V311, "7")
	old := tls.Client(m.nc, &tls.Config{RootCAs: p.trust, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err := old.Handshake(); err == nil {
		t.Error("TLS 1.1 accepted")
	}
	m.rest()
	m = s.open(t, packet.V311, "7")
	m.send(connectPacket(packet.V311, "7")) // without TLS
	m.rest()
	none(t, s.states)
	// Counted before the client sees the end of its connection.
	if st := s.Stats(); st.Refused["tls handshake"] != 2 {
		t.Errorf("stats %+v", st)
	}
}
