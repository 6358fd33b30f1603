package devicegw

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

const (
	webSocketPath     = "/mqtt"
	webSocketProtocol = "mqtt"
	// maxRequest bounds the HTTP request that opens a WebSocket.
	maxRequest = 8 << 10
	// maxWebSocketMessage bounds one WebSocket message. It may hold several
	// packets and is never in memory as a whole.
	maxWebSocketMessage = 1 << 20
	// pongTimeout bounds the answer to a ping.
	pongTimeout = 10 * time.Second
)

// newUpgrader checks no origin: that protects the cookies of a browser's user,
// and machines send their password in CONNECT.
func newUpgrader() *websocket.Upgrader {
	return &websocket.Upgrader{
		Subprotocols:    []string{webSocketProtocol},
		CheckOrigin:     func(*http.Request) bool { return true },
		WriteBufferSize: 2 << 10,
		WriteBufferPool: &sync.Pool{}, // an idle connection holds no buffer for writing
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			if h, ok := w.(*hijacker); ok {
				_ = h.refuse(status, reason) // Upgrade returns the reason itself
			}
		},
	}
}

// webSocket is a connection whose bytes travel in binary WebSocket messages
// (MQTT 5.0 §6). Packets may be split and joined across messages. Deadlines are
// those of the connection beneath. Reads come from one goroutine, and so do
// writes.
type webSocket struct {
	net.Conn
	upgrader *websocket.Upgrader
	ws       atomic.Pointer[websocket.Conn] // nil before the upgrade
	message  io.Reader                      // rest of the message being read, or nil
	writeBy  atomic.Int64                   // last write deadline, in Unix nanoseconds
}

// NetConn returns the connection beneath.
func (c *webSocket) NetConn() net.Conn { return c.Conn }

// upgrade answers the HTTP request that opens the WebSocket.
func (c *webSocket) upgrade() error {
	head := bufio.NewReaderSize(io.LimitReader(c.Conn, maxRequest), 1<<10)
	r, err := http.ReadRequest(head)
	if err != nil {
		return errors.Join(errWebSocket, err)
	}
	w := &hijacker{nc: c.Conn}
	switch {
	case r.URL.Path != webSocketPath:
		return w.refuse(http.StatusNotFound, errors.New("MQTT is at "+webSocketPath))
	case !slices.Contains(websocket.Subprotocols(r), webSocketProtocol):
		return w.refuse(http.StatusBadRequest, errors.New("the subprotocol is "+webSocketProtocol))
	case head.Buffered() > 0:
		return w.refuse(http.StatusBadRequest, errors.New("data before the answer"))
	}
	ws, err := c.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return errors.Join(errWebSocket, err)
	}
	ws.SetReadLimit(maxWebSocketMessage)
	pong := ws.PingHandler()
	ws.SetPingHandler(func(data string) error {
		// A deadline that is not over may be that of a write under way, which
		// pings must not prolong.
		if now := time.Now(); now.UnixNano() > c.writeBy.Load() {
			_ = c.SetWriteDeadline(now.Add(pongTimeout))
		}
		return pong(data)
	})
	c.ws.Store(ws)
	return nil
}

// Read implements net.Conn.
func (c *webSocket) Read(p []byte) (int, error) {
	for {
		if c.message == nil {
			kind, message, err := c.ws.Load().NextReader()
			if err != nil {
				return 0, plain(err)
			}
			if kind != websocket.BinaryMessage {
				c.sayClose(websocket.CloseUnsupportedData)
				return 0, &packet.Error{Reason: packet.ProtocolError, Msg: "text message on a WebSocket"}
			}
			c.message = message
		}
		n, err := c.message.Read(p)
		if errors.Is(err, io.EOF) {
			c.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, plain(err)
		}
	}
}

// Write implements net.Conn: p becomes one message.
func (c *webSocket) Write(p []byte) (int, error) {
	if err := c.ws.Load().WriteMessage(websocket.BinaryMessage, p); err != nil {
		return 0, plain(err)
	}
	return len(p), nil
}

// SetWriteDeadline implements net.Conn.
func (c *webSocket) SetWriteDeadline(t time.Time) error {
	c.writeBy.Store(t.UnixNano())
	return c.Conn.SetWriteDeadline(t)
}

// Close implements net.Conn.
func (c *webSocket) Close() error {
	c.sayClose(websocket.CloseNormalClosure)
	return c.Conn.Close()
}

// sayClose sends a close frame if that takes no waiting worth mentioning.
func (c *webSocket) sayClose(code int) {
	if ws := c.ws.Load(); ws != nil {
		_ = c.SetWriteDeadline(time.Now().Add(closeTimeout))
		_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(closeTimeout))
	}
}

// plain restores the time-out that the library hides.
func plain(err error) error {
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return os.ErrDeadlineExceeded
	}
	return err
}

// hijacker hands a raw connection to the upgrader, which expects an HTTP server.
type hijacker struct{ nc net.Conn }

func (h *hijacker) Header() http.Header         { return http.Header{} }
func (h *hijacker) Write(p []byte) (int, error) { return h.nc.Write(p) }
func (h *hijacker) WriteHeader(int)             {}

// Hijack implements http.Hijacker. The reader becomes the WebSocket's own, and
// is small because every idle connection has one.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc := withoutDeadlines{h.nc}
	return nc, bufio.NewReadWriter(bufio.NewReaderSize(nc, readBuffer), bufio.NewWriterSize(nc, 16)), nil
}

// refuse answers the request with an error and returns it.
func (h *hijacker) refuse(status int, reason error) error {
	answer := http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Body:   io.NopCloser(strings.NewReader(reason.Error() + "\n")), ContentLength: int64(len(reason.Error()) + 1),
	}
	_ = answer.Write(h.nc) // the client may be gone
	return fmt.Errorf("%w: %w", errWebSocket, reason)
}

// withoutDeadlines keeps the library from changing deadlines, which the
// connection's own code sets.
type withoutDeadlines struct{ net.Conn }

func (withoutDeadlines) SetDeadline(time.Time) error      { return nil }
func (withoutDeadlines) SetWriteDeadline(time.Time) error { return nil }
