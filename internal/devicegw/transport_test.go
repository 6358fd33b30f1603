package devicegw_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"log/slog"
	"math"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

func newReader(nc net.Conn) *bufio.Reader { return bufio.NewReaderSize(nc, 256) }

// serveTransport runs a gateway that is reached over tcp, tls, ws or wss.
func serveTransport(t testing.TB, transport string, cfg devicegw.Config) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	dial := func() (net.Conn, error) { return net.Dial("tcp", addr) }
	if transport == "tls" || transport == "wss" {
		p := newPair(t, 1)
		c, _ := p.load(t, slog.New(slog.DiscardHandler))
		l = tls.NewListener(l, c.TLS())
		dial = func() (net.Conn, error) { return tls.Dial("tcp", addr, &tls.Config{RootCAs: p.trust}) }
	}
	method := (*devicegw.Gateway).Serve
	if transport == "ws" || transport == "wss" {
		method = (*devicegw.Gateway).ServeWebSocket
		below := dial
		dial = func() (net.Conn, error) {
			nc, err := below()
			if err != nil {
				return nil, err
			}
			return dialSocket(nc, 1<<20)
		}
	}
	s := serveBy(t, cfg, newRecorder(), l, method)
	s.addr, s.dial = addr, dial
	return s
}

var transports = []string{"tcp", "tls", "ws", "wss"}

// A machine works the same over every transport, and counts as its own.
func TestTransports(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v packet.Version) {
				s := serveTransport(t, transport, devicegw.Config{MaxConns: 2})
				m := s.online(t, v, "7")
				for _, size := range []int{0, 1000, 64 << 10} {
					m.send(publication("/server/app/7", 1, 1, string(make([]byte, size))))
					expectAck(m, packet.PUBACK, 1, 0)
					if got := receive(t, s.messages); len(got.Payload) != size {
						t.Errorf("body of %d bytes, want %d", len(got.Payload), size)
					}
					result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{Payload: make([]byte, size)})
					cmd := expect[*packet.Publish](m)
					if len(cmd.Payload) != size {
						t.Errorf("command of %d bytes, want %d", len(cmd.Payload), size)
					}
					m.send(&packet.Ack{Type: packet.PUBACK, PacketID: cmd.PacketID})
					if err := receive(t, result); err != nil {
						t.Error(err)
					}
				}
				bad := connectPacket(v, "8")
				bad.Password = []byte("wrong")
				refused := s.open(t, v, "8")
				refused.send(bad)
				if ack := expect[*packet.Connack](refused); ack.Code != 4 && ack.Code != 0x86 {
					t.Errorf("CONNACK %+v", ack)
				}
				refused.expectEnd(0)
				if st := s.Stats(); st.Transports[transport] == 0 || len(st.Transports) != 1 {
					t.Errorf("stats %+v", st)
				}
				s.TakenOver("7", math.MaxInt64)
				m.expectEnd(packet.SessionTakenOver)
			})
		})
	}
}

// The handshakes below MQTT have no time and no place of their own.
func TestTransportHandshakeIsBounded(t *testing.T) {
	for name, sent := range map[string]string{
		"silent": "", "half a request": "GET /mqtt HTTP/1.1\r\nHost: x\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l := serveSocketPipe(t, devicegw.Config{MaxHandshakes: 1})
				nc, err := l.dial()
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if _, err := nc.Write([]byte(sent)); err != nil {
					t.Fatal(err)
				}
				s.connect(t, connectPacket(packet.V5, "7"))
				if d := time.Since(start); d != 5*time.Second {
					t.Errorf("served after %v", d)
				}
				if st := s.Stats(); st.Refused["connect timeout"] != 1 {
					t.Errorf("stats %+v", st)
				}
			})
		})
	}
	t.Run("upgraded, no CONNECT", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, _ := serveSocketPipe(t, devicegw.Config{})
			start := time.Now()
			nc, err := s.dial()
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := nc.(*socket).ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				t.Errorf("ended by %v", err)
			}
			if d := time.Since(start); d != 5*time.Second {
				t.Errorf("closed after %v", d)
			}
			synctest.Wait()
			if st := s.Stats(); st.Refused["connect timeout"] != 1 {
				t.Errorf("stats %+v", st)
			}
		})
	})
	t.Run("tls", func(t *testing.T) {
		p := newPair(t, 1)
		c, _ := p.load(t, slog.New(slog.DiscardHandler))
		synctest.Test(t, func(t *testing.T) {
			l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
			s := serve(t, devicegw.Config{}, newRecorder(), tls.NewListener(l, c.TLS()))
			nc, err := l.dial()
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if _, err := io.ReadAll(nc); err != nil {
				t.Error(err)
			}
			if d := time.Since(start); d != 5*time.Second {
				t.Errorf("closed after %v", d)
			}
			synctest.Wait()
			if st := s.Stats(); st.Refused["connect timeout"] != 1 {
				t.Errorf("stats %+v", st)
			}
		})
	})
}
