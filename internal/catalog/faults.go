package catalog

import (
	"context"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// methodFaultClear tells a machine that channels were repaired (mqtt.md §5.17).
const methodFaultClear = "client.channel.fault.clear"

// ClearFaults marks the channels of products normal and tells the machine, whose
// next report decides (mqtt.md §5.17). No products means every faulty one. It
// returns the products, and refuses with 60001 for one of another machine.
func (s *Service) ClearFaults(ctx context.Context, machineID int64, productIDs []int64) ([]int64, error) {
	var cleared []int64
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		cleared = productIDs
		if len(cleared) == 0 {
			var err error
			if cleared, err = tx.FaultyProducts(ctx, machineID); err != nil || len(cleared) == 0 {
				return err
			}
		}
		now := s.clock.Millis()
		texts := make([]string, len(cleared))
		for i, id := range cleared {
			if _, err := productOf(ctx, tx, machineID, id); err != nil {
				return err
			}
			if err := SetFloorStatus(ctx, tx, s.log, machineID, id, vending.FloorNormal, now); err != nil {
				return err
			}
			texts[i] = strconv.FormatInt(id, 10)
		}
		return tx.QueueMessage(ctx, machineID, methodFaultClear, map[string]string{
			"product_ids": strings.Join(texts, ","), "floor_status": vending.FloorNormal,
		}, now)
	})
	return cleared, err
}
