package fleetsim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/signature"
)

const (
	firstNo  = "16400001"
	secondNo = "16400002"
	appKey   = "kva"
)

// offset brings the clock of a synctest bubble to times of 10 digits.
const offset = 30 * 365 * 24 * time.Hour

func now() time.Time { return time.Now().Add(offset) }

// server is the real gateway over pipes, with a handler that keeps what comes.
type server struct {
	t        *testing.T
	gateway  *devicegw.Gateway
	conns    chan net.Conn
	closed   chan struct{}
	once     sync.Once // closes closed
	served   chan error
	password string
	epoch    atomic.Int64

	mu      sync.Mutex
	reports map[string][]report // by delivery id
	bad     int                 // messages with a wrong signature
	methods map[string]int      // other messages
}

// report is a device.delivery.response.
type report struct {
	*signature.Object
	at time.Time
}

func (r report) field(name string) string { v, _ := r.Lookup(name); return v.Text }

func startServer(t *testing.T) *server {
	s := &server{
		t: t, conns: make(chan net.Conn), closed: make(chan struct{}), served: make(chan error, 1), password: "secret",
		reports: make(map[string][]report), methods: make(map[string]int),
	}
	s.gateway = devicegw.New(devicegw.Config{}, s, slog.New(slog.DiscardHandler))
	go func() { s.served <- s.gateway.Serve(t.Context(), s) }()
	return s
}

func (s *server) stop() {
	s.t.Helper()
	if err := s.gateway.Shutdown(context.WithoutCancel(s.t.Context())); err != nil {
		s.t.Error("gateway:", err)
	}
	<-s.served
}

func (s *server) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *server) Close() error   { s.once.Do(func() { close(s.closed) }); return nil }
func (s *server) Addr() net.Addr { return &net.TCPAddr{} }

func (s *server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case s.conns <- there:
		return here, nil
	case <-s.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *server) Authenticate(_ context.Context, c devicegw.Credentials) (devicegw.Identity, error) {
	if string(c.Password) != s.password {
		return devicegw.Identity{}, devicegw.ErrBadCredentials
	}
	return devicegw.Identity{MachineNo: c.ClientID}, nil
}

func (s *server) CheckWill(context.Context, devicegw.Message) error { return nil }

func (s *server) Connecting(context.Context, devicegw.Identity) (int64, error) {
	return s.epoch.Add(1), nil
}

func (s *server) OnMessage(_ context.Context, m devicegw.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := signature.DecodeMessage(m.Payload)
	switch {
	case err != nil:
		s.t.Error(err)
	case !o.Verify(appKey):
		s.bad++
	default:
		r := report{o, now()}
		if id := r.field("delivery_id"); id != "" {
			s.reports[id] = append(s.reports[id], r)
		} else {
			s.methods[r.field("method")]++
		}
	}
	return nil
}

func (s *server) OnConnState(context.Context, devicegw.ConnState) {}
func (s *server) OnReady(context.Context, string, int64)          {}

func (s *server) of(deliveryID string) []report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reports[deliveryID])
}

func (s *server) count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.methods[method]
}

// command is a device.delivery.put of now.
func command(no, deliveryID string) []byte {
	return message(no, "device.delivery.put", map[string]string{
		"delivery_id": deliveryID, "order_id": "60", "record_id": "78", "product_id": "131", "code": "0", "addr": "1",
		"floor_type": "1", "is_dc": "1", "is_lp": "0", "quantity": "1", "timeout": "30",
	})
}

func message(no, method string, fields map[string]string) []byte {
	all := map[string]string{
		"client_id": no, "machine_id": "1", "method": method, "status": "0", "timestamp": strconv.FormatInt(now().Unix(), 10),
	}
	maps.Copy(all, fields)
	return signature.EncodeMessage(all, appKey)
}

// send publishes once; the machine may be away.
func (s *server) send(no string, body []byte) error {
	return s.gateway.Send(s.t.Context(), no, devicegw.Outgoing{Payload: body})
}

// dispense sends a command as the platform does: the same bytes again after
// 20 s and 60 s without a report (mqtt.md §6.1), until one comes or 300 s have
// passed.
func (s *server) dispense(no, deliveryID string) {
	body := command(no, deliveryID)
	for second := range 300 {
		if len(s.of(deliveryID)) > 0 {
			return
		}
		if second == 0 || second == 20 || second == 60 {
			_ = s.send(no, body) // if the machine is away, the next one may arrive
		}
		time.Sleep(time.Second)
	}
}

func twoMachines() []Identity {
	ids, err := Count(Identity{MachineNo: firstNo, Password: "secret", AppKey: appKey}, 2)
	if err != nil {
		panic(err)
	}
	return ids
}

func (s *server) options(dir string, faults string) Options {
	s.t.Helper()
	o := Options{
		Server: "tcp://127.0.0.1:1883", Dial: s.dial, Dir: dir, Machines: twoMachines(), Seed: 1, Clock: now,
	}
	if faults != "" {
		if err := o.Faults.Set(faults); err != nil {
			s.t.Fatal(err)
		}
	}
	return o
}

// run gives a test a server and a connected fleet in virtual time, and wants no
// double start at the end.
func run(t *testing.T, faults string, test func(t *testing.T, s *server, f *Fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := startServer(t)
		f, err := Start(t.Context(), s.options(t.TempDir(), faults))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if sum := f.Summary(); sum.Connected != sum.Machines {
			t.Fatalf("%+v", sum)
		}
		test(t, s, f)
		if sum := f.Summary(); sum.DoubleStarts != 0 {
			t.Errorf("%+v", sum)
		}
		f.Stop()
		s.stop()
	})
}

func info(t *testing.T, f *Fleet, no string) MachineInfo {
	t.Helper()
	i, err := f.Machine(no)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// want compares fields of a report, given as name, value pairs.
func want(t *testing.T, r report, pairs ...string) {
	t.Helper()
	for pair := range slices.Chunk(pairs, 2) {
		if got := r.field(pair[0]); got != pair[1] {
			t.Errorf("%s = %q, want %q in %s", pair[0], got, pair[1], r.JSON())
		}
	}
}

func numbered(no string, n int) string { return fmt.Sprintf("%s%08d", no, n) }
