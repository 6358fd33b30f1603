import { Link } from "wouter";
import { useRows } from "../../api/rows";
import type { RequestRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { showDuration } from "../../lib/format";
import { CsvButton } from "../../ui/CsvButton";
import { Select } from "../../ui/Field";
import { SearchField, Views } from "../../ui/FilterBar";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

export function RequestList() {
  const { t, tCode } = useLanguage();
  const filters = useFilters(["q", "kind", "rejected", "machine_no"] as const);
  const rows = useRows<RequestRow>("/developers/requests", filters.values);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Views
          label={t("requests.rejected")}
          value={filters.values.rejected}
          views={[
            { value: "", label: t("app.all") },
            { value: "true", label: t("requests.rejected") },
          ]}
          onChange={(rejected) => filters.set({ rejected })}
        />
        <Select hideLabel label={t("requests.kind")} value={filters.values.kind} onChange={(kind) => filters.set({ kind })}>
          <option value="">
            {t("requests.kind")}: {t("app.all")}
          </option>
          <option value="HTTP">HTTP</option>
          <option value="MQTT">MQTT</option>
        </Select>
        <SearchField label={t("requests.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
        <SearchField label={t("machine.number")} value={filters.values.machine_no} onChange={(machine_no) => filters.set({ machine_no })} />
        <CsvButton path="/developers/requests" params={filters.values} name="requests" />
      </div>
      <Rows
        label={t("dev.tab.requests")}
        query={rows}
        rowKey={(r) => r.id}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          {
            label: t("requests.request"),
            width: "minmax(14rem,2fr)",
            cell: (r) => (
              <>
                <Link href={`/developers/requests/${r.id}`} className="font-medium break-all text-brand-strong underline">
                  {[r.verb, r.target].filter(Boolean).join(" ")}
                </Link>
                <span className="block text-sm text-muted">{[r.kind, r.method, r.machine_no].filter(Boolean).join(" · ")}</span>
              </>
            ),
          },
          { label: t("requests.at"), width: "minmax(12.5rem,1fr)", cell: (r) => <Time at={r.at} /> },
          { label: t("requests.answer"), width: "minmax(9rem,1fr)", cell: (r) => <Answer r={r} /> },
          { label: t("requests.diagnosis"), width: "minmax(10rem,1.5fr)", cell: (r) => (r.diagnosis ? tCode("diagnosis", r.diagnosis) : r.old_credentials.length ? <OldCredentials r={r} /> : t("app.none")) },
          { label: t("requests.client"), width: "8rem", cell: (r) => <span className="text-sm">{r.client || t("app.none")}</span> },
          { label: t("requests.duration"), width: "5rem", cell: (r) => showDuration(r.duration / 1000) },
        ]}
      />
    </>
  );
}

/** What a request was answered: the status of HTTP and the code of the envelope. */
export function Answer({ r }: { r: RequestRow }) {
  const { t } = useLanguage();
  const text = [r.status ? `HTTP ${r.status}` : "", r.code ? String(r.code) : "", r.reason].filter(Boolean).join(" · ");
  const fine = r.code === 0 && r.reason === "" && r.status < 400;
  return <Status tone={fine ? "ok" : "bad"}>{text || t("debug_ok.true")}</Status>;
}

/** What a request used although it was replaced, as long as that is allowed. */
export function OldCredentials({ r }: { r: RequestRow }) {
  const { t } = useLanguage();
  return r.old_credentials.map((which) => (
    <Status key={which} tone="warn">
      {t(`keys.old.${which}`)}
    </Status>
  ));
}
