import { useState } from "react";
import { useClearFault } from "../../api/machine";
import { useMay } from "../../api/session";
import type { Channel, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Status } from "../../ui/Status";
import { TestDialog } from "../machine/TestDialog";

/** A channel that does not sell until somebody has seen to it. */
export function FaultCard({ m, channel }: { m: MachineInfo; channel: Channel }) {
  const { t } = useLanguage();
  const may = useMay();
  const [testing, setTesting] = useState(false);
  const clear = useClearFault(m.machine_no, [channel.product_id]);
  return (
    <article className="card flex flex-col gap-2 border-bad/50 p-3" aria-label={t("planogram.channel", { name: channel.name })}>
      <div className="flex flex-wrap items-center gap-2">
        <span className="text-lg font-bold">{channel.name}</span>
        <span className="grow">{channel.good?.name ?? t("planogram.empty")}</span>
        <Status tone="bad">{t("planogram.fault", { code: channel.floor_status })}</Status>
      </div>
      <ErrorNote error={clear.error} />
      {may("test_dispense") && (
        <div className="flex gap-2">
          <Button className="min-h-12 grow" disabled={clear.isPending} onClick={() => clear.mutate()}>
            {t("planogram.clear_fault")}
          </Button>
          <Button className="min-h-12 grow" onClick={() => setTesting(true)}>
            {t("planogram.test")}
          </Button>
        </div>
      )}
      {testing && <TestDialog m={m} channel={channel} onClose={() => setTesting(false)} />}
    </article>
  );
}
