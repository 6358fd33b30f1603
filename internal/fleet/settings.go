package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// PushConfig sets what a machine's settings should be and tells it those that
// change (mqtt.md §5.10). What the machine reports stands beside it. Values it
// does not know refuse the whole push. It returns the names that were sent.
func (s *Service) PushConfig(ctx context.Context, machineID int64, wanted []vending.Setting) ([]string, error) {
	for _, setting := range wanted {
		if err := vending.CheckPushedSetting(setting); err != nil {
			return nil, err
		}
	}
	var sent []string
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		sent = nil
		current, err := currentSettings(ctx, tx.Queries, machineID)
		if err != nil {
			return err
		}
		now := s.clock.Millis()
		fields := map[string]string{}
		for _, setting := range wanted {
			if value, known := current[setting.Name]; known && value == setting.Value {
				continue
			}
			err := tx.DesireSetting(ctx, db.DesireSettingParams{
				MachineID: machineID, Name: setting.Name, Value: setting.Value, Now: now,
			})
			if err != nil {
				return fmt.Errorf("store setting: %w", err)
			}
			fields[setting.Name] = setting.Value
			sent = append(sent, setting.Name)
		}
		if len(fields) == 0 {
			return nil
		}
		return tx.QueueMessage(ctx, machineID, methodConfigPush, fields, now)
	})
	return sent, err
}

// currentSettings are a machine's settings as far as the platform knows: the
// newer of what was reported and what was told.
func currentSettings(ctx context.Context, q *db.Queries, machineID int64) (map[string]string, error) {
	rows, err := q.ConfigOfMachine(ctx, machineID)
	if err != nil {
		return nil, fmt.Errorf("settings of machine: %w", err)
	}
	current := map[string]string{}
	for _, row := range rows {
		current[row.Name] = row.Reported
		if row.DesiredAt > row.ReportedAt {
			current[row.Name] = row.Desired
		}
	}
	return current, nil
}

// Settings returns a machine's settings by name: what it reported beside what
// it was told. A time of 0 means never.
func (s *Service) Settings(ctx context.Context, machineID int64) ([]db.MachineConfig, error) {
	rows, err := s.store.ConfigOfMachine(ctx, machineID)
	if err != nil {
		return nil, fmt.Errorf("settings of machine: %w", err)
	}
	return rows, nil
}

// TakeReported stores what a machine reports of itself (mqtt.md §4.5, §4.10),
// its values already checked.
func (s *Service) TakeReported(ctx context.Context, machineID int64, settings []vending.Setting) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		return reportSettings(ctx, tx, machineID, s.clock.Millis(), settings...)
	})
}

func reportSettings(ctx context.Context, tx *store.Tx, machineID, now int64, settings ...vending.Setting) error {
	for _, setting := range settings {
		err := tx.ReportSetting(ctx, db.ReportSettingParams{
			MachineID: machineID, Name: setting.Name, Value: setting.Value, Now: now,
		})
		if err != nil {
			return fmt.Errorf("store setting: %w", err)
		}
	}
	return nil
}
