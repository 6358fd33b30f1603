import { Link } from "wouter";
import { useRows } from "../../api/rows";
import type { MachineJob } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { toneOf } from "../../lib/tones";
import { CsvButton } from "../../ui/CsvButton";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { JobProgress } from "./JobProgress";
import { MachineTabs } from "./MachineTabs";

/** What was done with many machines at once, the newest first. */
export function Jobs() {
  const { t, tCode } = useLanguage();
  const rows = useRows<MachineJob>("/jobs");
  return (
    <Page title={t("nav.machines")} actions={<CsvButton path="/jobs" name="jobs" />}>
      <MachineTabs />
      <Rows
        label={t("machines.tab.jobs")}
        query={rows}
        rowKey={(j) => j.id}
        columns={[
          {
            label: t("job.what"),
            width: "minmax(10rem,1.5fr)",
            cell: (j) => (
              <>
                <Link href={`/machines/jobs/${j.id}`} className="font-medium text-brand-strong underline">
                  {tCode("job_action", j.action)}
                </Link>
                {j.action === "set_group" && <span className="block text-sm text-muted">{t("job.value", { group: j.value || t("job.no_group") })}</span>}
              </>
            ),
          },
          { label: t("job.state"), width: "9rem", cell: (j) => <Status tone={toneOf(j.state)}>{tCode("job_state", j.state)}</Status> },
          { label: t("job.progress"), width: "minmax(12rem,2fr)", cell: (j) => <JobProgress job={j} /> },
          { label: t("job.who"), width: "minmax(8rem,1fr)", cell: (j) => j.created_by },
          { label: t("job.started"), width: "minmax(12.5rem,1fr)", cell: (j) => <Time at={j.created_at} /> },
        ]}
      />
    </Page>
  );
}
