package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Reading is a value of a sensor.
type Reading struct {
	// Text is as the machine wrote it, "" without a sensor.
	Text string
	// Tenths is the value in tenths of °C or %.
	Tenths int64
}

// TakeTemperature stores a machine's temperature and watches the merchant's
// limits (mqtt.md §4.1).
func (s *Service) TakeTemperature(ctx context.Context, m store.Sender, r Reading) error {
	machineID, now := m.ID, s.clock.Millis()
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		err := reportSettings(ctx, tx, machineID, now, vending.Setting{Name: vending.SettingTemperature, Value: r.Text})
		if err != nil || r.Text == "" {
			return err
		}
		merchant, err := tx.MerchantByID(ctx, m.MerchantID)
		if err != nil {
			return fmt.Errorf("merchant of machine: %w", err)
		}
		low, high := merchant.TemperatureMin, merchant.TemperatureMax
		if low == high || low <= r.Tenths && r.Tenths <= high {
			return alerts.Resolve(ctx, tx, machineID, vending.AlertTemperature, "", now)
		}
		return alerts.Raise(ctx, tx, s.log, alerts.Alert{
			MachineID: machineID, Kind: vending.AlertTemperature, Detail: r.Text + " °C", At: now,
		})
	})
}

// TakeHumidity stores a machine's humidity (mqtt.md §4.2).
func (s *Service) TakeHumidity(ctx context.Context, machineID int64, r Reading) error {
	return s.TakeReported(ctx, machineID, []vending.Setting{{Name: vending.SettingHumidity, Value: r.Text}})
}
