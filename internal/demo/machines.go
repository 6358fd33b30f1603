package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/vendlane/vendlane/internal/console"
	"github.com/vendlane/vendlane/internal/fleetsim"
	"github.com/vendlane/vendlane/internal/simulator"
)

// virtualMachines are the machines of the shop, as the console steers them. There
// are none before they are switched on.
type virtualMachines struct {
	fleet atomic.Pointer[fleetsim.Fleet]
}

var _ console.Simulator = (*virtualMachines)(nil)

// Machines implements console.Simulator.
func (v *virtualMachines) Machines() []console.VirtualMachine {
	fleet := v.fleet.Load()
	if fleet == nil {
		return nil
	}
	var out []console.VirtualMachine
	for _, m := range fleet.Snapshot() {
		shown := console.VirtualMachine{
			MachineNo: m.MachineNo, Condition: string(m.Condition), Trouble: m.Error, Faults: m.Faults.Active(), Runs: m.Runs,
		}
		if m.Last != nil {
			shown.Last = &console.VirtualCommand{
				DeliveryID: m.Last.DeliveryID, At: m.Last.At, Step: string(m.Last.Step), Dropped: m.Last.Dropped, ErrorMsg: m.Last.ErrorMsg,
			}
		}
		out = append(out, shown)
	}
	return out
}

// SetFaults implements console.Simulator.
func (v *virtualMachines) SetFaults(machineNo string, profile []byte, runs int) error {
	faults, err := fleetsim.ParseFaults(profile)
	if err != nil {
		return err
	}
	fleet := v.fleet.Load()
	if fleet == nil {
		return console.ErrNotVirtual
	}
	err = fleet.SetMachineFaults(machineNo, faults, runs)
	if errors.Is(err, fleetsim.ErrUnknownMachine) {
		return console.ErrNotVirtual
	}
	return err
}

func (v *virtualMachines) stop() {
	if fleet := v.fleet.Load(); fleet != nil {
		fleet.Stop()
	}
}

// startMachines switches the machines of the shop on and waits until all are online.
func (d *demo) startMachines(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var ids []fleetsim.Identity
	var waits []chan struct{}
	online := map[string]func(){}
	for _, m := range demoMachines() {
		row, err := d.app.Store.MachineByNo(ctx, m.no)
		if err != nil {
			return fmt.Errorf("machine %s: %w", m.no, err)
		}
		ids = append(ids, fleetsim.Identity{MachineNo: m.no, MachineID: fmt.Sprint(row.Machine.ID), Password: m.password, AppKey: appKey})
		wait := make(chan struct{})
		waits, online[m.no] = append(waits, wait), sync.OnceFunc(func() { close(wait) })
	}
	fleet, err := fleetsim.Start(ctx, fleetsim.Options{
		Server: "tcp://" + reachable(d.app.MQTTAddr()), Machines: ids, Dir: filepath.Join(d.opts.Data, "machines"),
		Observer: func(e simulator.Event) {
			if e.Kind == simulator.HeartbeatAcked { // from now on the platform knows that it is there
				online[e.MachineNo]()
			}
			d.observe(e)
		},
	})
	if err != nil {
		return fmt.Errorf("start the virtual machines: %w", err)
	}
	d.virtual.fleet.Store(fleet)
	for i, wait := range waits {
		select {
		case <-wait:
		case <-ctx.Done():
			return fmt.Errorf("virtual machine %s did not come online: %s", ids[i].MachineNo, fleet.Summary().Trouble)
		}
	}
	return nil
}
