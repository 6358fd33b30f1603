package fleet_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// jobs is the use case, as after a restart of the program.
func (f *fixture) jobs() *fleet.Jobs {
	return fleet.NewJobs(f.Store, f.fleet, f.Catalog, audit.New(f.Now), f.Now, slog.New(slog.DiscardHandler))
}

// second is another machine of the merchant, which is offline.
func (f *fixture) second(t *testing.T) int64 {
	t.Helper()
	var id int64
	f.Write(t, func(tx *store.Tx) (err error) {
		id, err = tx.InsertMachine(t.Context(), db.InsertMachineParams{
			MerchantID: f.Merchant.ID, ModelID: f.Machine.ModelID, MachineNo: "99999999", Name: "Second", Status: vending.MachineOperational,
			MachineType: 1, PickupCodeEnabled: true, ConnectType: 1,
		})
		if err != nil {
			return err
		}
		return tx.InsertPresence(t.Context(), id)
	})
	return id
}

func (f *fixture) job(t *testing.T, action fleet.JobAction, value string, machines ...int64) int64 {
	t.Helper()
	id, err := f.jobs().Create(t.Context(), fleet.NewJob{
		Action: action, Value: value, Machines: machines, By: audit.By{MerchantID: f.Merchant.ID, UserID: 7, IP: "192.0.2.1"},
	})
	must(t, err)
	return id
}

// runJobs lets what is due happen, after the pause between two looks.
func (f *fixture) runJobs(t *testing.T) {
	t.Helper()
	f.Advance(time.Second)
	must(t, f.jobs().RunDue(t.Context()))
}

// wantJob compares a job's state, and that and the reason of each machine.
func (f *fixture) wantJob(t *testing.T, id int64, state string, want ...string) {
	t.Helper()
	rows, err := f.Store.MachinesOfJob(t.Context(), db.MachinesOfJobParams{JobID: id, PageSize: 100})
	must(t, err)
	got := []string{}
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s %s %s", r.MachineNo, r.MachineJobRow.State, r.MachineJobRow.Reason))
	}
	jobs, err := f.Store.MachineJobPage(t.Context(), db.MachineJobPageParams{MerchantID: f.Merchant.ID, JobID: id, BeforeID: id + 1, PageSize: 1})
	must(t, err)
	if jobs[0].MachineJob.State != state || !slices.Equal(got, want) {
		t.Errorf("job is %s with %q, want %s with %q", jobs[0].MachineJob.State, got, state, want)
	}
}

func (f *fixture) audits(t *testing.T) []string {
	t.Helper()
	rows, err := f.Store.AuditOfMerchant(t.Context(), f.Merchant.ID, 1<<62, 100)
	must(t, err)
	out := []string{}
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %s by %d", r.AuditLog.Action, r.AuditLog.SubjectID, r.AuditLog.UserID))
	}
	slices.Reverse(out)
	return out
}

// number is what a query of one number finds.
func (f *fixture) number(t *testing.T, query string) (n int64) {
	t.Helper()
	must(t, f.sql.QueryRow(query).Scan(&n))
	return n
}

const (
	one = storetest.MachineNo
	two = "99999999"
)

// A change of settings is done when it is committed. The machine is told, also one
// that is offline; one that needs no change is done as well and leaves no trace.
func TestJobChangesSettings(t *testing.T) {
	for action, changed := range map[fleet.JobAction]func(m db.Machine) bool{
		fleet.JobSetGroup:      func(m db.Machine) bool { return m.MachineGroup == "north" },
		fleet.JobMaintenanceOn: func(m db.Machine) bool { return m.Status == vending.MachineMaintenance },
		fleet.JobPauseCodes:    func(m db.Machine) bool { return !m.PickupCodeEnabled },
	} {
		t.Run(string(action), func(t *testing.T) {
			f := newFixture(t)
			value := ""
			if action == fleet.JobSetGroup {
				value = "north"
			}
			second := f.second(t)
			for range 2 { // the second time there is nothing to change
				id := f.job(t, action, value, f.Machine.ID, second, f.Machine.ID) // twice is once
				f.wantJob(t, id, "RUNNING", one+" WAITING ", two+" WAITING ")
				f.runJobs(t)
				f.wantJob(t, id, fleet.JobDone, one+" DONE ", two+" DONE ")
				if !changed(f.machine(t).Machine) {
					t.Errorf("machine %+v", f.machine(t).Machine)
				}
			}
			f.wantQueued(t, "client.machine.refresh null")
			want := []string{fmt.Sprintf("machine.%s %s by 7", action, one), fmt.Sprintf("machine.%s %s by 7", action, two)}
			if got := f.audits(t); !slices.Equal(got, want) {
				t.Errorf("audited %q, want %q", got, want)
			}
		})
	}
}

// What was switched off is switched on again.
func TestJobRestoresSettings(t *testing.T) {
	f := newFixture(t)
	for _, action := range []fleet.JobAction{fleet.JobMaintenanceOn, fleet.JobPauseCodes, fleet.JobMaintenanceOff, fleet.JobResumeCodes} {
		f.job(t, action, "", f.Machine.ID)
		f.runJobs(t)
	}
	if m := f.machine(t).Machine; m.Status != vending.MachineOperational || !m.PickupCodeEnabled {
		t.Errorf("machine %+v", m)
	}
}

// A reboot is accepted when it is queued, acknowledged when the machine has the
// message, done when it has connected anew. One that is offline is told nothing.
func TestJobReboots(t *testing.T) {
	f := newFixture(t)
	id := f.job(t, fleet.JobReboot, "", f.Machine.ID, f.second(t))
	f.runJobs(t)
	f.wantJob(t, id, "RUNNING", one+" ACCEPTED ", two+" FAILED 30002")
	if n := f.number(t, "SELECT COUNT(*) FROM commands"); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	f.exec(t, "UPDATE commands SET state = 'DONE'")
	f.runJobs(t)
	f.wantJob(t, id, "RUNNING", one+" ACKNOWLEDGED ", two+" FAILED 30002")
	f.exec(t, "UPDATE presence SET epoch = epoch + 1 WHERE machine_id = $1", f.Machine.ID)
	f.runJobs(t)
	f.wantJob(t, id, fleet.JobDone, one+" DONE ", two+" FAILED 30002")
}

// A machine that does not take the message, or does not come back, fails in the end.
func TestJobRebootInVain(t *testing.T) {
	f := newFixture(t)
	id := f.job(t, fleet.JobReboot, "", f.Machine.ID)
	f.runJobs(t)
	if wait := f.number(t, "SELECT expires_at - created_at FROM commands"); wait != 5*60*1000 {
		t.Errorf("the message waits %d ms", wait)
	}
	f.exec(t, "UPDATE commands SET state = 'EXPIRED'")
	f.runJobs(t)
	f.wantJob(t, id, fleet.JobDone, one+" FAILED unanswered")

	id = f.job(t, fleet.JobReboot, "", f.Machine.ID)
	f.runJobs(t)
	f.exec(t, "UPDATE commands SET state = 'DONE'")
	f.runJobs(t)
	f.Advance(9 * time.Minute)
	f.runJobs(t)
	f.wantJob(t, id, "RUNNING", one+" ACKNOWLEDGED ")
	f.Advance(time.Minute)
	f.runJobs(t)
	f.wantJob(t, id, fleet.JobDone, one+" FAILED not_back")
}

// A machine that has got another merchant, has left the group of who asked, or is in
// transfer is not touched, and stops no other.
func TestJobRefusesMachines(t *testing.T) {
	for name, test := range map[string]struct{ sabotage, reason string }{
		"another merchant": {"UPDATE machines SET merchant_id = (SELECT MAX(id) FROM merchants) WHERE machine_no = '99999999'", "30003"},
		"another group":    {"UPDATE machines SET machine_group = 'south' WHERE machine_no = '99999999'", "out_of_group"},
		"in transfer":      {"UPDATE machines SET status = 'TRANSFER' WHERE machine_no = '99999999'", "30006"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			second := f.second(t)
			f.exec(t, "UPDATE machines SET machine_group = 'north'")
			f.exec(t, `INSERT INTO merchants (slug, title, description, logo, store_id, status, app_id, app_secret_hash, app_key_sealed,
				webhook_secret_sealed, webhook_secret_previous_sealed, webhook_previous_until, debug, timezone, created_at, expired_at)
				SELECT 'rival', 'Rival', '', '', '', status, 'rival', '', '', '', '', 0, debug, timezone, created_at, 0 FROM merchants`)
			id, err := f.jobs().Create(t.Context(), fleet.NewJob{
				Action: fleet.JobPauseCodes, Machines: []int64{f.Machine.ID, second}, Group: "north", By: audit.By{MerchantID: f.Merchant.ID},
			})
			must(t, err)
			f.exec(t, test.sabotage)
			f.runJobs(t)
			f.wantJob(t, id, fleet.JobDone, one+" DONE ", two+" FAILED "+test.reason)
			if n := f.number(t, "SELECT COUNT(*) FROM machines WHERE pickup_code_enabled"); n != 1 {
				t.Errorf("%d machines take codes, want 1", n)
			}
		})
	}
}

// Whoever goes on after a crash takes the machines that are missing and no other.
func TestJobAfterCrash(t *testing.T) {
	f := newFixture(t)
	id := f.job(t, fleet.JobReboot, "", f.Machine.ID, f.second(t))
	repair := f.database.Fail(t, "BEFORE UPDATE ON machine_job_rows", "NEW.state = 'FAILED'")
	if err := f.jobs().RunDue(t.Context()); err == nil {
		t.Fatal("the broken write was not noticed")
	}
	repair()
	f.runJobs(t) // the dead worker's lease still holds
	f.wantJob(t, id, "RUNNING", one+" ACCEPTED ", two+" WAITING ")
	f.Advance(20 * time.Second)
	f.runJobs(t)
	f.wantJob(t, id, "RUNNING", one+" ACCEPTED ", two+" FAILED 30002")
	if n := f.number(t, "SELECT COUNT(*) FROM commands"); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// What is no job is refused, and nothing is stored.
func TestJobRefusals(t *testing.T) {
	f := newFixture(t)
	some := []int64{f.Machine.ID}
	for field, n := range map[string]fleet.NewJob{
		"action":      {Action: "factory_reset", Machines: some},
		"value":       {Action: fleet.JobReboot, Value: "now", Machines: some},
		"machine_nos": {Action: fleet.JobReboot},
	} {
		n.By = audit.By{MerchantID: f.Merchant.ID}
		_, err := f.jobs().Create(t.Context(), n)
		if vending.CodeOf(err) != vending.CodeForm {
			t.Errorf("%s: %v", field, err)
		}
	}
	if n := f.number(t, "SELECT COUNT(*) FROM machine_jobs"); n != 0 {
		t.Errorf("%d jobs are stored", n)
	}
}
