package console

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/dispense"
)

// fakeSimulator has machines that know one fault, jam.
type fakeSimulator struct{ machines []VirtualMachine }

func newFakeSimulator(machineNos ...string) *fakeSimulator {
	s := &fakeSimulator{}
	for _, no := range machineNos {
		s.machines = append(s.machines, VirtualMachine{MachineNo: no, Condition: "online", Faults: map[string]string{}})
	}
	return s
}

func (s *fakeSimulator) Machines() []VirtualMachine { return s.machines }

func (s *fakeSimulator) SetFaults(machineNo string, profile []byte, runs int) error {
	var faults struct {
		Jam *string `json:"jam"`
	}
	if err := json.Unmarshal(profile, &faults); err != nil || faults.Jam == nil {
		return errors.New("no such fault")
	}
	for i := range s.machines {
		if s.machines[i].MachineNo == machineNo {
			s.machines[i].Faults, s.machines[i].Runs = map[string]string{"jam": *faults.Jam}, runs
			return nil
		}
	}
	return ErrNotVirtual
}

func TestSimulator(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Developer, "")
	_, d := f.redeem()
	f.simulator.machines[1].Last = &VirtualCommand{DeliveryID: dispense.FormatID(d.ID), At: 1, Step: "finished", Dropped: 1}
	path := "/developers/simulator/" + f.Machine.MachineNo

	b.want(204, "PUT", path, `{"faults":{"jam":"0.5"},"runs":3}`)
	f.wantAudit(`simulator.faults machine ` + f.Machine.MachineNo + ` {"faults":{},"runs":0} -> {"faults":{"jam":"0.5"},"runs":3}`)
	listed := b.want(200, "GET", "/developers/simulator", nil)["items"].([]any)
	if len(listed) != 1 {
		t.Fatalf("%v", listed)
	}
	m := listed[0].(map[string]any)
	if last, _ := m["last"].(map[string]any); m["machine_no"] != f.Machine.MachineNo || m["runs"] != 3.0 ||
		m["faults"].(map[string]any)["jam"] != "0.5" || last["order_id"] != float64(d.OrderID) {
		t.Errorf("%v", m)
	}

	viewer := f.as(account.Viewer, "")
	audited := f.lastAudit()
	b.wantError(422, "faults_invalid", "PUT", path, `{"faults":{"jams":"1"}}`)
	b.wantError(422, "10001", "PUT", path, `{"runs":1}`)
	b.wantError(422, "10001", "PUT", path, `{"faults":{"jam":"1"},"runs":1001}`)
	b.wantError(422, "10001", "PUT", path, `{"faults":{"jam":"1"},"runs":-1}`)
	b.wantError(404, "30003", "PUT", "/developers/simulator/26327129", `{"faults":{"jam":"1"}}`)
	viewer.wantError(403, "forbidden", "PUT", path, `{"faults":{"jam":"1"}}`)
	f.simulator.machines = f.simulator.machines[:1]
	b.wantError(404, "not_virtual", "PUT", path, `{"faults":{"jam":"1"}}`)
	if len(f.simulator.machines[0].Faults) != 0 || f.lastAudit() != audited {
		t.Errorf("a refused change left something: %v, audit %s", f.simulator.machines, f.lastAudit())
	}
}

// Where there is no simulator the list is empty, and no machine is virtual.
func TestNoSimulator(t *testing.T) {
	f := newFixture(t)
	f.server.use.Simulator = nil
	b := f.as(account.Developer, "")
	if listed := b.want(200, "GET", "/developers/simulator", nil)["items"].([]any); len(listed) != 0 {
		t.Errorf("%v", listed)
	}
	b.wantError(404, "not_virtual", "PUT", "/developers/simulator/"+f.Machine.MachineNo, `{"faults":{"jam":"1"}}`)
}
