import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { OrderFacts } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ConfirmButton } from "../../ui/ConfirmButton";

/** Notes that the merchant has given the money back. */
export function RefundButton({ order, path }: { order: OrderFacts; path: string }) {
  const { t } = useLanguage();
  const may = useMay();
  if (!may("refund") || (order.status !== "SUCCESS" && order.status !== "PICKUPCODE")) return null;
  return (
    <ConfirmButton title={t("order.refund")} consequence={t("order.refund_confirm", { id: order.id })} act={() => api.post(`${path}/refund`)}>
      {t("order.refund")}
    </ConfirmButton>
  );
}
