package devicegw_test

import (
	"context"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

// Mosquitto's command line clients.

func TestConformanceMosquittoPub(t *testing.T) {
	bin := require.Binary(t, "mosquitto_pub")
	for _, version := range []string{"mqttv311", "mqttv5"} {
		t.Run(version, func(t *testing.T) {
			onAnyServer(t, func(t *testing.T, b *broker) {
				for _, qos := range []string{"0", "1", "2"} {
					if out, err := b.mosquitto(t, bin, "-V", version, "-P", password, "-t", "/server/app", "-q", qos, "-m", "up"+qos); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					b.wantReceived(t, "up"+qos)
				}
				if out, err := b.mosquitto(t, bin, "-V", version, "-P", "wrong", "-t", "/server/app", "-m", "up"); err == nil {
					t.Errorf("wrong password accepted: %s", out)
				}
				b.wantNothing(t)
			})
			t.Run("platform", func(t *testing.T) {
				onGateway(t, func(t *testing.T, b *broker) {
					if out, err := b.mosquitto(t, bin, "-V", version, "-P", password, "-t", "/server/app", "-m", "up",
						"--will-topic", "/clients/8", "--will-payload", "x"); err == nil {
						t.Errorf("will on a foreign topic accepted: %s", out)
					}
					b.wantNothing(t)
				})
			})
		})
	}
	t.Run("mqttv31", func(t *testing.T) {
		onGateway(t, func(t *testing.T, b *broker) {
			if out, err := b.mosquitto(t, bin, "-V", "mqttv31", "-P", password, "-t", "/server/app", "-m", "up"); err == nil {
				t.Errorf("MQTT 3.1 accepted: %s", out)
			}
		})
	})
}

func TestConformanceMosquittoPubOverTLS(t *testing.T) {
	bin := require.Binary(t, "mosquitto_pub")
	p := newPair(t, 1)
	c, _ := p.load(t, slog.New(slog.DiscardHandler))
	s := serveTLS(t, newRecorder(), p, c)
	b := &broker{addr: s.addr}
	if out, err := b.mosquitto(t, bin, "--cafile", p.cert, "-P", password, "-t", "/server/app", "-q", "1", "-m", "up"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if m := receive(t, s.messages); string(m.Payload) != "up" {
		t.Errorf("message %+v", m)
	}
}

func TestConformanceMosquittoSub(t *testing.T) {
	bin := require.Binary(t, "mosquitto_sub")
	for _, version := range []string{"mqttv311", "mqttv5"} {
		t.Run(version, func(t *testing.T) {
			onGateway(t, func(t *testing.T, b *broker) {
				type result struct {
					out string
					err error
				}
				done := make(chan result, 1)
				go func() {
					out, err := b.mosquitto(t, bin, "-V", version, "-P", password, "-t", "/clients/7", "-q", "1", "-C", "2")
					done <- result{out, err}
				}()
				receive(t, b.ours.readies)
				b.send("one")
				b.send("two")
				if r := receive(t, done); r.err != nil || r.out != "one\ntwo\n" {
					t.Errorf("%q, %v", r.out, r.err)
				}
				out, _ := b.mosquitto(t, bin, "-V", version, "-P", password, "-t", "#", "-q", "1", "-C", "1", "-W", "5")
				if !strings.Contains(out, "denied") {
					t.Errorf("wildcard subscription: %q", out)
				}
			})
		})
	}
}

// mosquitto runs a Mosquitto client as machine 7 and returns what it prints.
func (b *broker) mosquitto(t *testing.T, bin string, args ...string) (string, error) {
	host, port, err := net.SplitHostPort(b.addr)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"-h", host, "-p", port, "-i", "7", "-u", "7"}, args...)
	out, err := exec.CommandContext(ctx, bin, args...).CombinedOutput()
	return string(out), err
}
