package devicegw_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds waits that end at once unless the gateway is broken.
const patience = 20 * time.Second

const password = "secret"

type ready struct {
	machineNo string
	epoch     int64
}

// recorder is a Handler. It accepts every machine with the right password, or
// does what a hook says, and hands everything on through channels that are
// large enough never to block it.
type recorder struct {
	authenticate func(ctx context.Context, c devicegw.Credentials) (string, error)
	checkWill    func(m devicegw.Message) error
	connecting   func(machineNo string) (int64, error)
	onMessage    func(ctx context.Context, m devicegw.Message) error
	onState      func(s devicegw.ConnState)

	epoch    atomic.Int64
	messages chan devicegw.Message
	states   chan devicegw.ConnState
	readies  chan ready
}

func newRecorder() *recorder {
	const room = 10_000
	return &recorder{
		messages: make(chan devicegw.Message, room),
		states:   make(chan devicegw.ConnState, room),
		readies:  make(chan ready, room),
	}
}

func (r *recorder) Authenticate(ctx context.Context, c devicegw.Credentials) (devicegw.Identity, error) {
	if r.authenticate != nil {
		no, err := r.authenticate(ctx, c)
		return devicegw.Identity{MachineNo: no}, err
	}
	if string(c.Password) != password {
		return devicegw.Identity{}, devicegw.ErrBadCredentials
	}
	return devicegw.Identity{MachineNo: c.Username, Admission: c.Username}, nil
}

func (r *recorder) CheckWill(_ context.Context, m devicegw.Message) error {
	if r.checkWill != nil {
		return r.checkWill(m)
	}
	return nil
}

func (r *recorder) Connecting(_ context.Context, id devicegw.Identity) (int64, error) {
	if r.connecting != nil {
		return r.connecting(id.MachineNo)
	}
	if r.authenticate == nil && id.Admission != any(id.MachineNo) {
		return 0, errors.New("the admission was not handed on")
	}
	return r.epoch.Add(1), nil
}

func (r *recorder) OnMessage(ctx context.Context, m devicegw.Message) error {
	if r.onMessage != nil {
		if err := r.onMessage(ctx, m); err != nil {
			return err
		}
	}
	r.messages <- m
	return nil
}

func (r *recorder) OnConnState(_ context.Context, s devicegw.ConnState) {
	if r.onState != nil {
		r.onState(s)
	}
	r.states <- s
}

func (r *recorder) OnReady(_ context.Context, machineNo string, epoch int64) {
	r.readies <- ready{machineNo, epoch}
}

// receive takes the next value of a channel.
func receive[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v, ok := <-ch:
		if !ok {
			t.Fatalf("channel of %T closed", v)
		}
		return v
	case <-time.After(patience):
		var v T
		t.Fatalf("no %T came", v)
		return v
	}
}

// none fails if a value is waiting in a channel.
func none[T any](t testing.TB, ch <-chan T) {
	t.Helper()
	select {
	case v := <-ch:
		t.Errorf("unexpected %+v", v)
	default:
	}
}

// server is a running gateway.
type server struct {
	*devicegw.Gateway
	*recorder
	dial func() (net.Conn, error)
	addr string // of TCP
}

// serveTCP runs a gateway on a free port until the test ends.
func serveTCP(t testing.TB, cfg devicegw.Config, h *recorder) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, cfg, h, l)
	s.addr = l.Addr().String()
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", s.addr) }
	return s
}

// servePipe runs a gateway on in-memory connections, for tests in a synctest
// bubble. A write on such a connection waits until the other side reads.
func servePipe(t testing.TB, cfg devicegw.Config, h *recorder) *server {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := serve(t, cfg, h, l)
	s.dial = l.dial
	return s
}

func serve(t testing.TB, cfg devicegw.Config, h *recorder, l net.Listener) *server {
	t.Helper()
	return serveBy(t, cfg, h, l, (*devicegw.Gateway).Serve)
}

func serveBy(t testing.TB, cfg devicegw.Config, h *recorder, l net.Listener,
	method func(*devicegw.Gateway, context.Context, net.Listener) error,
) *server {
	t.Helper()
	g := devicegw.New(cfg, h, slog.New(slog.DiscardHandler))
	served := make(chan error, 1)
	go func() { served <- method(g, context.Background(), l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return &server{Gateway: g, recorder: h}
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// machine is a raw MQTT client: it sends and expects single packets.
type machine struct {
	t  testing.TB
	nc net.Conn
	br *bufio.Reader
	v  packet.Version
	no string
}

// open dials without sending anything.
func (s *server) open(t testing.TB, v packet.Version, no string) *machine {
	t.Helper()
	nc, err := s.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return &machine{t: t, nc: nc, br: bufio.NewReaderSize(nc, 256), v: v, no: no}
}

// connectPacket is the CONNECT of a well-behaved machine that starts anew.
func connectPacket(v packet.Version, no string) *packet.Connect {
	return &packet.Connect{
		Version: v, CleanStart: true, ClientID: no, HasUsername: true, Username: no, Password: []byte(password), KeepAlive: 60,
	}
}

// lasting makes the session outlive its connection, as mqtt.md §2.1 wants it.
func lasting(p *packet.Connect) *packet.Connect {
	p.CleanStart = false
	if p.Version == packet.V5 {
		p.Props = packet.Properties{{ID: packet.SessionExpiry, Num: 3600}}
	}
	return p
}

func withWill(p *packet.Connect) *packet.Connect {
	p.Will = &packet.Will{Topic: "/server/app/" + p.ClientID, Payload: []byte("offline"), QoS: 1}
	return p
}

// connect dials and completes CONNECT.
func (s *server) connect(t testing.TB, p *packet.Connect) *machine {
	t.Helper()
	m, present := s.reconnect(t, p)
	if present {
		t.Fatal("a session is present")
	}
	return m
}

// reconnect is connect for a machine that may find its session.
func (s *server) reconnect(t testing.TB, p *packet.Connect) (m *machine, present bool) {
	t.Helper()
	m = s.open(t, p.Version, p.ClientID)
	m.send(p)
	ack := expect[*packet.Connack](m)
	if ack.Code != 0 {
		t.Fatalf("CONNACK %+v", ack)
	}
	return m, ack.SessionPresent
}

// online connects a well-behaved machine and subscribes. It takes the
// OnConnState and OnReady of it from the recorder.
func (s *server) online(t testing.TB, v packet.Version, no string) *machine {
	t.Helper()
	m := s.connect(t, connectPacket(v, no))
	state := receive(t, s.states)
	m.subscribe()
	if r := receive(t, s.readies); r.machineNo != no || r.epoch != state.Epoch || !state.Online {
		t.Fatalf("ready %+v, state %+v", r, state)
	}
	return m
}

func (m *machine) subscribe() {
	m.t.Helper()
	m.send(&packet.Subscribe{PacketID: 9, Filters: []packet.Filter{{Topic: "/clients/" + m.no, QoS: 1}}})
	if ack := expect[*packet.Suback](m); len(ack.Codes) != 1 || ack.Codes[0] != 1 {
		m.t.Fatalf("SUBACK %+v", ack)
	}
}

// send writes the packets at once.
func (m *machine) send(all ...packet.Packet) {
	m.t.Helper()
	var raw []byte
	for _, p := range all {
		var err error
		if raw, err = packet.Append(raw, m.v, p); err != nil {
			m.t.Fatal(err)
		}
	}
	m.sendRaw(raw)
}

func (m *machine) sendRaw(raw []byte) {
	m.t.Helper()
	_ = m.nc.SetWriteDeadline(time.Now().Add(patience))
	if _, err := m.nc.Write(raw); err != nil {
		m.t.Fatal(err)
	}
}

// next reads one packet, or the error that ended the connection.
func (m *machine) next() (packet.Packet, error) {
	_ = m.nc.SetReadDeadline(time.Now().Add(patience))
	first, body, err := packet.ReadFrame(m.br, packet.MaxLength)
	if err != nil {
		return nil, err
	}
	return packet.Decode(m.v, first, body)
}

func expect[P packet.Packet](m *machine) P {
	m.t.Helper()
	p, err := m.next()
	if err != nil {
		m.t.Fatalf("waiting for %T: %v", *new(P), err)
	}
	got, ok := p.(P)
	if !ok {
		m.t.Fatalf("got %#v, want %T", p, *new(P))
	}
	return got
}

func expectAck(m *machine, t packet.Type, id uint16, r packet.Reason) {
	m.t.Helper()
	want := &packet.Ack{Type: t, PacketID: id, Reason: r}
	if got := expect[*packet.Ack](m); !reflect.DeepEqual(got, want) {
		m.t.Fatalf("got %+v, want %+v", got, want)
	}
}

// expectEnd waits for the end of the connection: a 5.0 machine first gets a
// DISCONNECT with the reason given (0 for none), a 3.1.1 machine nothing.
func (m *machine) expectEnd(r packet.Reason) {
	m.t.Helper()
	if m.v == packet.V5 && r != 0 {
		if d := expect[*packet.Disconnect](m); d.Reason != r {
			m.t.Fatalf("DISCONNECT 0x%02X, want 0x%02X", byte(d.Reason), byte(r))
		}
	}
	if p, err := m.next(); err == nil {
		m.t.Fatalf("got %#v instead of the end", p)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		m.t.Fatal("connection stays open")
	} else if r := (*packet.Error)(nil); errors.As(err, &r) {
		m.t.Fatal(err)
	}
}

// ping proves that everything sent before was handled.
func (m *machine) ping() {
	m.t.Helper()
	m.send(packet.Pingreq{})
	expect[packet.Pingresp](m)
}

// drop cuts the connection without DISCONNECT.
func (m *machine) drop() { _ = m.nc.Close() }

var versions = []struct {
	name string
	v    packet.Version
}{{"3.1.1", packet.V311}, {"5.0", packet.V5}}

// eachVersion runs f for both protocol versions.
func eachVersion(t *testing.T, f func(t *testing.T, v packet.Version)) {
	for _, c := range versions {
		t.Run(c.name, func(t *testing.T) { f(t, c.v) })
	}
}

// rest returns all bytes until the gateway closes the connection.
func (m *machine) rest() string {
	m.t.Helper()
	_ = m.nc.SetReadDeadline(time.Now().Add(patience))
	raw, err := io.ReadAll(m.br)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		m.t.Fatal("connection stays open")
	}
	return string(raw)
}
