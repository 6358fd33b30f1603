import { useNewestRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { CodeRow } from "../../api/types";
import type { Key } from "../../i18n/en";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { CsvButton } from "../../ui/CsvButton";
import { SearchField, Views } from "../../ui/FilterBar";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { useCodeColumns } from "./columns";
import { CreateCodes } from "./CreateCodes";

const states = ["UNUSED", "USED", "EXPIRED", "CANCELLED"] as const;

export function Codes() {
  const { t } = useLanguage();
  const may = useMay();
  const filters = useFilters(["q", "state", "machine_no", "product_id"] as const);
  const rows = useNewestRows<CodeRow>("/codes", "codes", filters.values);
  return (
    <Page
      title={t("nav.codes")}
      actions={
        <>
          <CsvButton path="/codes" params={filters.values} name="pickup-codes" />
          {may("sell_codes") && <CreateCodes />}
        </>
      }
    >
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Views
          label={t("codes.state_filter")}
          value={filters.values.state}
          views={[{ value: "", label: t("app.all") }, ...states.map((value) => ({ value, label: t(`code_state.${value}` satisfies Key) }))]}
          onChange={(state) => filters.set({ state })}
        />
        <SearchField label={t("codes.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
        <SearchField label={t("machine.number")} value={filters.values.machine_no} onChange={(machine_no) => filters.set({ machine_no })} />
      </div>
      <Rows label={t("nav.codes")} query={rows} columns={useCodeColumns()} rowKey={(c) => c.id} onClear={filters.active ? filters.clear : undefined} />
    </Page>
  );
}
