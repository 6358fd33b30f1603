import { Link } from "wouter";
import { useRows } from "../../api/rows";
import type { PastVisit } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { CsvButton } from "../../ui/CsvButton";
import { DialogButton } from "../../ui/DialogButton";
import { SearchField } from "../../ui/FilterBar";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { PastVisitLines } from "./PastVisitLines";
import { RestockTabs } from "./RestockTabs";

/** The visits that were applied, and where the count was not what was believed. */
export function PastVisits() {
  const { t } = useLanguage();
  const filters = useFilters(["machine_no"] as const);
  const rows = useRows<PastVisit>("/visits", filters.values);
  return (
    <Page title={t("field.title")} actions={<CsvButton path="/visits" params={filters.values} name="visits" />}>
      <RestockTabs />
      <div className="mb-4">
        <SearchField label={t("machine.number")} value={filters.values.machine_no} onChange={(machine_no) => filters.set({ machine_no })} />
      </div>
      <Rows
        label={t("restock.tab.visits")}
        query={rows}
        rowKey={(v) => v.id}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          { label: t("restock.at"), width: "14rem", cell: (v) => <Time at={v.at} zone={v.timezone} /> },
          {
            label: t("orders.machine"),
            width: "minmax(8rem,1fr)",
            cell: (v) => (
              <Link href={`/machines/${v.machine_no}`} className="hover:underline">
                {v.machine_name || v.machine_no}
              </Link>
            ),
          },
          { label: t("restock.who"), width: "minmax(8rem,1fr)", cell: (v) => <span title={v.email}>{v.user_name || v.email}</span> },
          { label: t("field.sum.added"), width: "6rem", cell: (v) => v.added },
          { label: t("field.sum.removed"), width: "8rem", cell: (v) => v.removed },
          { label: t("restock.variance"), width: "minmax(9rem,1fr)", cell: (v) => <Variance visit={v} /> },
          {
            label: t("restock.lines"),
            width: "9rem",
            cell: (v) => (
              <DialogButton title={t("restock.visit", { id: v.id })} dialog={() => <PastVisitLines id={v.id} />}>
                {t("restock.products", { n: v.products })}
              </DialogButton>
            ),
          },
        ]}
      />
    </Page>
  );
}

function Variance({ visit: { missing, surplus } }: { visit: PastVisit }) {
  const { t } = useLanguage();
  if (missing + surplus === 0) return <Status tone="ok">{t("restock.no_variance")}</Status>;
  return (
    <span className="flex flex-wrap gap-1">
      {missing > 0 && <Status tone="bad">{t("restock.missing", { n: missing })}</Status>}
      {surplus > 0 && <Status tone="warn">{t("restock.surplus", { n: surplus })}</Status>}
    </span>
  );
}
