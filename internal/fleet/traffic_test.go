package fleet_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
)

func totals(n int64) fleet.Counters {
	return fleet.Counters{UploadBytes: n, DownloadBytes: 2 * n, UploadPackets: 3 * n, DownloadPackets: 4 * n}
}

func (f *fixture) traffic(t testing.TB, network int64, c fleet.Counters) {
	t.Helper()
	must(t, f.fleet.TakeTraffic(t.Context(), f.sender(t), fleet.Traffic{NetworkType: network, Totals: c}))
}

// wantTraffic compares the days, newest first: day, network, the four counters.
func (f *fixture) wantTraffic(t testing.TB, want ...string) {
	t.Helper()
	rows, err := f.fleet.TrafficDays(t.Context(), f.Machine.ID, 100)
	must(t, err)
	got := []string{}
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s %d: %d %d %d %d", r.Day, r.NetworkType, r.UploadBytes, r.DownloadBytes, r.UploadPackets, r.DownloadPackets))
	}
	if !slices.Equal(got, want) {
		t.Errorf("traffic %q, want %q", got, want)
	}
}

// The day gets the difference to the last totals; a total below the last one
// was reset and counts in full, each for itself (mqtt.md §4.13).
func TestTraffic(t *testing.T) {
	f := newFixture(t)
	f.traffic(t, 2, totals(100))
	f.wantTraffic(t, "2024-04-29 2: 100 200 300 400")
	f.traffic(t, 2, totals(150))
	f.wantTraffic(t, "2024-04-29 2: 150 300 450 600")
	f.traffic(t, 2, totals(150)) // the same again
	f.wantTraffic(t, "2024-04-29 2: 150 300 450 600")
	f.traffic(t, 2, totals(10))
	f.wantTraffic(t, "2024-04-29 2: 160 320 480 640")
	f.traffic(t, 2, fleet.Counters{UploadBytes: 4, DownloadBytes: 25, UploadPackets: 0, DownloadPackets: 40})
	f.wantTraffic(t, "2024-04-29 2: 164 325 480 640")
	f.traffic(t, 2, totals(100)) // from 4, 25, 0 and 40
	f.wantTraffic(t, "2024-04-29 2: 260 500 780 1000")
}

// Each network has totals of its own.
func TestTrafficOfSeveralNetworks(t *testing.T) {
	f := newFixture(t)
	f.traffic(t, 1, totals(1000))
	f.traffic(t, 2, totals(10))
	f.traffic(t, 3, totals(1))
	f.traffic(t, 1, totals(1001))
	f.wantTraffic(t, "2024-04-29 1: 1001 2002 3003 4004", "2024-04-29 2: 10 20 30 40", "2024-04-29 3: 1 2 3 4")
}

// The day is the machine's own.
func TestTrafficDayIsOfTheMachineZone(t *testing.T) {
	f := newFixture(t)
	f.Advance(time.Date(2024, 4, 29, 14, 59, 59, 0, time.UTC).Sub(f.Now()))
	f.exec(t, "UPDATE machines SET timezone = 'Asia/Tokyo'")
	f.traffic(t, 1, totals(100))
	f.Advance(time.Second)
	f.traffic(t, 1, totals(107))
	f.wantTraffic(t, "2024-04-30 1: 7 14 21 28", "2024-04-29 1: 100 200 300 400")
}

// Readings that arrive at once, repeats among them, count what was carried
// exactly once.
func TestConcurrentTraffic(t *testing.T) {
	f := newFixture(t)
	const repeats = 16
	errs := make([]error, 3*repeats)
	sender := f.sender(t)
	var wg sync.WaitGroup
	for i := range errs {
		network := int64(1 + i%3)
		wg.Go(func() {
			errs[i] = f.fleet.TakeTraffic(t.Context(), sender, fleet.Traffic{NetworkType: network, Totals: totals(100 * network)})
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	f.wantTraffic(t, "2024-04-29 1: 100 200 300 400", "2024-04-29 2: 200 400 600 800", "2024-04-29 3: 300 600 900 1200")
}
