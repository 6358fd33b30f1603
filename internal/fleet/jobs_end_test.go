package fleet_test

import (
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
)

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
