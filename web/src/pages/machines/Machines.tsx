import { useRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { MachineRow } from "../../api/types";
import type { Key } from "../../i18n/en";
import { useLanguage } from "../../i18n/language";
import { useChosen } from "../../lib/chosen";
import { useFilters } from "../../lib/filters";
import { CsvButton } from "../../ui/CsvButton";
import type { Column } from "../../ui/DataTable";
import { SearchField, Views } from "../../ui/FilterBar";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { SavedViews } from "../../ui/SavedViews";
import { SelectBox } from "../../ui/SelectBox";
import { SheetButton } from "../../ui/SheetButton";
import { BulkBar, mostMachines } from "./BulkBar";
import { useMachineColumns } from "./columns";
import { MachineTabs } from "./MachineTabs";

const views = ["", "attention", "offline", "low_stock", "faulty"] as const;
const viewLabels: Record<(typeof views)[number], Key> = {
  "": "machines.view.all",
  attention: "machines.view.attention",
  offline: "machines.view.offline",
  low_stock: "machines.view.low_stock",
  faulty: "machines.view.faulty",
};
const none: MachineRow[] = [];

export function Machines() {
  const { t } = useLanguage();
  const may = useMay();
  const filters = useFilters(["state", "q"] as const);
  const rows = useRows<MachineRow>("/machines", filters.values);
  const loaded = rows.data ?? none;
  const chosen = useChosen(
    loaded.map((m) => m.machine_no),
    mostMachines,
  );
  const columns = useMachineColumns();
  const select: Column<MachineRow> = {
    label: t("app.select"),
    width: "3rem",
    cell: (m) => <SelectBox label={t("machines.select", { name: m.name || m.machine_no })} row={m.machine_no} chosen={chosen} />,
  };
  return (
    <Page
      title={t("nav.machines")}
      actions={
        <>
          <SavedViews page="machines" />
          <SheetButton path="/sheets/machines" name="machines" label={t("machines.sheet")} />
          <CsvButton path="/machines" params={filters.values} name="machines" />
        </>
      }
    >
      <MachineTabs />
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Views
          label={t("machines.view")}
          value={filters.values.state}
          views={views.map((value) => ({ value, label: t(viewLabels[value]) }))}
          onChange={(state) => filters.set({ state })}
        />
        <SearchField label={t("machines.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
      </div>
      {may("control_machines") && loaded.length > 0 && <BulkBar chosen={chosen} machines={loaded} filters={filters.values} />}
      <Rows
        label={t("machines.title")}
        query={rows}
        columns={may("control_machines") ? [select, ...columns] : columns}
        rowKey={(m) => m.id}
        onClear={filters.active ? filters.clear : undefined}
      />
    </Page>
  );
}
