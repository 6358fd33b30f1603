import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import type { Batch } from "../../api/many";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";

/** Ends a batch, and on demand its unused codes. */
export function StopBatch({ batch }: { batch: Batch }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [codes, setCodes] = useState(false);
  const stop = useMutation({
    mutationFn: () => api.post(`/codes/batches/${batch.id}/cancel`, { cancel_codes: codes }),
    onSuccess: () => {
      setOpen(false);
      return queries.invalidateQueries();
    },
  });
  return (
    <>
      <Button aria-label={`${t("batch.stop")} ${batch.id}`} onClick={() => setOpen(true)}>
        {t("batch.stop")}
      </Button>
      {open && (
        <Confirm
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
          action={t("batch.stop")}
          danger
          pending={stop.isPending}
          error={stop.error}
          onConfirm={() => stop.mutate()}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
