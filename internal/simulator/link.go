package simulator

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

const (
	keepAlive      = 60 * time.Second // mqtt.md §2.1
	connectTimeout = 10 * time.Second // for each of TCP, CONNECT and SUBSCRIBE
	writeTimeout   = 5 * time.Second
	goodbyeTimeout = 250 * time.Millisecond
	firstRetry     = time.Second
	lastRetry      = 30 * time.Second
)

// link is one connection. See the package comment for why it is never reused.
type link struct {
	client mqtt.Client
	topic  string          // up
	ctx    context.Context // its end cuts the connection
	cut    context.CancelFunc
	lost   chan error // why the connection ended; buffered

	mu    sync.Mutex
	conn  net.Conn // nil before there is one
	queue []outgoing
	wake  chan struct{} // buffered: queue is not empty

	// For the machine's goroutine: commands that arrive before the start
	// sequence is through wait here.
	booted    bool
	held      []mqtt.Message
	overtaken *arrival // see Redelivery.AfterNext
}

// pause is why a machine ends a connection itself.
type pause struct {
	wait  time.Duration // before it connects again
	clean bool          // with a DISCONNECT
	why   string
}

func (p pause) Error() string { return p.why }

// end says why the connection ends, if it is not ending already; a pause asks
// for it.
func (l *link) end(why error) {
	select {
	case l.lost <- why:
	default:
	}
}

// outgoing is one thing to do on a link.
type outgoing struct {
	body   []byte       // message to publish with QoS 1, or nil
	acked  func()       // posted when the server acknowledged body
	handed func()       // posted when its turn has come, for body == nil
	answer mqtt.Message // received message to acknowledge, for body == nil
}

// stayConnected connects until ctx ends, and serves each connection.
func (m *Machine) stayConnected(ctx context.Context) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		wait := retryDelay(m.cfg.MachineNo, attempt)
		l, err := m.connect(ctx)
		if err == nil {
			attempt = 0
			wait = retryDelay(m.cfg.MachineNo, attempt)
			m.post(func() { m.up(l) })
			err = m.serve(l)
			if p, own := errors.AsType[pause](err); own {
				wait = p.wait
				if p.clean {
					l.disconnect()
				}
			}
			l.drop()
			m.post(func() { m.down(err) })
		} else if ctx.Err() == nil {
			m.post(func() { m.emit(Event{Kind: ConnectFailed, Detail: err.Error()}) })
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// retryDelay doubles from 1 s to 30 s, and spreads by a quarter up and down so
// that a fleet does not come back all at once. The spread follows from the
// machine number, which keeps it the same in every run.
func retryDelay(machineNo string, attempt int) time.Duration {
	d := min(firstRetry<<min(attempt, 10), lastRetry)
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, machineNo, attempt) // a hash takes everything
	return d*3/4 + d/2*time.Duration(h.Sum32()%1024)/1024
}

// connect is step 3 of mqtt.md §6.4 up to the subscription.
func (m *Machine) connect(ctx context.Context) (*link, error) {
	l := &link{
		topic: "/server/app/" + m.cfg.MachineNo,
		lost:  make(chan error, 1),
		wake:  make(chan struct{}, 1),
	}
	l.ctx, l.cut = context.WithCancel(ctx)
	l.client = mqtt.NewClient(m.options(l))
	connecting := l.client.Connect()
	<-connecting.Done() // bounded by connectTimeout and by l.ctx
	if err := connecting.Error(); err != nil {
		l.cut()
		return nil, fmt.Errorf("connect: %w", err)
	}
	if err := l.subscribe("/clients/" + m.cfg.MachineNo); err != nil {
		l.drop()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return l, nil
}

func (m *Machine) options(l *link) *mqtt.ClientOptions {
	o := mqtt.NewClientOptions().
		AddBroker(m.cfg.BrokerURL).
		SetProtocolVersion(4). // 3.1.1, and no second attempt with 3.1
		SetClientID(m.cfg.MachineNo).
		SetUsername(m.cfg.MachineNo).
		SetPassword(m.state.password(m.cfg.Password)).
		SetCleanSession(false).
		SetBinaryWill(l.topic, m.offline("network_timeout"), 1, false). // mqtt.md §2.3
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetKeepAlive(keepAlive).
		SetPingTimeout(connectTimeout).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetAutoAckDisabled(true) // we acknowledge after the effect
	o.SetDefaultPublishHandler(func(_ mqtt.Client, msg mqtt.Message) {
		m.post(func() { m.receive(l, msg) })
	})
	o.SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.end(err) })
	o.SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(l.ctx, connectTimeout)
		defer cancel()
		conn, err := m.open(ctx, u)
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		l.conn = conn
		l.mu.Unlock()
		context.AfterFunc(l.ctx, func() { _ = conn.Close() }) // ends a CONNECT that waits for its answer
		return conn, nil
	})
	return o
}

func (l *link) subscribe(topic string) error {
	token := l.client.Subscribe(topic, 1, nil)
	select {
	case <-token.Done():
	case err := <-l.lost:
		return err
	case <-l.ctx.Done():
		return l.ctx.Err()
	case <-time.After(connectTimeout):
		return fmt.Errorf("no answer")
	}
	if err := token.Error(); err != nil {
		return err
	}
	if granted := token.(*mqtt.SubscribeToken).Result()[topic]; granted > 2 {
		return fmt.Errorf("refused with code 0x%02X", granted)
	}
	return nil
}

// put appends to what the link does. It never blocks. On a link that is lost
// nothing happens any more.
func (l *link) put(o outgoing) {
	l.mu.Lock()
	l.queue = append(l.queue, o)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *link) take() []outgoing {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.queue
	l.queue = nil
	return list
}

// serve does what was put, in order, until the connection is lost or cut.
func (m *Machine) serve(l *link) error {
	for {
		select {
		case err := <-l.lost:
			return err
		case <-l.ctx.Done():
			return l.ctx.Err()
		case <-l.wake:
			for _, o := range l.take() {
				m.do(l, o)
			}
		}
	}
}

func (m *Machine) do(l *link, o outgoing) {
	switch {
	case o.answer != nil:
		o.answer.Ack()
		return
	case o.body == nil:
		m.post(o.handed)
		return
	}
	token := l.client.Publish(l.topic, 1, false, o.body)
	m.workers.Go(func() {
		select {
		case <-token.Done():
			if token.Error() == nil {
				m.post(o.acked)
			}
		case <-l.ctx.Done():
		}
	})
}

// disconnect ends the connection in order: the server forgets the last will.
func (l *link) disconnect() { l.client.Disconnect(uint(goodbyeTimeout.Milliseconds())) }

// drop cuts the connection, if it is still there, and frees the client. The
// socket must be closed before the client is told: else it could send a
// DISCONNECT, and the server would forget the last will.
func (l *link) drop() {
	l.cut()
	l.mu.Lock()
	_ = l.conn.Close() // it has been lost, or is being cut, anyway
	l.mu.Unlock()
	l.disconnect() // ends the client's goroutines
}
