package simulator

import (
	"strings"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// Power is the schedule of a machine's power; times are in its zone.
type Power struct {
	Once  *PowerOnce  `json:"once,omitempty"`
	Cycle *PowerCycle `json:"cycle,omitempty"`
}

// PowerOnce switches a machine off and on again once (mqtt.md §5.7); times are
// YYYY-MM-DD HH:MM:SS.
type PowerOnce struct {
	Off string `json:"power_off"`
	On  string `json:"power_on"`
}

// PowerCycle switches a machine off and on every week (mqtt.md §5.8); times are
// HH:MM:SS.
type PowerCycle struct {
	Off string `json:"power_off"`
	On  string `json:"power_on"`
	// Weekdays are 7 flags, Monday first; 1: the machine is on that day.
	Weekdays string `json:"weekdays"`
}

func (m *Machine) schedulePowerOnce(o *signature.Object) error {
	f := fieldReader{object: o}
	once := PowerOnce{Off: f.time("power_off", time.DateTime), On: f.time("power_on", time.DateTime)}
	if once.On < once.Off {
		f.fail("power_on")
	}
	if f.err != nil {
		return f.err
	}
	return m.keep(func(k *kept) { k.Power.Once = &once })
}

func (m *Machine) schedulePowerCycle(o *signature.Object) error {
	f := fieldReader{object: o}
	cycle := PowerCycle{
		Off:      f.time("power_off", time.TimeOnly),
		On:       f.time("power_on", time.TimeOnly),
		Weekdays: f.text("weekdays"),
	}
	flags := strings.Split(cycle.Weekdays, ",")
	for _, flag := range flags {
		if len(flags) != 7 || flag != "0" && flag != "1" {
			f.fail("weekdays")
		}
	}
	if f.err != nil {
		return f.err
	}
	return m.keep(func(k *kept) { k.Power.Cycle = &cycle })
}

func (m *Machine) clearPower() error {
	return m.keep(func(k *kept) { k.Power = Power{} })
}
