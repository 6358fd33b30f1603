import type { MachineInfo, VisitLine } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { summaryOf } from "../../lib/visit";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { SummaryList } from "./SummaryList";

interface Props {
  m: MachineInfo;
  lines: VisitLine[];
  onFinish: () => void;
  onClose: () => void;
}

/** The summary of a visit before it is sent. */
export function FinishDialog({ m, lines, onFinish, onClose }: Props) {
  const { t } = useLanguage();
  return (
    <Dialog title={t("field.finish_title", { machine: m.name || m.machine_no })} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <SummaryList summary={summaryOf(lines)} />
        <p className="text-sm text-muted">{t("field.finish_lead")}</p>
        <Button look="primary" className="min-h-12" onClick={onFinish}>
          {t("field.finish_now")}
        </Button>
      </div>
    </Dialog>
  );
}
