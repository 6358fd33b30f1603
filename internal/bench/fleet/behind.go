package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// behind is the platform's place behind a broker, as thin as it can be: it
// takes the machines' messages, acknowledges them and does nothing with them.
type behind struct {
	client  *client
	flights *flights
	taken   atomic.Int64
}

// serveBehind is the child process that is the raw client of the broker at
// addr. It does what its parent asks until r ends.
func serveBehind(ctx context.Context, addr string, r io.Reader, w io.Writer) error {
	nc, err := (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("connect to the broker: %w", err)
	}
	b := &behind{client: &client{nc: nc, in: bufio.NewReaderSize(nc, 64<<10)}, flights: newFlights()}
	// The filter takes in the topic without a number as well.
	err = b.client.hello(&packet.Connect{
		CleanStart: true, ClientID: brokerUser, Username: brokerUser, Password: []byte(password),
	}, sharedTopic+"/#")
	if err != nil {
		return errors.Join(err, nc.Close())
	}
	var reader sync.WaitGroup
	reader.Go(b.read)
	err = answer(ctx, r, w, response{Addr: addr}, b.do)
	_ = nc.Close()
	reader.Wait()
	return err
}

// read takes messages until the connection ends. If that is too early the
// parent notices, for its messages are not taken.
func (b *behind) read() {
	for {
		p, err := b.client.read()
		if err != nil {
			return
		}
		m, ok := p.(*packet.Publish)
		if !ok {
			continue
		}
		if m.Topic == sharedTopic {
			b.taken.Add(1)
		} else {
			b.flights.landed(m.Topic[len(sharedTopic)+1:])
		}
		if err := b.client.write(&packet.Ack{Type: packet.PUBACK, PacketID: m.PacketID}); err != nil {
			return
		}
	}
}

func (b *behind) do(ctx context.Context, q request) (response, error) {
	send := func(_ context.Context, _ int, no string) error {
		return b.client.publish(downPrefix+no, command(no))
	}
	switch q.Op {
	case "settle", "bare":
		return response{}, nil
	case "commands":
		return b.flights.pace(ctx, q, send), nil
	case "reach":
		return b.flights.reach(ctx, q, send), nil
	case "messages":
		return response{Count: int(b.taken.Load())}, nil
	}
	return response{}, errors.New("unknown request")
}
