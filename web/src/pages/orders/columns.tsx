import { Link } from "wouter";
import type { OrderRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { toneOf } from "../../lib/tones";
import type { Column } from "../../ui/DataTable";
import { Money } from "../../ui/Money";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

export function useOrderColumns(): Column<OrderRow>[] {
  const { t, tCode } = useLanguage();
  return [
    {
      label: t("orders.order"),
      width: "minmax(10rem,1.5fr)",
      cell: (o) => (
        <>
          <Link href={`/orders/${o.id}`} className="font-medium text-brand-strong hover:underline">
            {t("order.title", { id: o.id })}
          </Link>
          <span className="block truncate font-mono text-xs text-muted" title={o.trade_id}>
            {o.trade_id}
          </span>
        </>
      ),
    },
    { label: t("orders.at"), width: "minmax(12.5rem,1fr)", cell: (o) => <Time at={o.created_at} /> },
    {
      label: t("orders.machine"),
      width: "minmax(8rem,1fr)",
      cell: (o) => (
        <Link href={`/machines/${o.machine_no}`} className="hover:underline">
          {o.machine_name || o.machine_no}
        </Link>
      ),
    },
    {
      label: t("orders.good"),
      width: "minmax(8rem,1fr)",
      cell: (o) => (
        <>
          {o.good_name || t("app.none")}
          <span className="block text-sm text-muted">
            {t("order.pieces", { n: o.delivered, total: o.quantity })}
            {o.by_code && ` · ${t("orders.by_code")}`}
          </span>
        </>
      ),
    },
    { label: t("orders.amount"), width: "6rem", cell: (o) => <Money minor={o.amount} currency={o.currency} /> },
    { label: t("orders.outcome"), width: "11rem", cell: (o) => <Status tone={toneOf(o.outcome)}>{tCode("outcome", o.outcome)}</Status> },
  ];
}
