import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../../api/client";
import { useNewestRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { AlertRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { Button } from "../../ui/Button";
import { CsvButton } from "../../ui/CsvButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Select } from "../../ui/Field";
import { Views } from "../../ui/FilterBar";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

/** All kinds of alerts. */
export const kinds = ["MACHINE_OFFLINE", "TEMPERATURE", "CHANNEL_FAULT", "DELIVERY_CONFLICT", "CODE_CONFLICT", "BAD_SIGN", "SOLD_OUT", "CALLBACK_FAILING"];

/** What somebody should look at. */
export function AlertList() {
  const { t, tCode } = useLanguage();
  const filters = useFilters(["state", "kind"] as const);
  const rows = useNewestRows<AlertRow>("/alerts", "alerts", filters.values);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Views
          label={t("alerts.view")}
          value={filters.values.state}
          views={[
            { value: "", label: t("app.all") },
            { value: "open", label: t("alerts.open") },
            { value: "resolved", label: t("alerts.resolved") },
          ]}
          onChange={(state) => filters.set({ state })}
        />
        <Select hideLabel label={t("alerts.kind")} value={filters.values.kind} onChange={(kind) => filters.set({ kind })}>
          <option value="">
            {t("alerts.kind")}: {t("app.all")}
          </option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {tCode("alert", kind)}
            </option>
          ))}
        </Select>
        <CsvButton path="/alerts" params={filters.values} name="alerts" />
      </div>
      <Rows
        label={t("nav.alerts")}
        query={rows}
        rowKey={(a) => a.id}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          { label: t("alerts.kind"), width: "minmax(10rem,1.2fr)", cell: (a) => <span className="font-medium">{tCode("alert", a.kind)}</span> },
          {
            label: t("alerts.machine"),
            width: "minmax(8rem,1fr)",
            cell: (a) => (
              <Link href={`/machines/${a.machine_no}`} className="text-brand-strong underline">
                {a.machine_name || a.machine_no}
              </Link>
            ),
          },
          { label: t("alerts.subject"), width: "minmax(8rem,1.5fr)", cell: (a) => [a.subject, a.detail].filter(Boolean).join(" · ") || t("app.none") },
          { label: t("alerts.opened"), width: "minmax(12.5rem,1fr)", cell: (a) => <Time at={a.opened_at} /> },
          {
            label: t("alerts.state"),
            width: "8rem",
            cell: (a) => <Status tone={a.resolved_at ? "ok" : "bad"}>{t(a.resolved_at ? "alerts.resolved" : "alerts.open")}</Status>,
          },
          { label: t("alerts.actions"), width: "7rem", cell: (a) => <Resolve alert={a} /> },
        ]}
      />
    </>
  );
}

function Resolve({ alert }: { alert: AlertRow }) {
  const { t, tCode } = useLanguage();
  const may = useMay();
  const queries = useQueryClient();
  const resolve = useMutation({ mutationFn: () => api.post(`/alerts/${alert.id}/resolve`), onSuccess: () => queries.invalidateQueries() });
  if (alert.resolved_at || !may("handle_alerts")) return t("app.none");
  return (
    <>
      <Button
        className="min-h-8 px-2"
        disabled={resolve.isPending}
        aria-label={`${t("alerts.resolve")}: ${tCode("alert", alert.kind)}, ${alert.machine_name || alert.machine_no}`}
        onClick={() => resolve.mutate()}
      >
        {t("alerts.resolve")}
      </Button>
      <ErrorNote error={resolve.error} />
    </>
  );
}
