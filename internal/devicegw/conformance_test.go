package devicegw_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	paho3 "github.com/eclipse/paho.mqtt.golang"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// The conformance suite: checks by clients that others wrote, and by raw
// packets where no client would send them. What the standards ask of any server
// runs against Mosquitto as well, so that a check that is wrong itself shows.
// conformance_clients_test.go has the clients, the other files a theme each.

// broker is an MQTT server under test, used by machine 7.
type broker struct {
	addr string
	// ours is the gateway, nil for Mosquitto.
	ours *server
	// send publishes a message to machine 7 at QoS 1.
	send func(payload string)
	// refuseWills makes the application behind the gateway refuse wills.
	refuseWills atomic.Bool
	// received are the messages of machines, wills included.
	received chan string
}

// dialRaw opens a connection for raw packets.
func (b *broker) dialRaw(t testing.TB, v packet.Version) *machine {
	t.Helper()
	nc, err := net.Dial("tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return &machine{t: t, nc: nc, br: newReader(nc), v: v, no: "7"}
}

// connectRaw completes CONNECT with raw packets.
func (b *broker) connectRaw(t testing.TB, p *packet.Connect) *machine {
	t.Helper()
	m := b.dialRaw(t, p.Version)
	m.send(p)
	if ack := expect[*packet.Connack](m); ack.Code != 0 {
		t.Fatalf("CONNACK %+v", ack)
	}
	return m
}

// onAnyServer runs a check on the gateway and on Mosquitto.
func onAnyServer(t *testing.T, check func(t *testing.T, b *broker)) {
	t.Helper()
	onGateway(t, check)
	t.Run("mosquitto", func(t *testing.T) {
		t.Parallel()
		check(t, startMosquitto(t))
	})
}

// onGateway runs a check on the gateway alone.
func onGateway(t *testing.T, check func(t *testing.T, b *broker)) {
	t.Helper()
	t.Run("gateway", func(t *testing.T) {
		t.Parallel()
		check(t, startGateway(t))
	})
}

func startGateway(t *testing.T) *broker {
	t.Helper()
	h := newRecorder()
	b := &broker{received: make(chan string, 100)}
	h.onMessage = func(_ context.Context, m devicegw.Message) error {
		b.received <- string(m.Payload)
		return nil
	}
	h.checkWill = func(devicegw.Message) error {
		if b.refuseWills.Load() {
			return errors.New("not signed")
		}
		return nil
	}
	b.ours = serveTCP(t, devicegw.Config{}, h)
	b.addr = b.ours.addr
	b.send = func(payload string) {
		if err := b.ours.Send(t.Context(), "7", devicegw.Outgoing{Payload: []byte(payload)}); err != nil {
			t.Errorf("Send: %v", err)
		}
	}
	return b
}

// startMosquitto runs Debian's broker with accounts for machine 7 and the
// platform.
func startMosquitto(t *testing.T) *broker {
	t.Helper()
	bin, passwd := require.Binary(t, "mosquitto"), require.Binary(t, "mosquitto_passwd")
	dir := t.TempDir()
	users := filepath.Join(dir, "users")
	writeFile(t, users, []byte("7:"+password+"\nplatform:"+password+"\n"))
	if out, err := exec.CommandContext(t.Context(), passwd, "-U", users).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b := &broker{addr: freeAddr(t), received: make(chan string, 100)}
	_, port, _ := net.SplitHostPort(b.addr)
	conf := filepath.Join(dir, "mosquitto.conf")
	writeFile(t, conf, fmt.Appendf(nil, "user root\nlistener %s 127.0.0.1\nallow_anonymous false\npassword_file %s\n"+
		"max_packet_size %d\nlog_dest stderr\npersistence false\n", port, users, maxPacket))
	cmd := exec.CommandContext(t.Context(), bin, "-c", conf)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	running := make(chan bool, 1)
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if strings.HasSuffix(lines.Text(), " running") {
				running <- true
			}
		}
		close(running)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-logged
		_ = cmd.Wait()
	})
	if !receive(t, running) {
		t.Fatal("mosquitto does not start")
	}
	b.observe(t)
	return b
}

// maxPacket is the gateway's limit, given to Mosquitto as well.
const maxPacket = 64<<10 + 4<<10 + 5

// observe connects the platform's account, which takes what machines publish
// and publishes to machine 7.
func (b *broker) observe(t *testing.T) {
	t.Helper()
	c := paho3.NewClient(paho3.NewClientOptions().AddBroker("tcp://" + b.addr).SetClientID("platform").
		SetUsername("platform").SetPassword(password).SetAutoReconnect(false).
		SetDefaultPublishHandler(func(_ paho3.Client, m paho3.Message) { b.received <- string(m.Payload()) }))
	for _, token := range []func() paho3.Token{
		c.Connect,
		func() paho3.Token { return c.Subscribe("/server/app/#", 2, nil) },
	} {
		if tok := token(); !tok.WaitTimeout(patience) || tok.Error() != nil {
			t.Fatalf("platform's account: %v", tok.Error())
		}
	}
	t.Cleanup(func() { c.Disconnect(0) })
	b.send = func(payload string) {
		if tok := c.Publish("/clients/7", 1, false, payload); !tok.WaitTimeout(patience) || tok.Error() != nil {
			t.Errorf("publish: %v", tok.Error())
		}
	}
}

// freeAddr returns an address nobody listens on at the moment.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// wantReceived takes the next message of a machine.
func (b *broker) wantReceived(t testing.TB, want string) {
	t.Helper()
	if got := receive(t, b.received); got != want {
		t.Errorf("received %q, want %q", got, want)
	}
}

// wantNothing proves that nothing was received, by sending a message behind it.
func (b *broker) wantNothing(t testing.TB) {
	t.Helper()
	m := b.connectRaw(t, &packet.Connect{
		Version: packet.V311, CleanStart: true, ClientID: "7", HasUsername: true, Username: "7", Password: []byte(password), KeepAlive: 60,
	})
	m.send(publication("/server/app/7", 1, 1, "end"))
	expectAck(m, packet.PUBACK, 1, 0)
	b.wantReceived(t, "end")
	m.send(&packet.Disconnect{})
}
