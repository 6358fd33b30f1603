package callback

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"golang.org/x/sync/errgroup"
)

// loop is what a program would do that keeps nothing: it posts.
type loop struct {
	client *http.Client
	to     *receivers
}

func startLoop(ctx context.Context, endpoints int) (*loop, error) {
	to, err := listen(ctx, endpoints)
	if err != nil {
		return nil, err
	}
	return &loop{client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: perEndpoint}}, to: to}, nil
}

func (l *loop) close(ctx context.Context) error {
	l.client.CloseIdleConnections()
	return l.to.close(ctx)
}

func (l *loop) post(ctx context.Context, i int) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.to.url(i), strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := l.client.Do(request)
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	return answer.Body.Close()
}

// looped measures posts without anything around them.
func (r *run) looped(ctx context.Context, endpoints int) (err error) {
	l, err := startLoop(ctx, endpoints)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close(ctx)) }()
	all := r.warmUp() + r.messages
	group, groupCtx := errgroup.WithContext(ctx)
	for first := range endpoints * perEndpoint {
		group.Go(func() error {
			for i := first; i < all; i += endpoints * perEndpoint {
				if err := l.post(groupCtx, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	took, err := l.to.await(groupCtx, r.warmUp(), r.messages) // a post that fails ends it
	if err := errors.Join(err, group.Wait()); err != nil {
		return err
	}
	f := r.rate(endpoints)
	f.Baseline = append(f.Baseline, float64(r.messages)/took.Seconds())
	return nil
}

// loopedFirst measures how long a post is under way.
func (r *run) loopedFirst(ctx context.Context) (err error) {
	l, err := startLoop(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close(ctx)) }()
	took, err := r.oneByOne(ctx, l.to, func() (time.Time, error) {
		sent := time.Now()
		return sent, l.post(ctx, 0)
	})
	if err != nil {
		return err
	}
	p50, p99 := r.waits()
	p50.Baseline = append(p50.Baseline, bench.Percentile(took, 0.5))
	p99.Baseline = append(p99.Baseline, bench.Percentile(took, 0.99))
	return nil
}
