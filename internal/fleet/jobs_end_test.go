package fleet_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// interlude is an engine on which something happens before each transaction; n
// counts them from 1.
type interlude struct {
	store.Engine
	before func(n int)
	n      int
}

func (i *interlude) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	i.n++
	i.before(i.n)
	return i.Engine.RunInTx(ctx, fn)
}

// runJobsWith is runJobs with an interlude: the first transaction claims the job,
// each that follows is about a machine.
func (f *fixture) runJobsWith(ctx context.Context, t *testing.T, before func(n int)) {
	t.Helper()
	f.Advance(time.Second)
	st := store.New(&interlude{Engine: f.Engine, before: before})
	must(t, fleet.NewJobs(st, f.fleet, f.Catalog, audit.New(f.Now), f.Now, slog.New(slog.DiscardHandler)).RunDue(ctx))
}

func (f *fixture) stop(t *testing.T, id int64) {
	t.Helper()
	must(t, f.jobs().Stop(t.Context(), audit.By{MerchantID: f.Merchant.ID, UserID: 8}, id))
}

// twoOnline is a job that reboots two machines which are online.
func (f *fixture) twoOnline(t *testing.T) int64 {
	t.Helper()
	second := f.second(t)
	f.exec(t, "UPDATE presence SET is_online = TRUE")
	return f.job(t, fleet.JobReboot, "", f.Machine.ID, second)
}

func (f *fixture) wantMessages(t *testing.T, want int64) {
	t.Helper()
	if n := f.number(t, "SELECT COUNT(*) FROM commands"); n != want {
		t.Errorf("%d messages, want %d", n, want)
	}
}

// A job that is stopped while it is worked on leaves out the machines whose turn has
// not come, also the one that was chosen just now. The one that has its message
// keeps its course, and the job ends with it.
func TestJobIsStoppedBetweenSteps(t *testing.T) {
	f := newFixture(t)
	id := f.twoOnline(t)
	f.runJobsWith(t.Context(), t, func(n int) {
		if n == 3 { // the second machine is chosen
			f.stop(t, id)
		}
	})
	f.wantJob(t, id, "RUNNING", one+" ACCEPTED ", two+" STOPPED stopped")
	f.wantMessages(t, 1)
	f.exec(t, "UPDATE commands SET state = 'DONE'")
	f.runJobs(t)
	f.stop(t, id) // again, when nothing waits
	f.wantJob(t, id, "RUNNING", one+" ACKNOWLEDGED ", two+" STOPPED stopped")
	f.exec(t, "UPDATE presence SET epoch = epoch + 1")
	f.runJobs(t)
	f.stop(t, id) // and when it is over
	f.wantJob(t, id, fleet.JobDone, one+" DONE ", two+" STOPPED stopped")
	want := []string{"machine.reboot " + one + " by 7", "machine.job.stop 1 by 8"}
	if got := f.audits(t); !slices.Equal(got, want) {
		t.Errorf("audited %q, want %q", got, want)
	}
}

// A machine that is refused after the stop is left out and not failed.
func TestJobIsStoppedBeforeARefusal(t *testing.T) {
	f := newFixture(t)
	f.exec(t, "UPDATE presence SET is_online = FALSE")
	id := f.job(t, fleet.JobReboot, "", f.Machine.ID)
	f.runJobsWith(t.Context(), t, func(n int) {
		if n == 3 { // 2 was refused; this one notes it
			f.stop(t, id)
		}
	})
	f.wantJob(t, id, fleet.JobDone, one+" STOPPED stopped")
}

// A stop that meets the step of a machine waits for it: the machine gets its message
// once and is not left out.
func TestJobIsStoppedDuringAStep(t *testing.T) {
	f := newFixture(t)
	id := f.twoOnline(t)
	var stopping sync.WaitGroup
	n := 0
	ctx := store.Also(t.Context(), func(*store.Tx) error {
		if n++; n == 2 { // the first machine is written, and nothing is committed
			stopping.Go(func() { f.stop(t, id) })
		}
		return nil
	})
	f.runJobsWith(ctx, t, func(n int) {
		if n == 3 {
			stopping.Wait()
		}
	})
	f.wantMessages(t, 1)
	f.wantJob(t, id, "RUNNING", one+" ACCEPTED ", two+" STOPPED stopped")
}

// A job that nobody works on ends without having asked anybody; that of another
// merchant is not touched.
func TestJobIsStoppedBeforeItBegins(t *testing.T) {
	f := newFixture(t)
	id := f.job(t, fleet.JobPauseCodes, "", f.Machine.ID, f.second(t))
	must(t, f.jobs().Stop(t.Context(), audit.By{MerchantID: f.Merchant.ID + 1}, id))
	f.wantJob(t, id, "RUNNING", one+" WAITING ", two+" WAITING ")
	f.stop(t, id)
	f.stop(t, id)
	f.wantJob(t, id, "RUNNING", one+" STOPPED stopped", two+" STOPPED stopped")
	f.runJobs(t)
	f.wantJob(t, id, fleet.JobDone, one+" STOPPED stopped", two+" STOPPED stopped")
	if got, want := f.audits(t), []string{"machine.job.stop 1 by 8"}; !slices.Equal(got, want) {
		t.Errorf("audited %q, want %q", got, want)
	}
	if !f.machine(t).Machine.PickupCodeEnabled {
		t.Error("a machine was changed")
	}
}

// A stop that cannot be audited does not happen.
func TestJobStopIsAudited(t *testing.T) {
	f := newFixture(t)
	id := f.job(t, fleet.JobPauseCodes, "", f.Machine.ID)
	f.database.Fail(t, "BEFORE INSERT ON audit_log", "")
	if err := f.jobs().Stop(t.Context(), audit.By{MerchantID: f.Merchant.ID}, id); err == nil {
		t.Error("stopped without an entry")
	}
	f.wantJob(t, id, "RUNNING", one+" WAITING ")
}

// Jobs go with their machines 90 days after their end; one that is under way stays.
func TestJobSweep(t *testing.T) {
	const many = 1100 // more than two transactions take
	f := newFixture(t)
	f.exec(t, `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)
		INSERT INTO machine_jobs (merchant_id, machine_group, created_by, ip, created_at, action, value, state, lease_until, finished_at)
		SELECT m.id, '', 7, '', 1, 'reboot', '', 'DONE', 0, CAST($2 AS BIGINT) FROM numbers, merchants m WHERE m.id = $3`,
		many, f.Now().UnixMilli()-1, f.Merchant.ID)
	f.exec(t, `INSERT INTO machine_job_rows (job_id, machine_id, state, reason, command_id, epoch, updated_at)
		SELECT id, CAST($1 AS BIGINT), 'DONE', '', 0, 0, 1 FROM machine_jobs`, f.Machine.ID)
	done := f.job(t, fleet.JobPauseCodes, "", f.Machine.ID, f.second(t))
	must(t, f.jobs().RunDue(t.Context()))
	running := f.job(t, fleet.JobResumeCodes, "", f.Machine.ID)
	sweep := func(jobs, rows int64) {
		t.Helper()
		for range 2 {
			must(t, f.jobs().Sweep(t.Context()))
			if got := f.number(t, "SELECT COUNT(*) FROM machine_jobs"); got != jobs {
				t.Errorf("%d jobs, want %d", got, jobs)
			}
			if got := f.number(t, "SELECT COUNT(*) FROM machine_job_rows"); got != rows {
				t.Errorf("%d machines of jobs, want %d", got, rows)
			}
		}
	}
	f.Advance(90*24*time.Hour - time.Millisecond)
	sweep(many+2, many+3)
	f.Advance(time.Millisecond)
	sweep(2, 3)
	f.wantJob(t, done, fleet.JobDone, one+" DONE ", two+" DONE ")
	f.Advance(time.Millisecond)
	sweep(1, 1)
	f.wantJob(t, running, "RUNNING", one+" WAITING ")
	must(t, f.Store.Close())
	if err := f.jobs().Sweep(t.Context()); err == nil {
		t.Error("a sweep of a closed store succeeded")
	}
}
