import type { MachineJob } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Progress } from "../../ui/Progress";

/** How many machines of a job are through. */
export function JobProgress({ job }: { job: MachineJob }) {
  const { t } = useLanguage();
  const { done, failed, stopped, machines: n } = job;
  const text = stopped ? t("job.of_stopped", { done, failed, stopped, n }) : t("job.of", { done, failed, n });
  return <Progress label={t("job.title", { id: job.id })} text={text} value={done + failed + stopped} max={n} />;
}
