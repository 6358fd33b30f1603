package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Counters are what a network interface has carried.
type Counters struct {
	UploadBytes, DownloadBytes, UploadPackets, DownloadPackets int64
}

// since returns what was carried after an earlier reading. A counter below its
// earlier value was reset and counts in full (mqtt.md §4.13).
func (c Counters) since(earlier Counters) Counters {
	return Counters{
		UploadBytes:     counted(c.UploadBytes, earlier.UploadBytes),
		DownloadBytes:   counted(c.DownloadBytes, earlier.DownloadBytes),
		UploadPackets:   counted(c.UploadPackets, earlier.UploadPackets),
		DownloadPackets: counted(c.DownloadPackets, earlier.DownloadPackets),
	}
}

func counted(total, earlier int64) int64 {
	if total < earlier {
		return total
	}
	return total - earlier
}

// Traffic is one reading of a machine's running totals (mqtt.md §4.13).
type Traffic struct {
	// NetworkType is 1 Wi-Fi, 2 cellular, 3 Ethernet.
	NetworkType int64
	Totals      Counters
}

// TakeTraffic keeps the totals and adds what is new since the last reading to
// the day, which is the machine zone's (mqtt.md §4.13).
func (s *Service) TakeTraffic(ctx context.Context, m store.Sender, t Traffic) error {
	return store.Retry("count traffic", func() error {
		return s.store.InTx(ctx, func(tx *store.Tx) error {
			earlier, err := keepTotals(ctx, tx, m.ID, t)
			if err != nil {
				return err
			}
			used := t.Totals.since(earlier)
			return tx.AddTraffic(ctx, db.AddTrafficParams{
				MachineID: m.ID, NetworkType: t.NetworkType,
				Day:         vending.FormatDate(s.clock.Millis(), vending.Zone(m.Timezone, s.cfg.Zone)),
				UploadBytes: used.UploadBytes, DownloadBytes: used.DownloadBytes,
				UploadPackets: used.UploadPackets, DownloadPackets: used.DownloadPackets,
			})
		})
	})
}

// keepTotals replaces the stored totals and returns the earlier ones, zero for
// a network that was never reported.
func keepTotals(ctx context.Context, tx *store.Tx, machineID int64, t Traffic) (Counters, error) {
	row, found, err := store.Find(tx.TrafficTotal(ctx, machineID, t.NetworkType))
	if err != nil {
		return Counters{}, err
	}
	now := t.Totals
	var n int64
	if found {
		n, err = tx.UpdateTrafficTotal(ctx, db.UpdateTrafficTotalParams{
			MachineID: machineID, NetworkType: t.NetworkType,
			UploadBytes: now.UploadBytes, DownloadBytes: now.DownloadBytes,
			UploadPackets: now.UploadPackets, DownloadPackets: now.DownloadPackets,
			OldUploadBytes: row.UploadBytes, OldDownloadBytes: row.DownloadBytes,
			OldUploadPackets: row.UploadPackets, OldDownloadPackets: row.DownloadPackets,
		})
	} else {
		n, err = tx.InsertTrafficTotal(ctx, db.InsertTrafficTotalParams{
			MachineID: machineID, NetworkType: t.NetworkType,
			UploadBytes: now.UploadBytes, DownloadBytes: now.DownloadBytes,
			UploadPackets: now.UploadPackets, DownloadPackets: now.DownloadPackets,
		})
	}
	earlier := Counters{
		UploadBytes: row.UploadBytes, DownloadBytes: row.DownloadBytes,
		UploadPackets: row.UploadPackets, DownloadPackets: row.DownloadPackets,
	}
	return earlier, store.Changed("keep traffic totals", n, err)
}

// TrafficDays returns what a machine used per day and network, newest day first.
func (s *Service) TrafficDays(ctx context.Context, machineID int64, limit int32) ([]db.TrafficDay, error) {
	rows, err := s.store.TrafficOfMachine(ctx, machineID, limit)
	if err != nil {
		return nil, fmt.Errorf("traffic of machine: %w", err)
	}
	return rows, nil
}
