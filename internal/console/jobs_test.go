package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

func jobBody(action, value string) string {
	return fmt.Sprintf(`{"action":%q,"value":%q,"machine_nos":[%q]}`, action, value, storetest.MachineNo)
}

// A job is done in the background; it is listed with its machines, also as CSV, and
// the audit log says who asked for what became of each.
func TestJobOfMachines(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	made := b.want(http.StatusCreated, "POST", "/jobs", jobBody("set_group", "north"))
	if made["state"] != "RUNNING" || made["machines"] != 1.0 || made["done"] != 0.0 {
		t.Errorf("job %v", made)
	}
	path := fmt.Sprintf("/jobs/%v", made["id"])
	f.must(f.jobs.RunDue(t.Context()))
	if got := b.want(http.StatusOK, "GET", path, nil); got["state"] != "DONE" || got["done"] != 1.0 || got["created_by"] != "operator@shop.example" {
		t.Errorf("job %v", got)
	}
	machines := b.want(http.StatusOK, "GET", path+"/machines?state=DONE", nil)["items"].([]any)
	if len(machines) != 1 || machines[0].(map[string]any)["machine_group"] != "north" {
		t.Errorf("machines %v", machines)
	}
	csv := *b
	csv.headers = map[string]string{"Accept": "text/csv"}
	for _, list := range []string{"/jobs", path + "/machines"} {
		if w := csv.send("GET", list, nil); strings.Count(w.Body.String(), "\n") != 2 {
			t.Errorf("%s as CSV: %s", list, w.Body)
		}
	}
	entries := f.as(account.Owner, "").want(http.StatusOK, "GET", "/audit", nil)["items"].([]any)
	for _, e := range entries {
		if e := e.(map[string]any); e["action"] == "machine.set_group" && e["email"] == "operator@shop.example" && e["subject_id"] == storetest.MachineNo {
			return
		}
	}
	t.Errorf("not in the audit log: %v", entries)
}

// A member who is bound to a group acts on its machines alone, moves none out of it,
// and sees no job with others in it.
func TestJobsOfAGroup(t *testing.T) {
	f := newFixture(t)
	desk := f.as(account.Operator, "")
	made := desk.want(http.StatusCreated, "POST", "/jobs", jobBody("pause_codes", ""))
	bound := f.as(account.Operator, "north")
	path := fmt.Sprintf("/jobs/%v", made["id"])
	for _, p := range []string{path, path + "/machines"} {
		bound.wantError(http.StatusNotFound, "not_found", "GET", p, nil)
	}
	bound.wantError(http.StatusNotFound, "30003", "POST", "/jobs", jobBody("pause_codes", ""))
	f.Write(t, func(tx *store.Tx) error { return tx.SetMachineGroup(t.Context(), f.Machine.ID, "north") })
	bound.wantError(http.StatusForbidden, "forbidden", "POST", "/jobs", jobBody("set_group", "south"))
	bound.want(http.StatusCreated, "POST", "/jobs", jobBody("resume_codes", ""))
	if got := bound.want(http.StatusOK, "GET", "/jobs", nil)["items"].([]any); len(got) != 2 {
		t.Errorf("jobs %v", got)
	}
}

// A job is stopped once, however often somebody asks; the audit log says who did.
func TestJobIsStopped(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	path := fmt.Sprintf("/jobs/%v", b.want(http.StatusCreated, "POST", "/jobs", jobBody("pause_codes", ""))["id"])
	for range 2 {
		if got := b.want(http.StatusOK, "POST", path+"/stop", nil); got["state"] != "RUNNING" || got["stopped"] != 1.0 || got["machines"] != 1.0 {
			t.Errorf("job %v", got)
		}
	}
	f.must(f.jobs.RunDue(t.Context()))
	if got := b.want(http.StatusOK, "GET", path, nil); got["state"] != "DONE" || got["stopped"] != 1.0 || got["done"] != 0.0 {
		t.Errorf("job %v", got)
	}
	machines := b.want(http.StatusOK, "GET", path+"/machines?state=STOPPED", nil)["items"].([]any)
	if len(machines) != 1 || machines[0].(map[string]any)["reason"] != "stopped" {
		t.Errorf("machines %v", machines)
	}
	found := 0
	for _, e := range f.as(account.Owner, "").want(http.StatusOK, "GET", "/audit", nil)["items"].([]any) {
		if e := e.(map[string]any); e["action"] == "machine.job.stop" && e["email"] == "operator@shop.example" && "/jobs/"+e["subject_id"].(string) == path {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d entries in the audit log, want 1", found)
	}
}

// A member who is bound to a group stops what he could have started, and sees no
// other job to stop.
func TestJobOfAGroupIsStopped(t *testing.T) {
	f := newFixture(t)
	desk, bound := f.as(account.Operator, ""), f.as(account.Operator, "north")
	start := func(action, value string) string {
		return fmt.Sprintf("/jobs/%v/stop", desk.want(http.StatusCreated, "POST", "/jobs", jobBody(action, value))["id"])
	}
	pause, group := start("pause_codes", ""), start("set_group", "south")
	bound.wantError(http.StatusNotFound, "not_found", "POST", pause, nil)
	f.Write(t, func(tx *store.Tx) error { return tx.SetMachineGroup(t.Context(), f.Machine.ID, "north") })
	bound.wantError(http.StatusForbidden, "forbidden", "POST", group, nil)
	if got := bound.want(http.StatusOK, "POST", pause, nil); got["stopped"] != 1.0 {
		t.Errorf("job %v", got)
	}
	if got := desk.want(http.StatusOK, "POST", group, nil); got["stopped"] != 1.0 {
		t.Errorf("job %v", got)
	}
}

// A machine that is named twice is in a job once; nonsense is refused.
func TestJobRequests(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	no := storetest.MachineNo
	got := b.want(http.StatusCreated, "POST", "/jobs", fmt.Sprintf(`{"action":"reboot","machine_nos":[%q,%q]}`, no, no))
	if got["machines"] != 1.0 {
		t.Errorf("job %v", got)
	}
	many := strings.TrimSuffix(strings.Repeat(`"1",`, 1001), ",")
	for name, body := range map[string]string{
		"no action":     fmt.Sprintf(`{"machine_nos":[%q]}`, no),
		"factory reset": jobBody("factory_reset", ""),
		"a value":       jobBody("reboot", "x"),
		"a long group":  jobBody("set_group", strings.Repeat("x", 101)),
		"no machine":    `{"action":"reboot","machine_nos":[]}`,
		"too many":      `{"action":"reboot","machine_nos":[` + many + `]}`,
	} {
		if w := b.send("POST", "/jobs", body); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: HTTP %d %s", name, w.Code, w.Body)
		}
	}
}
