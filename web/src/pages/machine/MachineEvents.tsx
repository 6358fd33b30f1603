import { ArrowDown, ArrowUp } from "lucide-react";
import { machinePath } from "../../api/machine";
import { useNewestRows } from "../../api/rows";
import type { MachineEvent, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { CsvButton } from "../../ui/CsvButton";
import { Json } from "../../ui/Json";
import { Rows } from "../../ui/Rows";
import { Time } from "../../ui/Time";

/** What the machine and the platform said to each other. */
export function MachineEvents({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const path = `${machinePath(m.machine_no)}/events`;
  const rows = useNewestRows<MachineEvent>(path, "machines");
  return (
    <>
      <div className="mb-3 flex justify-end">
        <CsvButton path={path} name={`events-${m.machine_no}`} />
      </div>
      <Rows
        label={t("tab.events")}
        query={rows}
        rowKey={(e) => e.id}
        columns={[
          { label: t("events.method"), width: "minmax(12rem,1fr)", cell: (e) => <code className="text-sm">{e.method}</code> },
          { label: t("events.at"), width: "14rem", cell: (e) => <Time at={e.at} zone={m.timezone} /> },
          {
            label: t("events.direction"),
            width: "10rem",
            cell: (e) => (
              <span className="inline-flex items-center gap-1 text-sm">
                {e.up ? <ArrowUp size={14} aria-hidden /> : <ArrowDown size={14} aria-hidden />}
                {t(e.up ? "events.up" : "events.down")}
              </span>
            ),
          },
          {
            label: t("events.payload"),
            width: "minmax(12rem,2fr)",
            cell: (e) =>
              e.payload ? (
                <details>
                  <summary className="truncate font-mono text-xs">{JSON.stringify(e.payload)}</summary>
                  <Json value={e.payload} label={t("events.payload")} />
                </details>
              ) : (
                t("app.none")
              ),
          },
        ]}
      />
    </>
  );
}
