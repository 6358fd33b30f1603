import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { planogramPath } from "../../api/planogram";
import type { CopiedPlanogram, List, MachineInfo, MachineRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { SearchField } from "../../ui/FilterBar";
import { Status } from "../../ui/Status";

/** Machines the server copies to at once. */
const maxCopies = 500;

/** Chooses machines and gives them the goods and capacities of this one. */
export function CopyTo({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const machines = useQuery({ queryKey: ["/machines", "choice", text], queryFn: () => api.get<List<MachineRow>>("/machines", { limit: 200, q: text }) });
  const copy = useMutation({
    mutationFn: () => api.post<List<CopiedPlanogram>>(`${planogramPath(m.machine_no)}/copy`, { machine_nos: [...chosen] }),
    onSuccess: () => queries.invalidateQueries(),
  });
  if (copy.data) return <Outcome rows={copy.data.items} />;
  const others = machines.data?.items.filter((other) => other.machine_no !== m.machine_no) ?? [];
  const choose = (no: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(no);
    else next.delete(no);
    setChosen(next);
  };
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t("planogram.copy_to_lead")}</p>
      <div className="flex flex-wrap gap-2">
        <SearchField label={t("machines.search")} value={text} onChange={setText} />
        <Button onClick={() => setChosen(new Set([...chosen, ...others.map((other) => other.machine_no)]))}>{t("planogram.select_all")}</Button>
      </div>
      <ErrorNote error={machines.error ?? copy.error} />
      <ul className="flex max-h-[40vh] flex-col overflow-y-auto">
        {others.map((other) => (
          <li key={other.id}>
            <label className="flex min-h-9 items-center gap-2">
              <input type="checkbox" checked={chosen.has(other.machine_no)} onChange={(e) => choose(other.machine_no, e.target.checked)} />
              {other.name || other.machine_no} <span className="text-muted">{other.machine_no}</span>
            </label>
          </li>
        ))}
      </ul>
      <Button look="primary" disabled={chosen.size === 0 || chosen.size > maxCopies || copy.isPending} onClick={() => copy.mutate()}>
        {t("planogram.copy_now", { n: chosen.size })}
      </Button>
    </div>
  );
}

function Outcome({ rows }: { rows: CopiedPlanogram[] }) {
  const { t, tCode } = useLanguage();
  return (
    <div role="status">
      <ul className="flex flex-col gap-2">
        {rows.map((row) => (
          <li key={row.machine_no} className="flex flex-wrap justify-between gap-x-3">
            <span className="font-medium">{row.machine_no}</span>
            {row.done ? (
              <Status tone="ok">{t("planogram.copied", { n: row.changes })}</Status>
            ) : (
              <Status tone="bad">{`${row.channel} ${tCode(/^\d/.test(row.reason) ? "error" : "problem", row.reason)}`}</Status>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
