package callback

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// arrivals tells when a message arrived.
func arrivals(b *testing.B, servers, size int) (urls []string, arrived chan time.Time) {
	b.Helper()
	arrived = make(chan time.Time, size)
	for range servers {
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- time.Now() }))
		b.Cleanup(server.Close)
		urls = append(urls, server.URL)
	}
	return urls, arrived
}

func run(b *testing.B, r *Relay) {
	b.Helper()
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	wg.Go(func() { _ = r.Run(ctx) })
	b.Cleanup(func() {
		cancel()
		wg.Wait()
	})
}

// BenchmarkDeliveries measures durable deliveries to receivers on this machine.
func BenchmarkDeliveries(b *testing.B) {
	for _, endpoints := range []int{1, 16} {
		b.Run(strconv.Itoa(endpoints)+"_endpoints", func(b *testing.B) {
			f := newFixture(b, time.Now)
			urls, arrived := arrivals(b, endpoints, b.N+endpoints)
			per := (b.N + endpoints - 1) / endpoints
			for _, url := range urls {
				f.queueMany(url, per)
			}
			b.ResetTimer()
			r := f.relay(Config{})
			run(b, r)
			for range per * endpoints {
				<-arrived
			}
			b.ReportMetric(float64(per*endpoints)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkFirstAttempt measures from the commit of a message to its arrival
// at the receiver, one message at a time.
func BenchmarkFirstAttempt(b *testing.B) {
	f := newFixture(b, time.Now)
	urls, arrived := arrivals(b, 1, 1)
	run(b, f.relay(Config{}))
	var waits []time.Duration
	for b.Loop() {
		f.queue(urls[0], 0, 0)
		committed := time.Now()
		waits = append(waits, (<-arrived).Sub(committed))
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-µs")
}
