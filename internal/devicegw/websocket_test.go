package devicegw_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// socket is the client's side of a WebSocket as a byte stream. It cuts what it
// sends into messages of at most size bytes.
type socket struct {
	*websocket.Conn
	size    int
	message io.Reader
}

func (s *socket) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			kind, r, err := s.NextReader()
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage {
				return 0, io.ErrUnexpectedEOF
			}
			s.message = r
		}
		n, err := s.message.Read(p)
		if err == io.EOF {
			s.message = nil
		}
		if n > 0 {
			return n, nil
		}
	}
}

func (s *socket) Write(p []byte) (int, error) {
	for start := 0; start < len(p); start += s.size {
		if err := s.WriteMessage(websocket.BinaryMessage, p[start:min(start+s.size, len(p))]); err != nil {
			return start, err
		}
	}
	return len(p), nil
}

func (s *socket) SetDeadline(t time.Time) error {
	_ = s.SetReadDeadline(t)
	return s.SetWriteDeadline(t)
}

// dialSocket opens a WebSocket over nc.
func dialSocket(nc net.Conn, size int) (*socket, error) {
	d := websocket.Dialer{
		NetDial:      func(string, string) (net.Conn, error) { return nc, nil },
		Subprotocols: []string{"mqtt"}, ReadBufferSize: 256, WriteBufferSize: 256,
	}
	ws, answer, err := d.Dial("ws://gateway/mqtt", nil)
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	_ = answer.Body.Close()
	return &socket{Conn: ws, size: size}, nil
}

// serveSocketPipe is servePipe for WebSockets. The listener is for connections
// that are none yet.
func serveSocketPipe(t testing.TB, cfg devicegw.Config) (*server, *pipeListener) {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := serveBy(t, cfg, newRecorder(), l, (*devicegw.Gateway).ServeWebSocket)
	s.dial = func() (net.Conn, error) {
		nc, err := l.dial()
		if err != nil {
			return nil, err
		}
		return dialSocket(nc, 7)
	}
	return s, l
}

func TestWebSocketSplitsAndJoins(t *testing.T) {
	for _, size := range []int{1, 2, 3, 100} {
		s := serveTransport(t, "ws", devicegw.Config{})
		nc, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		ws, err := dialSocket(nc, size)
		if err != nil {
			t.Fatal(err)
		}
		m := &machine{t: t, nc: ws, br: newReader(ws), v: packet.V5, no: "7"}
		var raw []byte
		for _, p := range []packet.Packet{
			connectPacket(packet.V5, "7"), publication("/server/app", 1, 1, "a"), packet.Pingreq{}, publication("/server/app", 1, 2, "b"),
		} {
			raw, _ = packet.Append(raw, packet.V5, p)
		}
		m.sendRaw(raw)
		expect[*packet.Connack](m)
		expectAck(m, packet.PUBACK, 1, 0)
		expect[packet.Pingresp](m)
		expectAck(m, packet.PUBACK, 2, 0)
		_ = ws.Close()
	}
}

func TestWebSocketRefusals(t *testing.T) {
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	const upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	const protocol = "Sec-WebSocket-Protocol: mqtt\r\n"
	for _, c := range []struct{ name, request, want string }{
		{"good", "GET /mqtt HTTP/1.1\r\n" + upgrade + key + protocol + "\r\n", "HTTP/1.1 101"},
		{"origin is no matter", "GET /mqtt HTTP/1.1\r\nOrigin: https://elsewhere\r\n" + upgrade + key + protocol + "\r\n", "HTTP/1.1 101"},
		{"other path", "GET / HTTP/1.1\r\n" + upgrade + key + protocol + "\r\n", "HTTP/1.1 404"},
		{"no subprotocol", "GET /mqtt HTTP/1.1\r\n" + upgrade + key + "\r\n", "HTTP/1.1 400"},
		{"other subprotocol", "GET /mqtt HTTP/1.1\r\n" + upgrade + key + "Sec-WebSocket-Protocol: chat\r\n\r\n", "HTTP/1.1 400"},
		{"no key", "GET /mqtt HTTP/1.1\r\n" + upgrade + protocol + "\r\n", "HTTP/1.1 400"},
		{"no upgrade", "GET /mqtt HTTP/1.1\r\nHost: x\r\n" + protocol + "\r\n", "HTTP/1.1 400"},
		{"POST", "POST /mqtt HTTP/1.1\r\n" + upgrade + key + protocol + "\r\n", "HTTP/1.1 405"},
		{"data before the answer", "GET /mqtt HTTP/1.1\r\n" + upgrade + key + protocol + "\r\n\x82\x80", "HTTP/1.1 400"},
		{"MQTT without WebSocket", "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x017\r\n", ""},
		{"endless header", "GET /mqtt HTTP/1.1\r\nX: " + strings.Repeat("x", 9<<10), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveTransport(t, "ws", devicegw.Config{})
			nc, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = nc.Close() }()
			m := &machine{t: t, nc: nc, br: newReader(nc)}
			m.sendRaw([]byte(c.request))
			if c.want == "HTTP/1.1 101" {
				answer, err := http.ReadResponse(m.br, nil)
				if err == nil {
					defer func() { _ = answer.Body.Close() }()
				}
				if err != nil || answer.StatusCode != http.StatusSwitchingProtocols || answer.Header.Get("Sec-WebSocket-Protocol") != "mqtt" {
					t.Errorf("%+v, %v", answer, err)
				}
				return
			}
			if got := m.rest(); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("answer %q", got)
			}
			if st := s.Stats(); st.Refused["websocket handshake"] != 1 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func TestWebSocketMessagesRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		kind int
		size int
		code int
	}{
		{"text", websocket.TextMessage, 2, websocket.CloseUnsupportedData},
		{"too large", websocket.BinaryMessage, 1<<20 + 1, websocket.CloseMessageTooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveTransport(t, "ws", devicegw.Config{})
			m := s.connect(t, withWill(connectPacket(packet.V311, "7")))
			receive(t, s.states)
			ws := m.nc.(*socket)
			_ = ws.SetReadDeadline(time.Now().Add(patience))
			_ = ws.WriteMessage(c.kind, make([]byte, c.size)) // the gateway may close before it is complete
			if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, c.code) {
				if c.size < 1<<20 { // a reset may overtake the close frame of the large one
					t.Errorf("ended by %v", err)
				}
			}
			if off := receive(t, s.states); off.Online {
				t.Errorf("state %+v", off)
			}
			if w := receive(t, s.messages); !w.Will {
				t.Errorf("message %+v", w)
			}
		})
	}
}

// Pings of the WebSocket are answered but are no sign of life of the machine.
func TestWebSocketPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := serveSocketPipe(t, devicegw.Config{})
		m := s.connect(t, connectPacket(packet.V311, "7"))
		receive(t, s.states)
		start := time.Now()
		ws := m.nc.(*socket)
		_ = ws.SetReadDeadline(time.Time{})
		pongs := make(chan string, 10)
		ws.SetPongHandler(func(data string) error { pongs <- data; return nil })
		go func() { _, _, _ = ws.ReadMessage() }()
		time.Sleep(80 * time.Second)
		if err := ws.WriteControl(websocket.PingMessage, []byte("here"), time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, pongs); got != "here" {
			t.Errorf("pong %q", got)
		}
		if st := <-s.states; st.Reason != "keep-alive timeout" {
			t.Errorf("state %+v", st)
		}
		if d := time.Since(start); d != 90*time.Second {
			t.Errorf("ended after %v", d)
		}
	})
}

// Pings do not give a machine that reads nothing more time for a write.
func TestWebSocketPingOfSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := serveSocketPipe(t, devicegw.Config{})
		m := s.connect(t, connectPacket(packet.V311, "7"))
		receive(t, s.states)
		m.subscribe()
		start := time.Now()
		result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{Payload: []byte("never read")})
		for range 2 {
			time.Sleep(4 * time.Second)
			if err := m.nc.(*socket).WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		if st := <-s.states; st.Reason != "slow reader" {
			t.Errorf("state %+v", st)
		}
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("ended after %v", d)
		}
		wantErr(t, receive(t, result), devicegw.ErrNotAcknowledged)
	})
}
