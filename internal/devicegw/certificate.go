package devicegw

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateInterval is how often, at most, the files are looked at again.
const certificateInterval = 5 * time.Second

// Certificate is a TLS certificate and its key, read again from their files
// when these change. A pair that cannot be used is logged and the one before
// stays, so a renewal that goes wrong cuts off nobody.
type Certificate struct {
	certFile, keyFile string
	clock             func() time.Time
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2][]byte // contents at the last attempt, good or bad
	failed  string    // why the last attempt failed, so that it is logged once
	checked time.Time
}

// LoadCertificate reads a certificate chain and its key, both PEM.
func LoadCertificate(certFile, keyFile string, clock func() time.Time, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, clock: clock, log: log, checked: clock()}
	if err := c.reload(); err != nil {
		return nil, fmt.Errorf("load TLS certificate: %w", err)
	}
	return c, nil
}

// TLS returns the settings of a listener: TLS 1.2 or later with this
// certificate.
func (c *Certificate) TLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.fresh(), nil },
	}
}

// NotAfter is the end of the validity of the certificate in use.
func (c *Certificate) NotAfter() time.Time { return c.fresh().Leaf.NotAfter }

// fresh returns the certificate, looking at the files if it is time.
func (c *Certificate) fresh() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	if now.Sub(c.checked) < certificateInterval {
		return c.current
	}
	c.checked = now
	switch err := c.reload(); {
	case err == nil:
		c.failed = ""
	case err.Error() != c.failed:
		c.failed = err.Error()
		c.log.Error("new TLS certificate cannot be used, the old one stays", "error", err,
			"old_expires", c.current.Leaf.NotAfter)
	}
	return c.current
}

// reload reads the files and takes what they hold if it is new. Contents are
// compared rather than times, which can miss a change within their resolution.
func (c *Certificate) reload() error {
	certPEM, err1 := os.ReadFile(c.certFile)
	keyPEM, err2 := os.ReadFile(c.keyFile)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if c.current != nil && bytes.Equal(certPEM, c.seen[0]) && bytes.Equal(keyPEM, c.seen[1]) {
		return nil
	}
	c.seen = [2][]byte{certPEM, keyPEM}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", c.certFile, c.keyFile, err)
	}
	c.current = &pair
	c.log.Info("TLS certificate loaded", "file", c.certFile, "expires", pair.Leaf.NotAfter)
	return nil
}
