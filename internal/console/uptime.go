package console

import (
	"context"

	"github.com/vendlane/vendlane/internal/store/db"
)

const (
	hour = int64(60 * 60 * 1000)
	// maxBeats bounds the messages an uptime strip is made of. A machine that
	// says more in a day has a shorter strip.
	maxBeats = 3000
	// methodOffline is what a machine, or its last will, says when it goes.
	methodOffline = "client.offline"
)

// uptime is one hour of a machine. Online is the share of it that the machine
// was there, 0–1, null where nobody knows.
type uptime struct {
	HourStart int64    `json:"hour_start"`
	Online    *float64 `json:"online"`
}

// uptime returns the last 24 hours of a machine, from the messages it sent.
func (s *Server) uptime(ctx context.Context, m db.Machine) ([]uptime, error) {
	now := s.clock.Millis()
	first := now - now%hour - 23*hour
	said, err := s.store.RecentMessages(ctx, m.ID, maxBeats, first-s.cfg.OfflineAfter)
	if err != nil {
		return nil, err
	}
	known := m.CreatedAt
	if len(said) == maxBeats {
		known = max(known, said[len(said)-1].CreatedAt)
	}
	return uptimeOf(said, first, now, known, s.cfg.OfflineAfter), nil
}

// uptimeOf sums up messages, newest first: each shows that its machine is there
// for as long as silence does not make it offline, unless it says good-bye.
// Nothing is known of the time before known.
func uptimeOf(said []db.RecentMessagesRow, first, now, known, offlineAfter int64) []uptime {
	online := make([]int64, 24)
	until := now
	for _, message := range said {
		from, to := message.CreatedAt, min(until, message.CreatedAt+offlineAfter)
		until = from
		if message.Method == methodOffline {
			continue
		}
		for i := range online {
			start := first + int64(i)*hour
			online[i] += max(0, min(to, start+hour)-max(from, start))
		}
	}
	out := make([]uptime, len(online))
	for i := range out {
		start := first + int64(i)*hour
		out[i].HourStart = start
		if length := min(start+hour, now) - max(start, known); length > 0 {
			share := min(1, float64(online[i])/float64(length))
			out[i].Online = &share
		}
	}
	return out
}
