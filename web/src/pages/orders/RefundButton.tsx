import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { OrderFacts } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";

/** Notes that the merchant has given the money back. */
export function RefundButton({ order, path }: { order: OrderFacts; path: string }) {
  const { t } = useLanguage();
  const may = useMay();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const refund = useMutation({
    mutationFn: () => api.post(`${path}/refund`),
    onSuccess: () => {
      setOpen(false);
      return queries.invalidateQueries({ queryKey: [path] });
    },
  });
  if (!may("refund") || (order.status !== "SUCCESS" && order.status !== "PICKUPCODE")) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("order.refund")}</Button>
      {open && (
        <Confirm
          title={t("order.refund")}
          consequence={t("order.refund_confirm", { id: order.id })}
          action={t("order.refund")}
          danger
          pending={refund.isPending}
          error={refund.error}
          onConfirm={() => refund.mutate()}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
