import { useRows } from "../../api/rows";
import type { AlertMessage } from "../../api/types";
import type { Key } from "../../i18n/en";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { toneOf } from "../../lib/tones";
import { CsvButton } from "../../ui/CsvButton";
import { Views } from "../../ui/FilterBar";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

const states = ["PENDING", "DELIVERED", "DEAD"] as const;

/** What was sent about alerts, and what could not be. */
export function MessageList() {
  const { t, tCode } = useLanguage();
  const filters = useFilters(["state"] as const);
  const rows = useRows<AlertMessage>("/alerts/messages", filters.values);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Views
          label={t("messages.state")}
          value={filters.values.state}
          views={[{ value: "", label: t("app.all") }, ...states.map((value) => ({ value, label: t(`callback_state.${value}` satisfies Key) }))]}
          onChange={(state) => filters.set({ state })}
        />
        <CsvButton path="/alerts/messages" params={filters.values} name="alert-messages" />
      </div>
      <Rows
        label={t("rules.tab.messages")}
        query={rows}
        rowKey={(m) => m.id}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          {
            label: t("messages.event"),
            width: "minmax(12rem,1fr)",
            cell: (m) => (
              <>
                <span className="font-medium">{t(`messages.event.${m.event}`)}</span> {m.kind && tCode("alert", m.kind)} {m.machine_no}
              </>
            ),
          },
          { label: t("rules.target"), width: "minmax(12rem,1fr)", cell: (m) => <span className="break-all">{m.target}</span> },
          { label: t("messages.at"), width: "minmax(12.5rem,1fr)", cell: (m) => <Time at={m.created_at} /> },
          {
            label: t("messages.state"),
            width: "minmax(10rem,1fr)",
            cell: (m) => (
              <span className="flex flex-col items-start gap-1">
                <Status tone={toneOf(m.state)}>{tCode("callback_state", m.state)}</Status>
                <span className="text-sm">{t("messages.attempts", { n: m.attempts })}</span>
                {m.state === "PENDING" && (
                  <span className="text-sm">
                    {t("messages.next")} <Time at={m.due_at} />
                  </span>
                )}
              </span>
            ),
          },
          { label: t("messages.error"), width: "minmax(10rem,1fr)", cell: (m) => m.error || t("app.none") },
        ]}
      />
    </>
  );
}
