import { useNewestRows } from "../../api/rows";
import type { OrderRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { CsvButton } from "../../ui/CsvButton";
import { Field, Select } from "../../ui/Field";
import { SearchField } from "../../ui/FilterBar";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { SavedViews } from "../../ui/SavedViews";
import { useOrderColumns } from "./columns";

const outcomes = ["UNPAID", "WAITING", "DISPENSING", "DISPENSED", "FAILED", "TIMEOUT", "REFUNDED", "CLOSED"];

/** The start of a day as typed, in the zone of the browser; the end if `days` is 1. */
const millis = (date: string, days = 0) => (date ? new Date(`${date}T00:00`).getTime() + days * 86_400_000 - (days ? 1 : 0) : undefined);

export function Orders() {
  const { t, tCode } = useLanguage();
  const filters = useFilters(["q", "outcome", "machine_no", "from", "to"] as const);
  const { from, to, ...rest } = filters.values;
  const params = { ...rest, from: millis(from), to: millis(to, 1) };
  const rows = useNewestRows<OrderRow>("/orders", "orders", params);
  return (
    <Page
      title={t("nav.orders")}
      actions={
        <>
          <SavedViews page="orders" />
          <CsvButton path="/orders" params={params} name="orders" />
        </>
      }
    >
      <div className="mb-4 flex flex-wrap items-end gap-3">
        <SearchField label={t("orders.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
        <Select hideLabel label={t("orders.outcome_filter")} value={filters.values.outcome} onChange={(outcome) => filters.set({ outcome })}>
          <option value="">
            {t("orders.outcome_filter")}: {t("app.all")}
          </option>
          {outcomes.map((outcome) => (
            <option key={outcome} value={outcome}>
              {tCode("outcome", outcome)}
            </option>
          ))}
        </Select>
        <SearchField label={t("machine.number")} value={filters.values.machine_no} onChange={(machine_no) => filters.set({ machine_no })} />
        <Field type="date" label={t("orders.from")} hideLabel title={t("orders.from")} value={from} onChange={(e) => filters.set({ from: e.target.value })} />
        <Field type="date" label={t("orders.to")} hideLabel title={t("orders.to")} value={to} onChange={(e) => filters.set({ to: e.target.value })} />
      </div>
      <Rows label={t("nav.orders")} query={rows} columns={useOrderColumns()} rowKey={(o) => o.id} onClear={filters.active ? filters.clear : undefined} />
    </Page>
  );
}
