package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/sync/errgroup"
)

// machineListeners are the ways machines reach the gateway; a listener that is
// not configured is nil.
type machineListeners struct {
	plain, tls, ws, wss net.Listener
	certificate         *devicegw.Certificate
}

// newMachineListeners loads the certificate if one is needed.
func newMachineListeners(cfg config.MQTT, clock vending.Clock, log *slog.Logger) (machineListeners, error) {
	if !cfg.Encrypted() {
		return machineListeners{}, nil
	}
	c, err := devicegw.LoadCertificate(cfg.TLSCert, cfg.TLSKey, clock, log)
	if err != nil {
		return machineListeners{}, fmt.Errorf("mqtt.tls_cert, mqtt.tls_key: %w", err)
	}
	return machineListeners{certificate: c}, nil
}

// open opens the ports.
func (m *machineListeners) open(ctx context.Context, cfg config.MQTT) error {
	for _, l := range []struct {
		key, addr string
		encrypted bool
		listener  *net.Listener
	}{
		{"mqtt.listen", cfg.Listen, false, &m.plain},
		{"mqtt.tls_listen", cfg.TLSListen, true, &m.tls},
		{"mqtt.ws_listen", cfg.WSListen, false, &m.ws},
		{"mqtt.wss_listen", cfg.WSSListen, true, &m.wss},
	} {
		if l.addr == "" {
			continue
		}
		opened, err := listen(ctx, l.key, l.addr)
		if err != nil {
			return err
		}
		if l.encrypted {
			opened = tls.NewListener(opened, m.certificate.TLS())
		}
		*l.listener = opened
	}
	return nil
}

func (m *machineListeners) all() []net.Listener {
	return []net.Listener{m.plain, m.tls, m.ws, m.wss}
}

// serve hands the listeners to the gateway.
func (m *machineListeners) serve(ctx context.Context, fronts *errgroup.Group, g *devicegw.Gateway) {
	for _, l := range []net.Listener{m.plain, m.tls} {
		if l != nil {
			fronts.Go(func() error { return g.Serve(ctx, l) })
		}
	}
	for _, l := range []net.Listener{m.ws, m.wss} {
		if l != nil {
			fronts.Go(func() error { return g.ServeWebSocket(ctx, l) })
		}
	}
}

// addresses names the listeners for the log.
func (m *machineListeners) addresses() []any {
	var out []any
	for i, l := range m.all() {
		if l != nil {
			out = append(out, []string{"mqtt", "mqtt_tls", "mqtt_ws", "mqtt_wss"}[i], l.Addr().String())
		}
	}
	return out
}

// registerExpiry exposes the end of the certificate in use, so that a renewal
// that fails is noticed in time.
func (m *machineListeners) registerExpiry(reg prometheus.Registerer) {
	if m.certificate == nil {
		return
	}
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "mqtt_tls_certificate_expiry_timestamp_seconds",
		Help: "End of the validity of the certificate machines get, in Unix seconds.",
	}, func() float64 { return float64(m.certificate.NotAfter().UnixNano()) / float64(time.Second) }))
}

func addrOf(l net.Listener) net.Addr {
	if l == nil {
		return nil
	}
	return l.Addr()
}
