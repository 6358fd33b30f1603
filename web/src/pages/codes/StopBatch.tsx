import { useState } from "react";
import { api } from "../../api/client";
import type { Batch } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ConfirmButton } from "../../ui/ConfirmButton";

/** Ends a batch, and on demand its unused codes. */
export function StopBatch({ batch }: { batch: Batch }) {
  const { t } = useLanguage();
  const [codes, setCodes] = useState(false);
  return (
    <ConfirmButton
      aria-label={`${t("batch.stop")} ${batch.id}`}
      title={t("batch.stop")}
      consequence={
        <>
          <p className="mb-2">{t("batch.stop_confirm", { id: batch.id, made: batch.made, wanted: batch.wanted })}</p>
          <label className="flex items-start gap-2">
            <input type="checkbox" className="mt-1" checked={codes} onChange={(e) => setCodes(e.target.checked)} />
            {t("batch.stop_codes")}
          </label>
        </>
      }
      act={() => api.post(`/codes/batches/${batch.id}/cancel`, { cancel_codes: codes })}
    >
      {t("batch.stop")}
    </ConfirmButton>
  );
}
