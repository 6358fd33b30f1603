import type { MachineJob } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Progress } from "../../ui/Progress";

/** How many machines of a job are through. */
export function JobProgress({ job }: { job: MachineJob }) {
  const { t } = useLanguage();
  const text = t("job.of", { done: job.done, failed: job.failed, n: job.machines });
  return <Progress label={t("job.title", { id: job.id })} text={text} value={job.done + job.failed} max={job.machines} />;
}
