import { useMachines } from "../../api/machine";
import { useRows } from "../../api/rows";
import type { PickRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { CsvButton } from "../../ui/CsvButton";
import { Select } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { RestockTabs } from "./RestockTabs";

/** What to take along, by good, for a group of machines or for all. */
export function PickList() {
  const { t } = useLanguage();
  const filters = useFilters(["machine_group"] as const);
  const rows = useRows<PickRow>("/pick-list", filters.values);
  const groups = [...new Set(useMachines().data?.items.map((m) => m.machine_group))].filter(Boolean).sort();
  return (
    <Page title={t("field.title")} actions={<CsvButton path="/pick-list" params={filters.values} name="pick-list" />}>
      <RestockTabs />
      {groups.length > 0 && (
        <Select className="mb-4 w-fit" hideLabel label={t("restock.group")} value={filters.values.machine_group} onChange={(machine_group) => filters.set({ machine_group })}>
          <option value="">
            {t("restock.group")}: {t("app.all")}
          </option>
          {groups.map((group) => (
            <option key={group}>{group}</option>
          ))}
        </Select>
      )}
      <Rows
        label={t("restock.tab.pick-list")}
        query={rows}
        rowKey={(r) => r.good_id}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          {
            label: t("goods.name"),
            width: "minmax(12rem,2fr)",
            cell: (r) => (
              <>
                <span className="font-medium">{r.name}</span>
                <span className="block font-mono text-xs text-muted">{r.slug}</span>
              </>
            ),
          },
          { label: t("restock.pieces"), width: "8rem", cell: (r) => <strong className="tabular-nums">{r.pieces}</strong> },
          { label: t("restock.channels"), width: "8rem", cell: (r) => r.channels },
          { label: t("nav.machines"), width: "8rem", cell: (r) => r.machines },
        ]}
      />
    </Page>
  );
}
