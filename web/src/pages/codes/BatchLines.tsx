import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { Batch, BatchInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";

/** The button and the dialog that tell which channels a batch is for. */
export function BatchLines({ batch }: { batch: Batch }) {
  const { t } = useLanguage();
  return (
    <DialogButton title={t("batch.number", { id: batch.id })} dialog={() => <Lines id={batch.id} />}>
      {t("batch.lines")}
    </DialogButton>
  );
}

function Lines({ id }: { id: number }) {
  const { t, tCode } = useLanguage();
  const path = `/codes/batches/${id}`;
  const batch = useQuery({ queryKey: [path], queryFn: () => api.get<BatchInfo>(path) });
  return (
    <>
      <ErrorNote error={batch.error} />
      <ul className="flex flex-col gap-2">
        {batch.data?.lines.map((l) => (
          <li key={`${l.machine_no} ${l.product_id}`} className="flex flex-wrap justify-between gap-2">
            <span>
              {l.machine_name || l.machine_no} · {l.channel_name} {l.good_name}
            </span>
            <span className="tabular-nums">{t("batch.of", { made: l.made, wanted: l.wanted })}</span>
            {l.failure && <span className="w-full text-bad">{t("batch.failed", { reason: tCode("error", l.failure) })}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
