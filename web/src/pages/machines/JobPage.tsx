import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import { api } from "../../api/client";
import { useRows } from "../../api/rows";
import { useMay, useMerchant } from "../../api/session";
import type { MachineJob, MachineJobState, MachineOfJob } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { toneOf } from "../../lib/tones";
import { ConfirmButton } from "../../ui/ConfirmButton";
import { CsvButton } from "../../ui/CsvButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Views } from "../../ui/FilterBar";
import { MachineName } from "../../ui/MachineName";
import { Loading, Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { JobProgress } from "./JobProgress";
import { MachineTabs } from "./MachineTabs";

const states: MachineJobState[] = ["WAITING", "ACCEPTED", "ACKNOWLEDGED", "DONE", "FAILED", "STOPPED"];

/** A job and what becomes of each of its machines, while it happens and afterwards. */
export function JobPage() {
  const { t } = useLanguage();
  const path = `/jobs/${useParams<{ id: string }>().id}`;
  const job = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<MachineJob>(path, {}, signal) });
  if (!job.data) {
    return (
      <Page title={t("nav.machines")}>
        <MachineTabs />
        {job.isPending ? <Loading /> : <ErrorNote error={job.error} onRetry={() => void job.refetch()} />}
      </Page>
    );
  }
  return <Progress job={job.data} path={path} />;
}

function Progress({ job, path }: { job: MachineJob; path: string }) {
  const { t, tCode } = useLanguage();
  const filters = useFilters(["state"] as const);
  const rows = useRows<MachineOfJob>(`${path}/machines`, filters.values);
  const may = useMay();
  const bound = useMerchant().machine_group !== "";
  const { accepted, acknowledged, done, failed, stopped } = job;
  const counts: Record<MachineJobState, number> = {
    WAITING: job.machines - accepted - acknowledged - done - failed - stopped,
    ACCEPTED: accepted,
    ACKNOWLEDGED: acknowledged,
    DONE: done,
    FAILED: failed,
    STOPPED: stopped,
  };
  // Who may not start it may not stop it.
  const mayStop = may("control_machines") && (job.action !== "set_group" || !bound);
  return (
    <Page
      title={tCode("job_action", job.action)}
      actions={
        <>
          <CsvButton path={`${path}/machines`} params={filters.values} name={`job-${job.id}`} />
          {mayStop && <StopJob job={job} waiting={counts.WAITING} path={path} />}
        </>
      }
    >
      <MachineTabs />
      <div className="card mb-4 flex flex-col gap-2 p-4">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Status tone={toneOf(job.state)}>{tCode("job_state", job.state)}</Status>
          {job.action === "set_group" && <span>{t("job.value", { group: job.value || t("job.no_group") })}</span>}
          <span className="text-muted">
            {job.created_by} · <Time at={job.created_at} />
          </span>
        </p>
        <div role="status">
          <JobProgress job={job} />
        </div>
      </div>
      <div className="mb-4">
        <Views
          label={t("job.state")}
          value={filters.values.state}
          views={[
            { value: "", label: `${t("app.all")} ${job.machines}` },
            ...states.filter((state) => counts[state] > 0 || filters.values.state === state).map((state) => ({ value: state, label: `${t(`job_row.${state}`)} ${counts[state]}` })),
          ]}
          onChange={(state) => filters.set({ state })}
        />
      </div>
      <Rows
        label={t("job.progress")}
        query={rows}
        rowKey={(m) => m.machine_no}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          {
            label: t("job.machine"),
            width: "minmax(11rem,2fr)",
            cell: (m) => <MachineName no={m.machine_no} name={m.machine_name} />,
          },
          { label: t("machines.group"), width: "minmax(5rem,1fr)", cell: (m) => m.machine_group || t("app.none") },
          { label: t("job.state"), width: "minmax(9rem,1fr)", cell: (m) => <Status tone={toneOf(m.state)}>{tCode("job_row", m.state)}</Status> },
          { label: t("job.reason"), width: "minmax(10rem,2fr)", cell: (m) => (m.reason ? tCode("error", m.reason) : t("app.none")) },
          { label: t("job.since"), width: "minmax(12.5rem,1fr)", cell: (m) => <Time at={m.updated_at} /> },
        ]}
      />
    </Page>
  );
}

/** Hidden when nothing waits, not gone: a dialog that is open must not vanish under the cursor. */
function StopJob({ job, waiting, path }: { job: MachineJob; waiting: number; path: string }) {
  const { t, tCode } = useLanguage();
  return (
    <ConfirmButton
      hidden={waiting === 0}
      title={t("job.stop")}
      consequence={t("job.stop_ask", { id: job.id, action: tCode("job_action", job.action), n: waiting })}
      act={() => api.post(`${path}/stop`)}
    >
      {t("job.stop")}
    </ConfirmButton>
  );
}
