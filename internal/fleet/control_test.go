package fleet_test

import (
	"context"
	"testing"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Every message with exactly its own fields (mqtt.md §5.3–§5.9, §5.16).
func TestControlMessages(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(ctx context.Context, s *fleet.Service, m db.Machine) error
		want string
	}{
		"shutdown": {
			func(ctx context.Context, s *fleet.Service, m db.Machine) error { return s.Shutdown(ctx, m.ID) },
			`client.machine.shutdown null`,
		},
		"reboot": {
			func(ctx context.Context, s *fleet.Service, m db.Machine) error { return s.Reboot(ctx, m.ID) },
			`client.machine.reboot null`,
		},
		"factory reset": {
			func(ctx context.Context, s *fleet.Service, m db.Machine) error { return s.FactoryReset(ctx, m.ID) },
			`client.factory.reset {"reset_type":"1"}`,
		},
		"schedule once": {
			func(ctx context.Context, s *fleet.Service, m db.Machine) error {
				return s.ScheduleOnce(ctx, m, "2024-05-02 08:00:00", "2024-05-01 22:00:00")
			},
			`client.power.schedule.once {"power_off":"2024-05-01 22:00:00","power_on":"2024-05-02 08:00:00"}`,
		},
		"on when off": {
			func(ctx context.Context, s *fleet.Service, m db.Machine) error {
				return s.ScheduleOnce(ctx, m, "2024-05-01 22:00:00", "2024-05-01 22:00:00")
			},
			`client.power.schedule.once {"power_off":"2024-05-01 22:00:00","power_on":"2024-05-01 22:00:00"}`,
		},
		"schedule cycle": {
			func(ctx context.Context, s *fleet.Service, m db.Machine) error {
				return s.ScheduleCycle(ctx, m, "08:00:00", "22:30:59", "1,1,1,0,0,0,0")
			},
			`client.power.schedule.cycle {"power_off":"22:30:59","power_on":"08:00:00","weekdays":"1,1,1,0,0,0,0"}`,
		},
		"clear": {
			func(ctx context.Context, s *fleet.Service, m db.Machine) error { return s.ClearSchedules(ctx, m.ID) },
			`client.power.schedule.clear null`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			must(t, test.do(t.Context(), f.fleet, f.Machine))
			f.wantQueued(t, test.want)
		})
	}
}

// What a machine could not understand is refused, and nothing is stored or
// queued.
func TestScheduleRefusals(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	berlin := f.Machine
	berlin.Timezone = "Europe/Berlin"
	once := func(m db.Machine, on, off string) func() error {
		return func() error { return f.fleet.ScheduleOnce(ctx, m, on, off) }
	}
	cycle := func(on, off, weekdays string) func() error {
		return func() error { return f.fleet.ScheduleCycle(ctx, f.Machine, on, off, weekdays) }
	}
	const day = "1,1,1,1,1,1,1"
	for name, do := range map[string]func() error{
		"on before off":         once(f.Machine, "2024-05-01 21:59:59", "2024-05-01 22:00:00"),
		"on is no time":         once(f.Machine, "2024-05-01", "2024-05-01 22:00:00"),
		"off is no time":        once(f.Machine, "2024-05-01 22:00:00", ""),
		"a day that is none":    once(f.Machine, "2024-02-30 22:00:00", "2024-02-28 22:00:00"),
		"one digit":             once(f.Machine, "2024-05-01 8:00:00", "2024-05-01 07:00:00"),
		"a time zone":           once(f.Machine, "2024-05-01T22:00:00Z", "2024-05-01 21:00:00"),
		"an hour the zone lost": once(berlin, "2024-03-31 02:30:00", "2024-03-31 01:30:00"),
		"cycle without seconds": cycle("08:00", "22:00:00", day),
		"cycle one digit":       cycle("8:00:00", "22:00:00", day),
		"cycle hour 24":         cycle("08:00:00", "24:00:00", day),
		"cycle empty":           cycle("", "22:00:00", day),
		"cycle fraction":        cycle("08:00:00.5", "22:00:00", day),
		"six days":              cycle("08:00:00", "22:00:00", "1,1,1,1,1,1"),
		"eight days":            cycle("08:00:00", "22:00:00", day+",1"),
		"no days":               cycle("08:00:00", "22:00:00", ""),
		"day 2":                 cycle("08:00:00", "22:00:00", "1,1,1,2,1,1,1"),
		"days with spaces":      cycle("08:00:00", "22:00:00", "1, 1,1,1,1,1,1"),
	} {
		if err := do(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	f.wantQueued(t)
	f.wantSchedules(t)
}

func (f *fixture) wantSchedules(t testing.TB, want ...db.PowerSchedule) {
	t.Helper()
	got, err := f.Store.PowerSchedulesOfMachine(t.Context(), f.Machine.ID)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%+v, want %+v (%v)", got, want, err)
	}
	for i := range got {
		got[i].MachineID, got[i].CreatedAt = 0, 0
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}

// A machine has one schedule of each kind; a new one replaces the old one, and
// clearing forgets both.
func TestSchedulesAreKept(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	must(t, f.fleet.ScheduleOnce(ctx, f.Machine, "2024-05-02 08:00:00", "2024-05-01 22:00:00"))
	must(t, f.fleet.ScheduleCycle(ctx, f.Machine, "08:00:00", "22:00:00", "1,1,1,1,1,0,0"))
	must(t, f.fleet.ScheduleCycle(ctx, f.Machine, "09:00:00", "21:00:00", "0,0,0,0,0,0,0"))
	f.wantSchedules(t,
		db.PowerSchedule{Kind: "CYCLE", PowerOn: "09:00:00", PowerOff: "21:00:00", Weekdays: "0,0,0,0,0,0,0"},
		db.PowerSchedule{Kind: "ONCE", PowerOn: "2024-05-02 08:00:00", PowerOff: "2024-05-01 22:00:00"},
	)
	must(t, f.fleet.ClearSchedules(ctx, f.Machine.ID))
	f.wantSchedules(t)
}
