package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Simulator is what runs virtual machines beside the platform.
type Simulator interface {
	// Machines returns those of all merchants.
	Machines() []VirtualMachine
	// SetFaults says what goes wrong at a machine from its next command on, as a
	// fault profile in JSON: for that many runs of its motor, or until it is
	// changed if runs is 0. Errors: ErrNotVirtual, and any other one tells what
	// is wrong with the profile.
	SetFaults(machineNo string, profile []byte, runs int) error
}

// ErrNotVirtual means that a machine is not run by the platform.
var ErrNotVirtual error = fault{http.StatusNotFound, "not_virtual", ""}

// VirtualMachine is a machine that the platform runs.
type VirtualMachine struct {
	MachineNo string
	Condition string // starting, online, offline, off or failed
	Trouble   string // why it failed, or has no connection
	Faults    map[string]string
	Runs      int             // how many the faults last; 0 is until they are changed
	Last      *VirtualCommand // nil before the first
}

// VirtualCommand is a dispense command and how far a virtual machine got with it.
type VirtualCommand struct {
	DeliveryID string `json:"delivery_id"`
	// OrderID is 0 for a test.
	OrderID int64 `json:"order_id"`
	At      int64 `json:"at"`
	// Step is received, started, finished or reported.
	Step     string `json:"step"`
	Dropped  int    `json:"dropped"`
	ErrorMsg string `json:"error_msg"`
}

// maxFaultRuns bounds for how many runs of a motor faults are set.
const maxFaultRuns = 1000

func (s *Server) simulatorRoutes() []route {
	return []route{
		{http.MethodGet, "/developers/simulator", member, account.SeeDeveloperLog, s.virtualMachines},
		{http.MethodPut, "/developers/simulator/{machine_no}", member, account.ManageKeys, s.setFaults},
	}
}

type virtualMachineInfo struct {
	MachineNo string            `json:"machine_no"`
	Name      string            `json:"name"`
	Condition string            `json:"condition"`
	Trouble   string            `json:"trouble"`
	Faults    map[string]string `json:"faults"`
	Runs      int               `json:"runs"`
	Last      *VirtualCommand   `json:"last"`
}

// virtualMachines lists what the platform runs of the merchant's machines.
func (s *Server) virtualMachines(ctx context.Context, c *call) (any, error) {
	out := all[virtualMachineInfo]{Items: []virtualMachineInfo{}}
	if s.use.Simulator == nil {
		return out, nil
	}
	for _, v := range s.use.Simulator.Machines() {
		m, err := s.ownMachine(ctx, c, v.MachineNo)
		if vending.CodeOf(err) == vending.CodeMachineUnknown {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.findOrder(ctx, v.Last); err != nil {
			return nil, err
		}
		out.Items = append(out.Items, virtualMachineInfo{v.MachineNo, m.Machine.Name, v.Condition, v.Trouble, v.Faults, v.Runs, v.Last})
	}
	return out, nil
}

// findOrder adds the order that a command is for.
func (s *Server) findOrder(ctx context.Context, last *VirtualCommand) error {
	if last == nil {
		return nil
	}
	id, err := strconv.ParseInt(last.DeliveryID, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // no delivery of ours
	}
	order, found, err := store.Find(s.store.OrderOfDelivery(ctx, id))
	if found {
		last.OrderID = order
	}
	return err
}

// faultsFacts are what the audit log keeps of the faults of a machine.
type faultsFacts struct {
	Faults any `json:"faults"`
	Runs   int `json:"runs"`
}

// setFaults says what goes wrong at a virtual machine.
func (s *Server) setFaults(ctx context.Context, c *call) (any, error) {
	var in struct {
		Faults json.RawMessage `json:"faults"`
		Runs   int             `json:"runs"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.pathMachine(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(in.Faults) == 0 {
		return nil, vending.RefuseField("faults", "required")
	}
	if in.Runs < 0 || in.Runs > maxFaultRuns {
		return nil, vending.RefuseField("runs", "range")
	}
	if s.use.Simulator == nil {
		return nil, ErrNotVirtual
	}
	no, before := m.Machine.MachineNo, faultsFacts{}
	for _, v := range s.use.Simulator.Machines() {
		if v.MachineNo == no {
			before = faultsFacts{v.Faults, v.Runs}
		}
	}
	// The machine is in memory and setting its faults can be repeated: within the
	// transaction nothing is written of what was refused.
	return nil, s.store.InTx(ctx, func(tx *store.Tx) error {
		err := s.use.Audit.Record(ctx, tx, audit.Entry{
			By: c.By(), Action: "simulator.faults", Kind: "machine", ID: no, Before: before, After: faultsFacts{in.Faults, in.Runs},
		})
		if err != nil {
			return err
		}
		err = s.use.Simulator.SetFaults(no, in.Faults, in.Runs)
		if err != nil && !errors.Is(err, ErrNotVirtual) {
			return fault{http.StatusUnprocessableEntity, "faults_invalid", err.Error()}
		}
		return err
	})
}
