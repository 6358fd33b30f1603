package redeem

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/signature"
	"golang.org/x/sync/errgroup"
)

// load are requests that were signed before the clock runs, one for each code.
// All have the same length, so they share their head.
type load struct {
	head   []byte
	bodies [][]byte
	codes  []int // the number of each one's code
	next   atomic.Int64
	again  bool // after the last request comes the first
}

// prepare signs n requests on some goroutines. codeOf tells which code each is
// for.
func prepare(n, machines, goroutines int, codeOf func(i int) int) (*load, error) {
	l := &load{bodies: make([][]byte, n), codes: make([]int, n)}
	timestamp := fmt.Sprint(time.Now().Unix())
	var group errgroup.Group
	for first := range goroutines {
		group.Go(func() (err error) {
			for i := first; i < n; i += goroutines {
				code := codeOf(i)
				l.codes[i] = code
				l.bodies[i], err = signature.NewEnvelope(map[string]any{
					"machine_no": machineNo(code % machines), "method": "event.consume.pickup_code", "code": codeText(code),
					"product_id": fmt.Sprintf("%d", code%machines+1), "notify_url": "https://merchant.example/notify",
					"trade_id": tradeID(code), "timestamp": timestamp,
				}, appKey)
				if err != nil {
					return fmt.Errorf("sign a request: %w", err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	l.head = fmt.Appendf(nil, "POST %s/consumes HTTP/1.1\r\nHost: bench\r\nAppid: %s\r\nAppSecret: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: ", openapi.Prefix, appID, appSecret)
	return l, nil
}

// outcome is what a load brought.
type outcome struct {
	acknowledged []int64 // row ids of the codes that were redeemed
	waits        []time.Duration
	took         time.Duration
}

func (o outcome) rate() float64 { return float64(len(o.acknowledged)) / o.took.Seconds() }

// run sends the requests over connections that are spread over the nodes. Each
// connection sends its next request when the last one is answered, until the
// period is over or there are no more. With a rate, requests are due at equal
// distances, so many per second, and waits count from then on: who is late makes
// the next one wait. Any answer but a redemption is an error.
func (l *load) run(ctx context.Context, addrs []string, connections int, period time.Duration, rate float64) (outcome, error) {
	var out outcome
	each := make([]outcome, connections)
	conns := make([]net.Conn, connections)
	for i := range conns {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addrs[i%len(addrs)])
		if err != nil {
			return out, fmt.Errorf("connect: %w", err)
		}
		defer func() { _ = conn.Close() }()
		conns[i] = conn
	}
	p := pace{began: time.Now(), first: l.next.Load(), rate: rate}
	p.end = p.began.Add(period)
	group, ctx := errgroup.WithContext(ctx)
	for i, conn := range conns {
		group.Go(func() error { return l.connection(ctx, conn, p, &each[i]) })
	}
	err := group.Wait()
	out.took = time.Since(p.began)
	for _, o := range each {
		out.acknowledged = append(out.acknowledged, o.acknowledged...)
		out.waits = append(out.waits, o.waits...)
	}
	return out, err
}

// pace tells when requests are due.
type pace struct {
	began, end time.Time
	first      int64   // the request that is due at began
	rate       float64 // 0: at once
}

// await waits until a request is due and returns when that was; false tells that
// the period is over.
func (p pace) await(ctx context.Context, i int64) (due time.Time, ok bool) {
	if p.rate == 0 {
		now := time.Now()
		return now, now.Before(p.end)
	}
	due = p.began.Add(time.Duration(float64(i-p.first) / p.rate * float64(time.Second)))
	if !due.Before(p.end) {
		return due, false
	}
	if early := time.Until(due); early > 0 {
		select {
		case <-time.After(early):
		case <-ctx.Done():
			return due, false
		}
	}
	return due, true
}

func (l *load) connection(ctx context.Context, conn net.Conn, p pace, out *outcome) error {
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	reader := bufio.NewReader(conn)
	var request []byte
	for {
		turn := l.next.Add(1) - 1
		due, ok := p.await(ctx, turn)
		if !ok || turn >= int64(len(l.bodies)) && !l.again {
			return nil
		}
		i := turn % int64(len(l.bodies))
		request = fmt.Appendf(append(request[:0], l.head...), "%d\r\n\r\n", len(l.bodies[i]))
		request = append(request, l.bodies[i]...)
		if _, err := conn.Write(request); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if err := answered(reader); err != nil {
			return err
		}
		out.acknowledged = append(out.acknowledged, int64(l.codes[i])+1)
		out.waits = append(out.waits, time.Since(due))
	}
}

// answered reads the answer to a redemption.
func answered(r *bufio.Reader) error {
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if !bytes.HasPrefix(body, []byte(`{"code":0,`)) {
		return fmt.Errorf("not redeemed: HTTP %d %s", answer.StatusCode, body)
	}
	return nil
}
