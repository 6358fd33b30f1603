package callback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
)

// patience is how long a message may be under way.
const patience = time.Minute

// receivers are merchants' servers, which take everything.
type receivers struct {
	servers []*bench.Server
	arrived chan time.Time
}

func listen(ctx context.Context, n int) (*receivers, error) {
	r := &receivers{arrived: make(chan time.Time, 1<<16)}
	handler := http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		_, _ = io.Copy(io.Discard, q.Body)
		r.arrived <- time.Now()
	})
	for range n {
		server, err := bench.Serve(ctx, handler)
		if err != nil {
			return nil, errors.Join(err, r.close(ctx))
		}
		r.servers = append(r.servers, server)
	}
	return r, nil
}

// url is where the i-th message goes.
func (r *receivers) url(i int) string {
	return "http://" + r.servers[i%len(r.servers)].Addr + "/notify"
}

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
	for _, server := range r.servers {
		err = errors.Join(err, server.Close(ctx))
	}
	return err
}
