import { Plus } from "lucide-react";
import { Link } from "wouter";
import { useRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { ModelRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { CsvButton } from "../../ui/CsvButton";
import { DialogButton } from "../../ui/DialogButton";
import { SearchField } from "../../ui/FilterBar";
import { Empty, Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { Time } from "../../ui/Time";
import { NewModel } from "./NewModel";

export function Models() {
  const { t } = useLanguage();
  const may = useMay();
  const filters = useFilters(["q"] as const);
  const rows = useRows<ModelRow>("/models", filters.values);
  const none = rows.data?.length === 0 && !filters.active;
  return (
    <Page
      title={t("nav.models")}
      actions={
        <>
          <CsvButton path="/models" params={filters.values} name="models" />
          {may("edit_planogram") && (
            <DialogButton look="primary" title={t("models.new")} dialog={() => <NewModel />}>
              <Plus size={16} aria-hidden />
              {t("models.new")}
            </DialogButton>
          )}
        </>
      }
    >
      <div className="mb-4">
        <SearchField label={t("models.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
      </div>
      {none ? (
        <Empty text={t("models.empty")} />
      ) : (
        <Rows
          label={t("nav.models")}
          query={rows}
          rowKey={(m) => m.id}
          onClear={filters.active ? filters.clear : undefined}
          columns={[
            {
              label: t("models.name"),
              width: "minmax(12rem,2fr)",
              cell: (m) => (
                <Link href={`/models/${m.id}`} className="font-medium text-brand-strong underline">
                  {m.name}
                </Link>
              ),
            },
            { label: t("models.version"), width: "6rem", cell: (m) => t("models.v", { n: m.version }) },
            { label: t("models.boards"), width: "6rem", cell: (m) => m.boards },
            { label: t("models.channels"), width: "6rem", cell: (m) => m.channels },
            { label: t("models.machines"), width: "6rem", cell: (m) => m.machines },
            { label: t("models.changed"), width: "minmax(9rem,1fr)", cell: (m) => <Time at={m.changed_at} /> },
          ]}
        />
      )}
    </Page>
  );
}
