import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Params } from "../../api/client";
import { useMerchant } from "../../api/session";
import type { List, MachineJobAction, MachineRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import type { Chosen } from "../../lib/chosen";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { SheetButton } from "../../ui/SheetButton";
import { StartJob } from "./StartJob";

/** The server changes no more at once. */
export const mostMachines = 1000;
/** More numbers make an address that some servers do not take. */
const mostLabels = 300;

const actions: MachineJobAction[] = ["set_group", "maintenance_on", "maintenance_off", "pause_codes", "resume_codes", "reboot"];

interface Props {
  chosen: Chosen<string>;
  machines: MachineRow[];
  filters: Params;
}

/** What can be done with the machines that are selected. */
export function BulkBar({ chosen, machines, filters }: Props) {
  const { t } = useLanguage();
  const bound = useMerchant().machine_group !== "";
  const [asking, setAsking] = useState<MachineJobAction | null>(null);
  const [more, setMore] = useState(false);
  const find = useMutation({
    mutationFn: () => allFound(filters),
    onSuccess: (found) => {
      chosen.replace(found.numbers);
      setMore(found.more);
    },
  });
  const numbers = [...chosen.keys];
  const n = numbers.length;
  const clear = () => {
    chosen.clear();
    setMore(false);
  };
  return (
    <div className="card mb-2 flex flex-wrap items-center gap-2 p-3 lg:sticky lg:top-16 lg:z-20">
      <span role="status" className="mr-2 font-medium">
        {t("machines.selected", { n })}
        {more && n === mostMachines && <span className="block text-sm font-normal text-muted">{t("machines.select_most", { n })}</span>}
      </span>
      <Button look="quiet" disabled={find.isPending} onClick={() => find.mutate()}>
        {t("machines.select_found")}
      </Button>
      {n > 0 && (
        <>
          <Button look="quiet" onClick={clear}>
            {t("app.clear_selection")}
          </Button>
          {actions
            .filter((action) => action !== "set_group" || !bound)
            .map((action) => (
              <Button key={action} onClick={() => setAsking(action)}>
                {t(`job_action.${action}`)}
              </Button>
            ))}
          {n <= mostLabels ? (
            <SheetButton path="/sheets/machines" params={{ machine_no: numbers.join(",") }} name="machines" label={t("machines.sheet")} />
          ) : (
            <span className="text-sm text-muted">{t("machines.too_many_labels", { n: mostLabels })}</span>
          )}
        </>
      )}
      <ErrorNote error={find.error} />
      {asking && <StartJob action={asking} numbers={numbers} machines={machines} onClose={() => setAsking(null)} />}
    </div>
  );
}

/** The numbers of what a filter finds, as many as can be changed at once. */
async function allFound(filters: Params): Promise<{ numbers: string[]; more: boolean }> {
  const numbers: string[] = [];
  let cursor: string | undefined = "";
  do {
    const page: List<MachineRow> = await api.get<List<MachineRow>>("/machines", { ...filters, limit: 200, cursor });
    numbers.push(...page.items.map((m) => m.machine_no));
    cursor = page.next;
  } while (cursor && numbers.length < mostMachines);
  return { numbers, more: !!cursor };
}
