package devicegw_test

import (
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

var (
	stressFor  = flag.Duration("gateway.stress", 0, "how long TestMutatedPackets runs; 0 is a short fixed number of connections")
	stressSeed = flag.Uint64("gateway.seed", 0, "seed of TestMutatedPackets; 0 draws one")
)

// everyPacket has every packet type of a version, those only a server sends
// included.
func everyPacket(v packet.Version) []packet.Packet {
	ps := []packet.Packet{
		connectPacket(v, "7"), withWill(lasting(connectPacket(v, "7"))),
		&packet.Connack{SessionPresent: true},
		publication("/server/app", 0, 0, "a"), publication("/server/app/7", 1, 1, "b"),
		publication("/server/app/8", 2, 2, "c"), publication("/server/app/7", 2, 3, "d"),
		&packet.Ack{Type: packet.PUBACK, PacketID: 1}, &packet.Ack{Type: packet.PUBREC, PacketID: 2},
		&packet.Ack{Type: packet.PUBREL, PacketID: 2}, &packet.Ack{Type: packet.PUBCOMP, PacketID: 3},
		&packet.Subscribe{PacketID: 3, Filters: []packet.Filter{{Topic: "/clients/7", QoS: 1}, {Topic: "#"}}},
		&packet.Suback{PacketID: 3, Codes: []byte{1}},
		&packet.Unsubscribe{PacketID: 4, Topics: []string{"/clients/7"}},
		&packet.Unsuback{PacketID: 4, Codes: []byte{0}},
		packet.Pingreq{}, packet.Pingresp{}, &packet.Disconnect{},
	}
	if v == packet.V5 {
		rich := publication("/server/app/7", 1, 9, "e")
		rich.Props = packet.Properties{
			{ID: packet.PayloadFormat, Num: 1}, {ID: packet.MessageExpiry, Num: 5}, {ID: packet.ContentType, Str: "x"},
			{ID: packet.ResponseTopic, Str: "y"}, {ID: packet.CorrelationData, Str: "z"}, {ID: packet.UserProperty, Str: "k", Val: "v"},
		}
		ps = append(ps, rich, &packet.Auth{}, &packet.Disconnect{Reason: packet.DisconnectWithWill, Props: packet.Properties{
			{ID: packet.SessionExpiry, Num: 9}, {ID: packet.ReasonString, Str: "why"},
		}})
	}
	return ps
}

// mutate returns a stream of one to six packets, most of them damaged.
func mutate(r *rand.Rand, corpus [][]byte) []byte {
	var stream []byte
	for range 1 + r.IntN(6) {
		p := append([]byte(nil), corpus[r.IntN(len(corpus))]...)
		for range r.IntN(4) {
			at := r.IntN(len(p))
			switch r.IntN(7) {
			case 0:
				p[at] ^= 1 << r.IntN(8)
			case 1:
				p[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
			case 2:
				p = append(p[:at], append([]byte{byte(r.Uint32())}, p[at:]...)...)
			case 3:
				p = append(p[:at], p[at+1:]...)
			case 4:
				p = p[:at]
			case 5: // a piece of another packet
				other := corpus[r.IntN(len(corpus))]
				p = append(p[:at], other[r.IntN(len(other)):]...)
			case 6: // the length, so that what follows is cut elsewhere
				if len(p) > 1 {
					p[1] = byte(r.IntN(0x80))
				}
			}
			if len(p) == 0 {
				break
			}
		}
		stream = append(stream, p...)
	}
	return stream
}

// Every packet type of both versions, mutated, before and after CONNECT, over
// TCP and WebSocket, by clients that all claim to be the same machine. The
// gateway ends each connection, reports each beginning and end once, and goes
// on serving another machine.
func TestMutatedPackets(t *testing.T) {
	seed := *stressSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	h := newRecorder()
	s := serveTCP(t, devicegw.Config{}, h)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.ServeWebSocket(t.Context(), l) }()
	balance := watchBalance(t, h)

	const workers = 8
	var connections atomic.Int64
	more := func() bool { return connections.Add(1) <= 4_000 }
	if *stressFor > 0 {
		end := time.Now().Add(*stressFor)
		more = func() bool { connections.Add(1); return time.Now().Before(end) }
	}
	var wg sync.WaitGroup
	for w := range uint64(workers) {
		wg.Go(func() {
			a := attacker{t: t, r: rand.New(rand.NewPCG(seed, w)), tcp: s.addr, ws: l.Addr().String()}
			a.prepare()
			for more() && !t.Failed() {
				a.attack()
			}
		})
	}
	wg.Wait()
	good := s.connect(t, connectPacket(packet.V5, "8"))
	good.subscribe()
	result := s.sendAsync(t.Context(), "8", devicegw.Outgoing{Payload: []byte("alive")})
	good.send(&packet.Ack{Type: packet.PUBACK, PacketID: expect[*packet.Publish](good).PacketID})
	if err := receive(t, result); err != nil {
		t.Error(err)
	}
	st := s.Stats()
	t.Logf("%d connections: accepted %d, refused %v, ended %v, messages %d", connections.Load(), st.Accepted, st.Refused, st.Ended, st.MessagesIn)
	if st.Ended["internal error"] > 0 || st.Accepted == 0 || st.MessagesIn == 0 {
		t.Errorf("stats %+v", st)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := receive(t, served); err != nil {
		t.Error(err)
	}
	balance()
}

// watchBalance takes what the recorder records. The function it returns, to be
// called after Shutdown, checks that each connection began and ended once.
func watchBalance(t *testing.T, h *recorder) func() {
	stop, done := make(chan struct{}), make(chan struct{})
	online := make(map[int64]bool)
	take := func(st devicegw.ConnState) {
		if online[st.Epoch] == st.Online {
			t.Errorf("state %+v out of turn", st)
		}
		if online[st.Epoch] = st.Online; !st.Online {
			delete(online, st.Epoch)
		}
	}
	go func() {
		defer close(done)
		for {
			select {
			case <-h.messages:
			case <-h.readies:
			case st := <-h.states:
				take(st)
			case <-stop:
				for len(h.states) > 0 {
					take(<-h.states)
				}
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-done
		if len(online) > 0 {
			t.Errorf("%d connections have no end", len(online))
		}
	}
}

// attacker makes one connection after the other.
type attacker struct {
	t       testing.TB
	r       *rand.Rand
	tcp, ws string
	corpus  [2][][]byte // by version
	connect [2][]byte
}

func (a *attacker) prepare() {
	for i, c := range versions {
		a.connect[i] = []byte(bytesOf(a.t, c.v, withWill(lasting(connectPacket(c.v, "7")))))
		for _, p := range everyPacket(c.v) {
			a.corpus[i] = append(a.corpus[i], []byte(bytesOf(a.t, c.v, p)))
		}
	}
}

func (a *attacker) attack() {
	i := a.r.IntN(2)
	stream := mutate(a.r, a.corpus[i])
	if a.r.IntN(3) > 0 {
		stream = append(append([]byte(nil), a.connect[i]...), stream...)
	}
	if a.r.IntN(4) == 0 {
		a.overWebSocket(stream)
		return
	}
	nc, err := net.Dial("tcp", a.tcp)
	if err != nil {
		a.t.Error(err)
		return
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	cut := a.r.IntN(len(stream) + 1)
	_, _ = nc.Write(stream[:cut]) // the gateway may close at any point
	_, _ = nc.Write(stream[cut:])
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	if _, err := io.Copy(io.Discard, nc); isTimeout(err) {
		a.t.Errorf("connection stays open after %x", stream)
	}
}

func (a *attacker) overWebSocket(stream []byte) {
	nc, err := net.Dial("tcp", a.ws)
	if err != nil {
		a.t.Error(err)
		return
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	ws, err := dialSocket(nc, 1+a.r.IntN(50))
	if err != nil {
		a.t.Error(err)
		return
	}
	_, _ = ws.Write(stream)
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	if _, err := io.Copy(io.Discard, nc); isTimeout(err) {
		a.t.Errorf("WebSocket stays open after %x", stream)
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
