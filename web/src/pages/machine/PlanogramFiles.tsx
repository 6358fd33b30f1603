import { useMutation } from "@tanstack/react-query";
import { CopyPlus, FileUp, Import, LayoutGrid } from "lucide-react";
import { useRef, useState, type ChangeEvent } from "react";
import { api } from "../../api/client";
import { planogramPath } from "../../api/planogram";
import { useMay } from "../../api/session";
import type { MachineInfo, StagedPlanogram } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { CsvButton } from "../../ui/CsvButton";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Problems } from "../../ui/Problems";
import { MachineChoice } from "../codes/choices";
import { NewModel } from "../models/NewModel";
import { CopyTo } from "./CopyTo";

interface Props {
  m: MachineInfo;
  onStage: (staged: StagedPlanogram) => void;
}

/** A planogram as a file, from a file, from another machine, to others. What comes in is staged, never applied. */
export function PlanogramFiles({ m, onStage }: Props) {
  const { t } = useLanguage();
  const may = useMay();
  const input = useRef<HTMLInputElement>(null);
  const path = planogramPath(m.machine_no);
  const stage = useMutation({
    mutationFn: async (from: File | string) => api.post<StagedPlanogram>(`${path}/stage`, from instanceof File ? { csv: await from.text() } : { from }),
    onSuccess: onStage,
  });
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (file) stage.mutate(file);
    event.target.value = ""; // the same file can be chosen again
  };
  return (
    <div className="mb-3 flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <CsvButton path={path} name={`planogram-${m.machine_no}`} />
        {may("edit_planogram") && (
          <>
            <input ref={input} type="file" accept=".csv,text/csv" hidden aria-label={t("app.import_csv")} onChange={choose} />
            <Button disabled={stage.isPending} onClick={() => input.current?.click()}>
              <FileUp size={16} aria-hidden />
              {t("app.import_csv")}
            </Button>
            <DialogButton
              title={t("planogram.copy_from")}
              dialog={(close) => (
                <CopyFrom
                  onChoose={(from) => {
                    stage.mutate(from);
                    close();
                  }}
                />
              )}
            >
              <Import size={16} aria-hidden />
              {t("planogram.copy_from")}
            </DialogButton>
            <DialogButton title={t("planogram.copy_to")} dialog={() => <CopyTo m={m} />}>
              <CopyPlus size={16} aria-hidden />
              {t("planogram.copy_to")}
            </DialogButton>
            <DialogButton title={t("models.from_machine")} dialog={() => <NewModel machineNo={m.machine_no} />}>
              <LayoutGrid size={16} aria-hidden />
              {t("models.from_machine")}
            </DialogButton>
          </>
        )}
      </div>
      <ErrorNote error={stage.error} />
      {stage.data && <Outcome staged={stage.data} onClose={stage.reset} />}
    </div>
  );
}

function CopyFrom({ onChoose }: { onChoose: (machineNo: string) => void }) {
  const { t } = useLanguage();
  const [no, setNo] = useState("");
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t("planogram.copy_from_lead")}</p>
      <MachineChoice value={no} onChange={setNo} />
      <Button look="primary" disabled={!no} onClick={() => onChoose(no)}>
        {t("planogram.stage")}
      </Button>
    </div>
  );
}

function Outcome({ staged, onClose }: { staged: StagedPlanogram; onClose: () => void }) {
  const { t } = useLanguage();
  const bad = staged.problems.length;
  return (
    <div role="status" className={`rounded-md border px-3 py-2 text-sm ${bad ? "border-warn bg-warn-soft" : "border-line bg-white"}`}>
      <div className="flex items-start gap-3">
        <p className="grow font-medium">
          {t("planogram.staged", { n: staged.changes.length })} {bad > 0 && t("planogram.problems", { n: bad })}
        </p>
        <Button look="quiet" className="min-h-7! px-2!" onClick={onClose}>
          {t("app.close")}
        </Button>
      </div>
      <Problems problems={staged.problems} />
    </div>
  );
}
