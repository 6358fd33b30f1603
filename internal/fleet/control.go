package fleet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Down methods of this package (mqtt.md §5).
const (
	methodShutdown      = "client.machine.shutdown"
	methodReboot        = "client.machine.reboot"
	methodScheduleOnce  = "client.power.schedule.once"
	methodScheduleCycle = "client.power.schedule.cycle"
	methodScheduleClear = "client.power.schedule.clear"
	methodFactoryReset  = "client.factory.reset"
	methodConfigPush    = "client.machine.config.push"
)

// Kinds of a power schedule; a machine has at most one of each.
const (
	scheduleOnce  = "ONCE"
	scheduleCycle = "CYCLE"
)

// Shutdown asks a machine to switch itself off (mqtt.md §5.3).
func (s *Service) Shutdown(ctx context.Context, machineID int64) error {
	return s.tell(ctx, machineID, methodShutdown, nil)
}

// Reboot asks a machine to restart (mqtt.md §5.4).
func (s *Service) Reboot(ctx context.Context, machineID int64) error {
	return s.tell(ctx, machineID, methodReboot, nil)
}

// FactoryReset asks a machine to forget everything but its dispense journal
// (mqtt.md §5.16).
func (s *Service) FactoryReset(ctx context.Context, machineID int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error { return s.QueueFactoryReset(ctx, tx, machineID) })
}

// QueueFactoryReset is FactoryReset in the caller's transaction, for a machine
// whose connection type is changed away from serial port.
func (s *Service) QueueFactoryReset(ctx context.Context, tx *store.Tx, machineID int64) error {
	return tx.QueueMessage(ctx, machineID, methodFactoryReset, map[string]string{"reset_type": "1"}, s.clock.Millis())
}

func (s *Service) tell(ctx context.Context, machineID int64, method string, fields map[string]string) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		return tx.QueueMessage(ctx, machineID, method, fields, s.clock.Millis())
	})
}

// ScheduleOnce sets the one time a machine is off: both are YYYY-MM-DD HH:MM:SS
// in the machine zone, on not before off (mqtt.md §5.7).
func (s *Service) ScheduleOnce(ctx context.Context, m db.Machine, on, off string) error {
	zone := vending.Zone(m.Timezone, s.cfg.Zone)
	onAt, err := vending.ParseDateTime(on, zone)
	if err != nil {
		return fmt.Errorf("power_on: %w", err)
	}
	offAt, err := vending.ParseDateTime(off, zone)
	if err != nil {
		return fmt.Errorf("power_off: %w", err)
	}
	if onAt < offAt {
		return fmt.Errorf("power_on %s is before power_off %s", on, off)
	}
	return s.schedule(ctx, m.ID, methodScheduleOnce, db.SetPowerScheduleParams{
		Kind: scheduleOnce, PowerOn: on, PowerOff: off,
	})
}

// ScheduleCycle sets when a machine is on and off every week: on and off are
// HH:MM:SS in the machine zone, weekdays seven flags, Monday first, 1 for a day
// the machine is on (mqtt.md §5.8).
func (s *Service) ScheduleCycle(ctx context.Context, m db.Machine, on, off, weekdays string) error {
	for name, value := range map[string]string{"power_on": on, "power_off": off} {
		if t, err := time.Parse(time.TimeOnly, value); err != nil || t.Format(time.TimeOnly) != value {
			return fmt.Errorf("%s %q is not HH:MM:SS", name, value)
		}
	}
	if !validWeekdays(weekdays) {
		return fmt.Errorf("weekdays %q are not seven flags like 1,1,1,1,1,0,0", weekdays)
	}
	return s.schedule(ctx, m.ID, methodScheduleCycle, db.SetPowerScheduleParams{
		Kind: scheduleCycle, PowerOn: on, PowerOff: off, Weekdays: weekdays,
	})
}

func validWeekdays(text string) bool {
	flags := strings.Split(text, ",")
	for _, flag := range flags {
		if flag != "0" && flag != "1" {
			return false
		}
	}
	return len(flags) == 7
}

func (s *Service) schedule(ctx context.Context, machineID int64, method string, p db.SetPowerScheduleParams) error {
	now := s.clock.Millis()
	p.MachineID, p.CreatedAt = machineID, now
	fields := map[string]string{"power_on": p.PowerOn, "power_off": p.PowerOff}
	if p.Weekdays != "" {
		fields["weekdays"] = p.Weekdays
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.SetPowerSchedule(ctx, p); err != nil {
			return fmt.Errorf("store power schedule: %w", err)
		}
		return tx.QueueMessage(ctx, machineID, method, fields, now)
	})
}

// ClearSchedules forgets both kinds of power schedule (mqtt.md §5.9).
func (s *Service) ClearSchedules(ctx context.Context, machineID int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.DeletePowerSchedules(ctx, machineID); err != nil {
			return fmt.Errorf("delete power schedules: %w", err)
		}
		return tx.QueueMessage(ctx, machineID, methodScheduleClear, nil, s.clock.Millis())
	})
}
