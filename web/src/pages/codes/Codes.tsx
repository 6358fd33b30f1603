import { useNewestRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { CodeRow } from "../../api/types";
import type { Key } from "../../i18n/en";
import { useLanguage } from "../../i18n/language";
import { useChosen } from "../../lib/chosen";
import { useFilters } from "../../lib/filters";
import { Button } from "../../ui/Button";
import { CsvButton } from "../../ui/CsvButton";
import type { Column } from "../../ui/DataTable";
import { SearchField, Views } from "../../ui/FilterBar";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { SavedViews } from "../../ui/SavedViews";
import { SelectBox } from "../../ui/SelectBox";
import { SheetButton } from "../../ui/SheetButton";
import { BulkBar } from "./BulkBar";
import { CodeTabs } from "./CodeTabs";
import { useCodeColumns } from "./columns";
import { CreateCodes } from "./CreateCodes";
import { Funnel } from "./Funnel";

const states = ["UNUSED", "USED", "EXPIRED", "CANCELLED"] as const;
/** The server changes no more at once. */
const most = 500;

export function Codes() {
  const { t } = useLanguage();
  const may = useMay();
  const filters = useFilters(["q", "state", "machine_no", "product_id", "batch_id"] as const);
  const rows = useNewestRows<CodeRow>("/codes", "codes", filters.values);
  const selectable = rows.data?.filter((c) => c.state === "UNUSED").map((c) => c.id) ?? [];
  const chosen = useChosen(selectable, most);
  const { machine_no, product_id, batch_id } = filters.values;
  const columns = useCodeColumns();
  const select: Column<CodeRow> = {
    label: t("app.select"),
    width: "3rem",
    cell: (c) => (c.state === "UNUSED" ? <SelectBox label={t("codes.select", { code: c.code })} row={c.id} chosen={chosen} /> : null),
  };
  return (
    <Page
      title={t("nav.codes")}
      actions={
        <>
          <SavedViews page="codes" />
          {(batch_id || machine_no) && may("see_codes") && (
            <SheetButton path="/sheets/codes" params={{ batch_id, machine_no }} name="pickup-codes" label={t("codes.sheet")} />
          )}
          <CsvButton path="/codes" params={filters.values} name="pickup-codes" />
          {may("sell_codes") && <CreateCodes />}
        </>
      }
    >
      <CodeTabs />
      <Funnel params={{ machine_no, product_id, batch_id }} />
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Views
          label={t("codes.state_filter")}
          value={filters.values.state}
          views={[{ value: "", label: t("app.all") }, ...states.map((value) => ({ value, label: t(`code_state.${value}` satisfies Key) }))]}
          onChange={(state) => filters.set({ state })}
        />
        <SearchField label={t("codes.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
        <SearchField label={t("machine.number")} value={machine_no} onChange={(machine_no) => filters.set({ machine_no })} />
        {batch_id && (
          <span className="inline-flex items-center gap-2 rounded-full bg-brand-soft px-3 py-1">
            {t("batch.number", { id: batch_id })}
            <button type="button" className="underline" onClick={() => filters.set({ batch_id: "" })}>
              {t("batch.dismiss")}
            </button>
          </span>
        )}
        {may("sell_codes") && selectable.length > 0 && (
          <Button look="quiet" onClick={() => chosen.replace(selectable)}>
            {t("codes.select_all")}
          </Button>
        )}
      </div>
      {may("sell_codes") && <BulkBar ids={[...chosen.keys]} onClear={chosen.clear} />}
      <Rows
        label={t("nav.codes")}
        query={rows}
        columns={may("sell_codes") ? [select, ...columns] : columns}
        rowKey={(c) => c.id}
        onClear={filters.active ? filters.clear : undefined}
      />
    </Page>
  );
}
