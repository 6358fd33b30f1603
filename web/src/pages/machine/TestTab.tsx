import { useState } from "react";
import { usePlanogram } from "../../api/planogram";
import type { Channel, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { layersOf } from "../../lib/selection";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Select } from "../../ui/Field";
import { TestDialog } from "./TestDialog";

export function TestTab({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const planogram = usePlanogram(m.machine_no);
  const channels = planogram.data ? layersOf(planogram.data).flat() : [];
  const [chosen, setChosen] = useState("");
  const [testing, setTesting] = useState<Channel | null>(null);
  const channel = channels.find((c) => String(c.product_id) === chosen) ?? channels[0];
  return (
    <section className="card flex max-w-md flex-col gap-4 p-4">
      <p>{t("test.lead")}</p>
      <ErrorNote error={planogram.error} />
      <Select label={t("test.channel")} value={String(channel?.product_id ?? "")} onChange={setChosen}>
        {channels.map((c) => (
          <option key={c.product_id} value={c.product_id}>
            {c.name} · {c.good?.name ?? t("planogram.empty")} · {c.quantity}/{c.capacity}
          </option>
        ))}
      </Select>
      <Button look="primary" disabled={!channel} onClick={() => channel && setTesting(channel)}>
        {t("test.start")}
      </Button>
      {testing && <TestDialog m={m} channel={testing} onClose={() => setTesting(null)} />}
    </section>
  );
}
