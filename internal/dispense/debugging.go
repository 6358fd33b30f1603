package dispense

import (
	"context"
	"strconv"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// methodDebugging runs a channel without any record (mqtt.md §5.6).
const methodDebugging = "client.channel.debugging"

// DebugChannel runs a channel of a machine for a test of which nothing is
// recorded, by its name (mqtt.md §5.6). It takes the dispense lock for the time
// of the drive; nothing releases it early. It refuses with 30006, 30002, 60005,
// and 30005 while the machine dispenses.
func (s *Service) DebugChannel(ctx context.Context, m store.Machine, channelName string) error {
	if err := vending.TestGate().Check(m.Machine.Status, m.Presence.IsOnline, false); err != nil {
		return err
	}
	offer, err := s.namedChannel(ctx, m.Machine.ID, channelName)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		now := s.clock.Millis()
		window := s.cfg.Locks.For(vending.FloorType(offer.FloorType)) * 1000
		if err := takeLock(ctx, tx, db.Delivery{MachineID: m.Machine.ID}, now, window); err != nil {
			return err
		}
		return tx.QueueCommand(ctx, store.Command{
			MachineID: m.Machine.ID, Method: methodDebugging, Now: now, ExpiresAt: now + window,
			Fields: map[string]string{
				"floor_type": strconv.FormatInt(offer.FloorType, 10),
				"is_lp":      vending.Flag(offer.Lift),
				"is_dc":      vending.Flag(offer.DropDetection),
				"code":       strconv.FormatInt(offer.Motor, 10),
				"addr":       strconv.FormatInt(offer.Addr, 10),
				"order_type": "test",
			},
		})
	})
}
