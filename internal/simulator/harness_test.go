package simulator

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/signature"
)

// The machine and the command of mqtt.md §6.1.
const (
	machineNo = "16327129"
	appKey    = "kva"
	sampleAt  = 1714373688 // timestamp of the sample command
	sampleID  = "5121763043809673"
)

// pipeListener is a network inside the process, so that tests can run in
// virtual time (testing/synctest).
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipeListener() *pipeListener {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.close(); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// upMessage is what the platform got.
type upMessage struct {
	devicegw.Message
	*signature.Object
}

func (m upMessage) field(name string) string { v, _ := m.Lookup(name); return v.Text }

// platform is the real gateway with a handler that checks and records.
type platform struct {
	t        *testing.T
	gateway  *devicegw.Gateway
	listener *pipeListener
	served   chan error
	epoch    atomic.Int64

	mu     sync.Mutex
	got    []upMessage
	wills  []upMessage           // as set at CONNECT
	ends   []string              // reasons why connections ended
	refuse func(upMessage) error // decides on messages
	secret string                // the machine's password
	// raw takes messages before their signature is checked, if it wants to.
	raw func(*signature.Object) bool
}

func startPlatform(t *testing.T) *platform {
	p := &platform{t: t, listener: newPipeListener(), served: make(chan error, 1), secret: "secret"}
	p.gateway = devicegw.New(devicegw.Config{}, p, slog.New(slog.DiscardHandler))
	go func() { p.served <- p.gateway.Serve(t.Context(), p.listener) }()
	return p
}

func (p *platform) stop() {
	p.t.Helper()
	if err := p.gateway.Shutdown(context.WithoutCancel(p.t.Context())); err != nil {
		p.t.Error("gateway:", err)
	}
	p.listener.close()
	<-p.served
}

func (p *platform) Authenticate(_ context.Context, c devicegw.Credentials) (devicegw.Identity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.ClientID != machineNo || string(c.Password) != p.secret {
		return devicegw.Identity{}, devicegw.ErrBadCredentials
	}
	return devicegw.Identity{MachineNo: c.ClientID}, nil
}

func (p *platform) decode(m devicegw.Message) upMessage {
	o, err := signature.DecodeMessage(m.Payload)
	if err != nil || !o.Verify(appKey) {
		p.t.Errorf("message %s: %v", m.Payload, err)
	}
	return upMessage{m, o}
}

func (p *platform) CheckWill(_ context.Context, m devicegw.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wills = append(p.wills, p.decode(m))
	return nil
}

func (p *platform) Connecting(context.Context, devicegw.Identity) (int64, error) {
	return p.epoch.Add(1), nil
}

func (p *platform) OnMessage(_ context.Context, m devicegw.Message) error {
	if p.raw != nil {
		if o, err := signature.DecodeMessage(m.Payload); err == nil && p.raw(o) {
			return nil
		}
	}
	up := p.decode(m)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, up)
	if p.refuse != nil {
		return p.refuse(up)
	}
	return nil
}

func (p *platform) OnConnState(_ context.Context, s devicegw.ConnState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !s.Online {
		p.ends = append(p.ends, s.Reason)
	}
}

func (p *platform) OnReady(context.Context, string, int64) {}

// setRefuse replaces the decision about messages; nil accepts everything.
func (p *platform) setRefuse(f func(upMessage) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = f
}

// setSecret changes the password.
func (p *platform) setSecret(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secret = s
}

// messages returns what came with the given method so far.
func (p *platform) messages(method string) []upMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []upMessage
	for _, m := range p.got {
		if m.field("method") == method {
			found = append(found, m)
		}
	}
	return found
}

// methods returns the methods of everything that came so far, in order.
func (p *platform) methods() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, m := range p.got {
		all = append(all, m.field("method"))
	}
	return all
}

func (p *platform) willsSet() []upMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.wills)
}

func (p *platform) endings() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.ends)
}

// send publishes a body and wants the machine's PUBACK.
func (p *platform) send(body []byte) {
	p.t.Helper()
	if err := p.gateway.Send(p.t.Context(), machineNo, devicegw.Outgoing{Payload: body}); err != nil {
		p.t.Fatal("send:", err)
	}
}

// rig is one machine in one folder, to be switched on and off.
type rig struct {
	*Machine
	t      *testing.T
	cfg    Config
	begun  time.Time
	events chan Event
}

func newRig(t *testing.T, dial func(context.Context, string, string) (net.Conn, error)) *rig {
	r := &rig{t: t, begun: time.Now(), events: make(chan Event, 10_000)}
	r.cfg = Config{
		MachineNo: machineNo, MachineID: "10009", Password: "secret", AppKey: appKey,
		BrokerURL: "tcp://127.0.0.1:1883", Dial: dial, Dir: t.TempDir(),
		Clock:    r.now,
		Observer: func(e Event) { r.events <- e },
	}
	return r
}

// now is the contract's time plus what has passed in the test.
func (r *rig) now() time.Time { return time.Unix(sampleAt, 0).UTC().Add(time.Since(r.begun)) }

func (r *rig) start() {
	r.t.Helper()
	m, err := Start(r.t.Context(), r.cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Machine = m
	<-m.Ready()
}

func (r *rig) stop() {
	r.t.Helper()
	if err := r.Stop(context.WithoutCancel(r.t.Context())); err != nil {
		r.t.Error("stop:", err)
	}
}

// await returns the next event of that kind and skips the others.
func (r *rig) await(kind EventKind) Event {
	r.t.Helper()
	timeout := time.After(10 * time.Minute)
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind {
				return e
			}
		case <-timeout:
			r.t.Fatalf("no event %q", kind)
		}
	}
}

// command returns the fields of the sample of mqtt.md §6.1 with changes given
// as name, value pairs; an empty value leaves a field out.
func command(changes ...string) map[string]string {
	fields := map[string]string{
		"addr": "1", "client_id": machineNo, "code": "0", "delivery_id": sampleID,
		"floor_type": "1", "is_dc": "1", "is_lp": "0", "machine_id": "10009",
		"method": "device.delivery.put", "order_id": "60", "product_id": "131",
		"quantity": "1", "record_id": "78", "status": "0", "timeout": "30", "timestamp": "1714373688",
	}
	for pair := range slices.Chunk(changes, 2) {
		fields[pair[0]] = pair[1]
	}
	return fields
}

func sign(fields map[string]string) []byte { return signature.EncodeMessage(fields, appKey) }

// want compares a report's fields, given as name, value pairs; "" means absent.
func want(t *testing.T, m upMessage, pairs ...string) {
	t.Helper()
	for pair := range slices.Chunk(pairs, 2) {
		if got := m.field(pair[0]); got != pair[1] {
			t.Errorf("%s = %q, want %q in %s", pair[0], got, pair[1], m.JSON())
		}
	}
}
