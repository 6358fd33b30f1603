package callback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// patience is how long a message may be under way, and the end of a receiver.
const patience = time.Minute

// receivers are merchants' servers, which take everything.
type receivers struct {
	urls    []string
	servers []*http.Server
	served  chan error
	arrived chan time.Time
}

func listen(ctx context.Context, n int) (*receivers, error) {
	r := &receivers{served: make(chan error, n), arrived: make(chan time.Time, 1<<16)}
	handler := http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		r.arrived <- time.Now()
	})
	for range n {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen: %w", err), r.close(ctx))
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: patience}
		r.urls, r.servers = append(r.urls, "http://"+listener.Addr().String()+"/notify"), append(r.servers, server)
		go func() { r.served <- server.Serve(listener) }()
	}
	return r, nil
}

// url is where the i-th message goes.
func (r *receivers) url(i int) string { return r.urls[i%len(r.urls)] }

// next waits for a message and returns when it arrived.
func (r *receivers) next(ctx context.Context) (time.Time, error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case at := <-r.arrived:
		return at, nil
	case <-late.C:
		return time.Time{}, errors.New("a message did not arrive in time")
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// await waits for the messages of a warm-up and then for n more; it returns how
// long those took.
func (r *receivers) await(ctx context.Context, warmUp, n int) (time.Duration, error) {
	var began, ended time.Time
	for i := range warmUp + n {
		at, err := r.next(ctx)
		if err != nil {
			return 0, fmt.Errorf("message %d of %d: %w", i+1, warmUp+n, err)
		}
		if i < max(1, warmUp) {
			began = at
		}
		ended = at
	}
	return ended.Sub(began), nil
}

func (r *receivers) close(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for _, server := range r.servers {
		err = errors.Join(err, server.Shutdown(ctx))
		if served := <-r.served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
	}
	return err
}
