import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useRows } from "../api/rows";
import type { MachineRow } from "../api/types";
import type { Key } from "../i18n/en";
import { useLanguage } from "../i18n/language";
import { useFilters } from "../lib/filters";
import { Bar } from "../ui/Bar";
import { Button } from "../ui/Button";
import { CsvButton } from "../ui/CsvButton";
import { ErrorNote } from "../ui/ErrorNote";
import { SearchField, Views } from "../ui/FilterBar";
import { MachineState } from "../ui/MachineState";
import { Empty, Loading, Page } from "../ui/Page";
import { Status } from "../ui/Status";

const views = ["", "attention", "offline", "low_stock", "faulty"] as const;
const viewLabels: Record<(typeof views)[number], Key> = {
  "": "machines.view.all",
  attention: "machines.view.attention",
  offline: "machines.view.offline",
  low_stock: "machines.view.low_stock",
  faulty: "machines.view.faulty",
};

export function Machines() {
  const { t } = useLanguage();
  const filters = useFilters(["state", "q"] as const);
  const rows = useRows<MachineRow>("/machines", filters.values);
  return (
    <Page title={t("nav.machines")} actions={<CsvButton path="/machines" params={filters.values} name="machines" />}>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Views
          label={t("machines.view")}
          value={filters.values.state}
          views={views.map((value) => ({ value, label: t(viewLabels[value]) }))}
          onChange={(state) => filters.set({ state })}
        />
        <SearchField label={t("machines.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
      </div>
      <ErrorNote error={rows.error} onRetry={() => void rows.refetch()} />
      {rows.isPending && <Loading />}
      {rows.data?.length === 0 && (
        <Empty text={t(filters.active ? "app.nothing_found" : "app.nothing")}>
          {filters.active && <Button onClick={filters.clear}>{t("app.clear_filters")}</Button>}
        </Empty>
      )}
      {rows.data && rows.data.length > 0 && (
        <MachineList rows={rows.data} more={rows.hasNextPage && !rows.isFetchingNextPage} onMore={() => void rows.fetchNextPage()} />
      )}
    </Page>
  );
}

const columns = "lg:grid-cols-[minmax(12rem,2fr)_minmax(9rem,1.2fr)_minmax(5rem,1fr)_minmax(8rem,1.2fr)_minmax(6rem,1fr)_5rem_5rem]";

interface ListProps {
  rows: MachineRow[];
  more: boolean;
  onMore: () => void;
}

/** Only the rows in sight are in the document; more are fetched near the end. */
function MachineList({ rows, more, onMore }: ListProps) {
  const { t } = useLanguage();
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(body.current?.offsetTop ?? 0), []);
  const list = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => 64,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (i) => rows[i]!.id,
  });
  const shown = list.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 10) onMore();
  }, [more, last, rows.length, onMore]);
  return (
    <div role="table" aria-label={t("machines.title")} aria-rowcount={more ? -1 : rows.length + 1} className="card">
      <div role="rowgroup">
        <div role="row" className={`hidden gap-3 border-b border-line px-4 py-2 text-sm font-semibold text-muted lg:grid ${columns}`}>
          {(["machine", "state", "group", "stock", "faults", "alerts", "signal"] as const).map((name) => (
            <span key={name} role="columnheader">
              {t(`machines.${name}`)}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" ref={body} className="relative" style={{ height: list.getTotalSize() }}>
        {shown.map((item) => (
          <div
            key={item.key}
            ref={list.measureElement}
            data-index={item.index}
            role="row"
            aria-rowindex={item.index + 2}
            className={`absolute inset-x-0 grid gap-x-3 gap-y-1 border-b border-line px-4 py-3 lg:items-center ${columns}`}
            style={{ transform: `translateY(${item.start - top}px)` }}
          >
            <MachineCells m={rows[item.index]!} />
          </div>
        ))}
      </div>
    </div>
  );
}

function MachineCells({ m }: { m: MachineRow }) {
  const { t, tCode } = useLanguage();
  return (
    <>
      <span role="cell" className="min-w-0">
        <Link href={`/machines/${m.machine_no}`} className="font-medium text-brand-strong hover:underline">
          {m.name || m.machine_no}
        </Link>
        <span className="block text-sm text-muted tabular-nums">{m.machine_no}</span>
      </span>
      <span role="cell" className="flex flex-wrap gap-1">
        <MachineState online={m.is_online} lastSeenAt={m.last_heartbeat_at} />
        {m.status !== "OPERATIONAL" && <Status tone="warn">{tCode("machine_status", m.status)}</Status>}
      </span>
      <span role="cell" className="min-w-0 break-words text-muted lg:text-ink">
        {m.machine_group || t("app.none")}
      </span>
      <span role="cell">
        <Bar value={m.stock} total={m.capacity} />
        <span className="text-sm tabular-nums">
          {t("machines.stock_of", { n: m.stock, total: m.capacity })}
          {m.sold_out > 0 && <span className="text-bad"> · {t("machines.sold_out", { n: m.sold_out })}</span>}
        </span>
      </span>
      <span role="cell">
        {m.faulty > 0 ? <Status tone="bad">{t("machines.faulty", { n: m.faulty })}</Status> : <Status tone="ok">{t("machines.no_faults")}</Status>}
      </span>
      <span role="cell">
        <span className="lg:sr-only">{t("machines.alerts")}: </span>
        {m.open_alerts > 0 ? (
          <Link href={`/alerts?q=${m.machine_no}`} className="font-medium text-bad underline">
            {m.open_alerts}
          </Link>
        ) : (
          0
        )}
      </span>
      <span role="cell" className="text-sm text-muted">
        {[m.network_type, m.network_rssi].filter(Boolean).join(" ") || t("app.none")}
      </span>
    </>
  );
}
