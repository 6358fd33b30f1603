import { Link } from "wouter";
import type { CodeRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { toneOf } from "../../lib/tones";
import { Copy } from "../../ui/Copy";
import type { Column } from "../../ui/DataTable";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { CancelCode } from "./CancelCode";

/** A code that the role may not see has stars for its digits. */
const masked = (code: string) => code.includes("*");

export function useCodeColumns(): Column<CodeRow>[] {
  const { t, tCode } = useLanguage();
  return [
    {
      label: t("codes.code"),
      width: "minmax(9rem,1fr)",
      cell: (c) => (
        <span className="inline-flex items-center gap-1 font-mono text-base">
          {c.code}
          {!masked(c.code) && <Copy text={c.code} name={c.code} />}
        </span>
      ),
    },
    { label: t("codes.state"), width: "8rem", cell: (c) => <Status tone={toneOf(c.state)}>{tCode("code_state", c.state)}</Status> },
    {
      label: t("codes.machine"),
      width: "minmax(7rem,1fr)",
      cell: (c) => (
        <Link href={`/machines/${c.machine_no}`} className="hover:underline">
          {c.machine_name || c.machine_no}
        </Link>
      ),
    },
    {
      label: t("codes.good"),
      width: "minmax(8rem,1.2fr)",
      cell: (c) => (
        <>
          {c.channel_name} {c.good_name}
          {c.quantity > 1 && ` × ${c.quantity}`}
        </>
      ),
    },
    { label: t("codes.expires"), width: "minmax(12.5rem,1fr)", cell: (c) => (c.expires_at ? <Time at={c.expires_at} zone={c.timezone} /> : t("codes.never")) },
    {
      label: t("codes.outcome"),
      width: "minmax(8rem,1fr)",
      cell: (c) =>
        c.order_id ? (
          <span className="flex flex-col items-start gap-1">
            <Link href={`/orders/${c.order_id}`} className="text-brand-strong underline">
              {t("codes.order", { id: c.order_id })}
            </Link>
            {c.record_state && <Status tone={toneOf(c.record_state)}>{tCode("record", c.record_state)}</Status>}
          </span>
        ) : (
          t("app.none")
        ),
    },
    { label: t("codes.actions"), width: "7rem", cell: (c) => (c.state === "UNUSED" ? <CancelCode code={c} /> : <span className="text-muted">{t("app.none")}</span>) },
  ];
}
