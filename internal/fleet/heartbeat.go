package fleet

import (
	"context"
	"fmt"
	"sync"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// beatBatch bounds the heartbeats of one transaction, so that a fleet that says
// hello all at once holds up no command.
const beatBatch = 128

// Heartbeat is what a machine says of itself every five minutes (mqtt.md §4.3),
// its fields already checked.
type Heartbeat struct {
	MachineID   int64
	NetworkType string
	// NetworkRSSI is "" when the machine does not know it.
	NetworkRSSI string
	// UptimeMinutes is counted since local midnight.
	UptimeMinutes int64
}

// heartbeats gathers what arrives while a transaction is under way into the
// next one. It has a goroutine only while there is something to write.
type heartbeats struct {
	mu      sync.Mutex
	waiting []beat
	writing bool
}

// beat is a heartbeat and who waits for it.
type beat struct {
	Heartbeat
	at   int64
	done chan error
}

// TakeHeartbeat stores a heartbeat; a machine that was offline is online from
// now on (mqtt.md §4.3). It returns after the commit, which heartbeats that
// arrive at the same time share.
func (s *Service) TakeHeartbeat(ctx context.Context, h Heartbeat) error {
	b := beat{Heartbeat: h, at: s.clock.Millis(), done: make(chan error, 1)}
	s.beats.mu.Lock()
	s.beats.waiting = append(s.beats.waiting, b)
	if !s.beats.writing {
		s.beats.writing = true
		go s.writeBeats(context.WithoutCancel(ctx))
	}
	s.beats.mu.Unlock()
	select {
	case err := <-b.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeBeats writes until nothing waits any more.
func (s *Service) writeBeats(ctx context.Context) {
	for {
		batch := s.nextBeats()
		if len(batch) == 0 {
			return
		}
		err := s.storeBeats(ctx, batch)
		for _, b := range batch {
			if err != nil && len(batch) > 1 {
				// One of them cannot be stored; the others must not suffer.
				b.done <- s.storeBeats(ctx, []beat{b})
				continue
			}
			b.done <- err
		}
	}
}

func (s *Service) nextBeats() []beat {
	s.beats.mu.Lock()
	defer s.beats.mu.Unlock()
	n := min(len(s.beats.waiting), beatBatch)
	batch := s.beats.waiting[:n:n]
	s.beats.waiting = s.beats.waiting[n:]
	if n == 0 {
		s.beats.waiting, s.beats.writing = nil, false
	}
	return batch
}

func (s *Service) storeBeats(ctx context.Context, batch []beat) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		for _, b := range batch {
			if err := s.storeBeat(ctx, tx, b); err != nil {
				return fmt.Errorf("heartbeat of machine %d: %w", b.MachineID, err)
			}
		}
		return nil
	})
}

func (s *Service) storeBeat(ctx context.Context, tx *store.Tx, b beat) error {
	n, err := tx.Heartbeat(ctx, db.HeartbeatParams{
		MachineID: b.MachineID, LastHeartbeatAt: b.at, NetworkType: b.NetworkType,
		NetworkRssi: b.NetworkRSSI, UptimeMinutesToday: b.UptimeMinutes,
	})
	if err != nil || n == 1 {
		return err
	}
	n, err = tx.HeartbeatBack(ctx, db.HeartbeatBackParams{
		MachineID: b.MachineID, LastHeartbeatAt: b.at, NetworkType: b.NetworkType,
		NetworkRssi: b.NetworkRSSI, UptimeMinutesToday: b.UptimeMinutes, NotifyMessage: vending.NoticeOnline,
	})
	if err != nil || n == 0 {
		return err
	}
	s.log.Info("machine is online", "machine_id", b.MachineID)
	return alerts.Resolve(ctx, tx, b.MachineID, vending.AlertOffline, "", b.at)
}
