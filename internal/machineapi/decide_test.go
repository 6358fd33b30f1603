package machineapi

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store/db"
)

func TestDecide(t *testing.T) {
	const expires = 30_000
	dispense := func(attempts, sentAt int64) db.Command {
		return db.Command{DeliveryID: 5, ExpiresAt: expires, Attempts: attempts, SentAt: sentAt}
	}
	tests := map[string]struct {
		row  db.Command
		now  int64
		want update // zero means: send
	}{
		"first time":                        {row: dispense(1, 0), now: 0},
		"last moment of the window":         {row: dispense(1, 0), now: expires - 1},
		"window over, never written":        {row: dispense(1, 0), now: expires, want: update{outcome: outcomeExpired, notHandedOver: true}},
		"window over, perhaps written":      {row: dispense(2, 0), now: expires, want: update{outcome: outcomeExpired}},
		"other message over":                {row: db.Command{ExpiresAt: expires, Attempts: 1}, now: expires, want: update{outcome: outcomeExpired}},
		"repeat after the window":           {row: dispense(2, 1_000), now: 61_000},
		"last repeat, late but useful":      {row: dispense(2, 1_000), now: 91_000},
		"last repeat after a long standing": {row: dispense(2, 1_000), now: 91_001, want: update{outcome: outcomeDone}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, send := decide(test.row, test.now)
			if got != test.want || send != (test.want == update{}) {
				t.Fatalf("got %+v, send %v, want %+v", got, send, test.want)
			}
		})
	}
}

func TestAfterSend(t *testing.T) {
	const published, expires = 1_000, 31_000
	wrapped := func(err error) error { return fmt.Errorf("%w: details", err) }
	tests := map[string]struct {
		dispense bool
		sentAt   int64
		attempts int64
		now      int64
		err      error
		want     update
	}{
		"dispense acknowledged": {
			dispense: true, now: 1_200,
			want: update{outcome: outcomeAgain, dueAt: 21_000, sentAt: 1_000, markSent: true},
		},
		"dispense acknowledged after the first repeat's time": {
			dispense: true, now: 21_000,
			want: update{outcome: outcomeAgain, dueAt: 61_000, sentAt: 1_000, markSent: true},
		},
		"first repeat": {
			dispense: true, sentAt: 1_000, now: 21_000,
			want: update{outcome: outcomeAgain, dueAt: 61_000, sentAt: 1_000},
		},
		"first repeat meets nobody": {
			dispense: true, sentAt: 1_000, now: 21_000, err: wrapped(devicegw.ErrOffline),
			want: update{outcome: outcomeAgain, dueAt: 61_000, sentAt: 1_000},
		},
		"second repeat":              {dispense: true, sentAt: 1_000, now: 61_000, want: update{outcome: outcomeDone}},
		"second repeat meets nobody": {dispense: true, sentAt: 1_000, now: 61_000, err: devicegw.ErrOffline, want: update{outcome: outcomeDone}},
		"second repeat unanswered":   {dispense: true, sentAt: 1_000, now: 71_000, err: devicegw.ErrNotAcknowledged, want: update{outcome: outcomeDone}},
		"offline": {
			dispense: true, now: 1_000, err: wrapped(devicegw.ErrOffline),
			want: update{outcome: outcomePutBack, dueAt: expires, waits: true},
		},
		"unanswered": {
			dispense: true, now: 11_000, err: wrapped(devicegw.ErrNotAcknowledged),
			want: update{outcome: outcomeAgain, dueAt: 16_000},
		},
		"unanswered near the end": {
			dispense: true, now: 29_000, err: devicegw.ErrNotAcknowledged,
			want: update{outcome: outcomeAgain, dueAt: expires},
		},
		"unknown error is taken as perhaps written": {
			dispense: true, now: 1_000, err: errors.New("?"),
			want: update{outcome: outcomeAgain, dueAt: 6_000},
		},
		"too large": {
			dispense: true, now: 1_000, err: wrapped(devicegw.ErrTooLarge),
			want: update{outcome: outcomeExpired, notHandedOver: true},
		},
		"too large after a doubtful attempt": {
			dispense: true, attempts: 2, now: 1_000, err: devicegw.ErrTooLarge,
			want: update{outcome: outcomeExpired},
		},
		"other acknowledged":    {now: 1_100, want: update{outcome: outcomeDone}},
		"other offline":         {now: 1_000, err: devicegw.ErrOffline, want: update{outcome: outcomePutBack, dueAt: expires, waits: true}},
		"other unanswered":      {now: 1_000, err: devicegw.ErrNotAcknowledged, want: update{outcome: outcomeAgain, dueAt: 6_000}},
		"unanswered again":      {attempts: 3, now: 1_000, err: devicegw.ErrNotAcknowledged, want: update{outcome: outcomeAgain, dueAt: 21_000}},
		"unanswered very often": {attempts: 4_000, now: 1_000, err: devicegw.ErrNotAcknowledged, want: update{outcome: outcomeAgain, dueAt: 31_000}},
		"dispense unanswered again": {
			dispense: true, attempts: 3, now: 11_000, err: devicegw.ErrNotAcknowledged,
			want: update{outcome: outcomeAgain, dueAt: 16_000},
		},
		"other too large": {now: 1_000, err: devicegw.ErrTooLarge, want: update{outcome: outcomeExpired}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			row := db.Command{ExpiresAt: expires, Attempts: max(1, test.attempts), SentAt: test.sentAt}
			if test.dispense {
				row.DeliveryID = 5
			}
			if got := afterSend(row, published, test.now, test.err); got != test.want {
				t.Fatalf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestBehind(t *testing.T) {
	parked := db.Command{DueAt: 90_000, ExpiresAt: 90_000}
	if got, want := behind(parked, 1_000), (update{outcome: outcomePutBack, dueAt: 90_000, waits: true}); got != want {
		t.Errorf("behind a parked row: %+v, want %+v", got, want)
	}
	retried := db.Command{DueAt: 6_000, ExpiresAt: 6_000}
	if got, want := behind(retried, 1_000), (update{outcome: outcomePutBack, dueAt: 6_000}); got != want {
		t.Errorf("behind a row that is tried again when its time ends: %+v, want %+v", got, want)
	}
	due := db.Command{DueAt: 500, ExpiresAt: 90_000}
	if got, want := behind(due, 1_000), (update{outcome: outcomePutBack, dueAt: 2_000}); got != want {
		t.Errorf("behind a row under way: %+v, want %+v", got, want)
	}
}

func TestFailedHere(t *testing.T) {
	tests := map[string]struct {
		row  db.Command
		want int64
	}{
		"first publication":            {db.Command{ExpiresAt: 90_000}, 6_000},
		"shortly before its time ends": {db.Command{ExpiresAt: 1_500}, 1_500},
		"repeat after its window":      {db.Command{ExpiresAt: 500, SentAt: 100}, 6_000},
	}
	for name, test := range tests {
		if got, want := failedHere(test.row, 1_000), (update{outcome: outcomePutBack, dueAt: test.want}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestMessageExpiry(t *testing.T) {
	row := db.Command{DeliveryID: 5, CreatedAt: 1_000, ExpiresAt: 31_000}
	if got := messageExpiry(row, 21_000); got != 30*time.Second {
		t.Errorf("dispense command: %v, want its start window", got)
	}
	row.DeliveryID = 0
	if got := messageExpiry(row, 21_000); got != 10*time.Second {
		t.Errorf("other message: %v, want the time left", got)
	}
}
