import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { CodeRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";

export function CancelCode({ code }: { code: CodeRow }) {
  const { t } = useLanguage();
  const may = useMay();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const cancel = useMutation({
    mutationFn: () => api.delete(`/codes/${code.id}`),
    onSuccess: () => {
      setOpen(false);
      return queries.invalidateQueries();
    },
  });
  if (!may("sell_codes")) return null;
  return (
    <>
      <Button className="min-h-8 px-2" aria-label={`${t("codes.cancel")} ${code.code}`} onClick={() => setOpen(true)}>
        {t("app.cancel")}
      </Button>
      {open && (
        <Confirm
          title={t("codes.cancel")}
          consequence={t("codes.cancel_confirm", { code: code.code, machine: code.machine_name || code.machine_no })}
          action={t("codes.cancel")}
          danger
          pending={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate()}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
