import { Link } from "wouter";
import type { MachineRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Bar } from "../../ui/Bar";
import type { Column } from "../../ui/DataTable";
import { MachineName } from "../../ui/MachineName";
import { MachineState } from "../../ui/MachineState";
import { Status } from "../../ui/Status";

export function useMachineColumns(): Column<MachineRow>[] {
  const { t, tCode } = useLanguage();
  return [
    {
      label: t("machines.machine"),
      width: "minmax(11rem,2fr)",
      cell: (m) => <MachineName no={m.machine_no} name={m.name} />,
    },
    {
      label: t("machines.state"),
      width: "minmax(10rem,1.3fr)",
      cell: (m) => (
        <span className="flex flex-wrap gap-1">
          <MachineState online={m.is_online} lastSeenAt={m.last_heartbeat_at} />
          {m.status !== "OPERATIONAL" && <Status tone="warn">{tCode("machine_status", m.status)}</Status>}
        </span>
      ),
    },
    { label: t("machines.group"), width: "minmax(5rem,1fr)", cell: (m) => m.machine_group || t("app.none") },
    {
      label: t("machines.stock"),
      width: "minmax(8rem,1.2fr)",
      cell: (m) => (
        <>
          <Bar value={m.stock} total={m.capacity} />
          <span className="text-sm tabular-nums">
            {t("machines.stock_of", { n: m.stock, total: m.capacity })}
            {m.sold_out > 0 && <span className="text-bad"> · {t("machines.sold_out", { n: m.sold_out })}</span>}
          </span>
        </>
      ),
    },
    {
      label: t("machines.faults"),
      width: "minmax(6rem,1fr)",
      cell: (m) =>
        m.faulty > 0 ? <Status tone="bad">{t("machines.faulty", { n: m.faulty })}</Status> : <Status tone="ok">{t("machines.no_faults")}</Status>,
    },
    {
      label: t("machines.alerts"),
      width: "4rem",
      cell: (m) =>
        m.open_alerts > 0 ? (
          <Link href="/alerts" className="font-medium text-bad underline">
            {m.open_alerts}
          </Link>
        ) : (
          0
        ),
    },
    {
      label: t("machines.signal"),
      width: "5rem",
      cell: (m) => <span className="text-sm text-muted">{[m.network_type, m.network_rssi].filter(Boolean).join(" ") || t("app.none")}</span>,
    },
  ];
}
