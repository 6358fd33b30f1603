import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import { simulatorPath } from "../../api/simulator";
import type { VirtualMachine } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field, Select } from "../../ui/Field";

/** The faults of a virtual machine, with the seconds they take unless told otherwise; 0 for those that take none. */
const faults = { jam: 0, no_drop: 0, slow: 20, silent: 0, late_report: 130, offline: 30, power_loss: 5 };

type Fault = keyof typeof faults;

interface Props {
  m: VirtualMachine;
  onDone: () => void;
}

/** Chooses what goes wrong at a virtual machine, or sets it right. */
export function FaultForm({ m, onDone }: Props) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [fault, setFault] = useState<Fault>("jam");
  const [seconds, setSeconds] = useState("");
  const [runs, setRuns] = useState("1");
  const set = useMutation({
    mutationFn: (wanted: { faults: Record<string, string>; runs: number }) => api.put(`${simulatorPath}/${m.machine_no}`, wanted),
    onSuccess: () => {
      onDone();
      return queries.invalidateQueries({ queryKey: [simulatorPath] });
    },
  });
  const choose = (next: Fault) => {
    setFault(next);
    setSeconds(faults[next] ? String(faults[next]) : "");
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ faults: { [fault]: faults[fault] ? `${seconds}s` : "1" }, runs: Number(runs) });
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <Select label={t("simulator.fault")} value={fault} onChange={(value) => choose(value as Fault)}>
        {(Object.keys(faults) as Fault[]).map((name) => (
          <option key={name} value={name}>
            {t(`fault.${name}`)}
          </option>
        ))}
      </Select>
      <p className="text-muted">{t(`fault_lead.${fault}`)}</p>
      {faults[fault] > 0 && (
        <Field label={t("simulator.seconds")} type="number" min={1} max={86_400} required value={seconds} onChange={(e) => setSeconds(e.target.value)} />
      )}
      <Select label={t("simulator.for")} value={runs} onChange={setRuns}>
        <option value="1">{t("simulator.for.1")}</option>
        <option value="3">{t("simulator.for.3")}</option>
        <option value="10">{t("simulator.for.10")}</option>
        <option value="0">{t("simulator.for.0")}</option>
      </Select>
      <ErrorNote error={set.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={set.isPending}>
          {t("simulator.set")}
        </Button>
        {Object.keys(m.faults).length > 0 && (
          <Button disabled={set.isPending} onClick={() => set.mutate({ faults: {}, runs: 0 })}>
            {t("simulator.clear")}
          </Button>
        )}
      </div>
    </form>
  );
}
