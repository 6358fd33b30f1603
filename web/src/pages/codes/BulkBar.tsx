import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { BulkResult } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { endOf, type Expiry } from "../../lib/expiry";
import { Button } from "../../ui/Button";
import { ConfirmButton } from "../../ui/ConfirmButton";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { ExpiryChoice } from "./choices";

interface Props {
  ids: number[];
  onClear: () => void;
}

/** What can be done to the codes that are selected. */
export function BulkBar({ ids, onClear }: Props) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [done, setDone] = useState<BulkResult | null>(null);
  const finish = (result: BulkResult) => {
    setDone(result);
    onClear();
    return queries.invalidateQueries();
  };
  return (
    <>
      <p role="status" className={done && ids.length === 0 ? "mb-2" : "sr-only"}>
        {done && ids.length === 0 && t("codes.bulk_done", { changed: done.changed, skipped: done.skipped })}
      </p>
      {ids.length > 0 && (
        <div className="card mb-2 flex flex-wrap items-center gap-2 p-3">
          <span className="mr-2 font-medium">{t("codes.selected", { n: ids.length })}</span>
          <DialogButton title={t("codes.extend_title", { n: ids.length })} dialog={() => <Extend ids={ids} onDone={finish} />}>
            {t("codes.extend")}
          </DialogButton>
          <ConfirmButton
            look="danger"
            title={t("codes.cancel_many", { n: ids.length })}
            consequence={t("codes.cancel_many_confirm", { n: ids.length })}
            act={() => api.post<BulkResult>("/codes/cancel", { ids }).then(finish)}
          >
            {t("codes.cancel_many", { n: ids.length })}
          </ConfirmButton>
          <Button look="quiet" onClick={onClear}>
            {t("app.clear_selection")}
          </Button>
        </div>
      )}
    </>
  );
}

function Extend({ ids, onDone }: { ids: number[]; onDone: (result: BulkResult) => void }) {
  const { t } = useLanguage();
  const [expiry, setExpiry] = useState<Expiry>("week");
  const extend = useMutation({
    mutationFn: () => api.post<BulkResult>("/codes/extend", { ids, expires_at: endOf(expiry) }),
    onSuccess: onDone,
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    extend.mutate();
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <ExpiryChoice label={t("codes.extend_by")} value={expiry} onChange={setExpiry} never />
      <ErrorNote error={extend.error} />
      <Button type="submit" look="primary" disabled={extend.isPending}>
        {t("codes.extend")}
      </Button>
    </form>
  );
}
