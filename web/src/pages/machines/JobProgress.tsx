import type { MachineJob } from "../../api/types";
import { useLanguage } from "../../i18n/language";

/** How many machines of a job are through. */
export function JobProgress({ job }: { job: MachineJob }) {
  const { t } = useLanguage();
  const text = t("job.of", { done: job.done, failed: job.failed, n: job.machines });
  return (
    <>
      <span className="tabular-nums">{text}</span>
      <progress
        className="block h-2 w-full accent-brand"
        aria-label={`${t("job.title", { id: job.id })}: ${text}`}
        max={job.machines}
        value={job.done + job.failed}
      />
    </>
  );
}
