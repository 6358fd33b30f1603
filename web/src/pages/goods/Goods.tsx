import { Plus } from "lucide-react";
import { useState } from "react";
import { useRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { GoodRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { Button } from "../../ui/Button";
import { CsvButton } from "../../ui/CsvButton";
import { SearchField } from "../../ui/FilterBar";
import { Money } from "../../ui/Money";
import { Page } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { GoodDialog } from "./GoodDialog";
import { ImportGoods } from "./ImportGoods";
import { UsesDialog } from "./UsesDialog";

export function Goods() {
  const { t } = useLanguage();
  const may = useMay();
  const filters = useFilters(["q"] as const);
  const rows = useRows<GoodRow>("/goods", filters.values);
  const [edited, setEdited] = useState<GoodRow | "new" | null>(null);
  const [used, setUsed] = useState<GoodRow | null>(null);
  return (
    <Page
      title={t("nav.goods")}
      actions={
        <>
          <CsvButton path="/goods" params={filters.values} name="goods" />
          {may("edit_goods") && <ImportGoods />}
          {may("edit_goods") && (
            <Button look="primary" onClick={() => setEdited("new")}>
              <Plus size={16} aria-hidden />
              {t("goods.new")}
            </Button>
          )}
        </>
      }
    >
      <div className="mb-4">
        <SearchField label={t("goods.search")} value={filters.values.q} onChange={(q) => filters.set({ q })} />
      </div>
      <Rows
        label={t("nav.goods")}
        query={rows}
        rowKey={(g) => g.id}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          {
            label: t("goods.name"),
            width: "minmax(12rem,2fr)",
            cell: (g) => (
              <span className="flex items-center gap-3">
                {g.thumb && <img src={g.thumb} alt="" loading="lazy" className="size-9 shrink-0 rounded object-contain" />}
                <span className="min-w-0">
                  <span className="font-medium">{g.name}</span>
                  <span className="block text-sm text-muted">{g.description}</span>
                </span>
              </span>
            ),
          },
          { label: t("goods.slug"), width: "minmax(8rem,1fr)", cell: (g) => <span className="font-mono text-sm">{g.slug}</span> },
          {
            label: t("goods.price"),
            width: "8rem",
            cell: (g) => (
              <>
                <Money minor={g.price} />
                {g.original_price > g.price && (
                  <s className="ml-2 text-sm text-muted">
                    <Money minor={g.original_price} />
                  </s>
                )}
              </>
            ),
          },
          {
            label: t("goods.used"),
            width: "minmax(10rem,1fr)",
            cell: (g) => (
              <button type="button" className="text-left text-brand-strong underline" onClick={() => setUsed(g)}>
                {t("goods.used_in", { machines: g.machines, channels: g.channels })}
              </button>
            ),
          },
          {
            label: t("goods.actions"),
            width: "6rem",
            cell: (g) =>
              may("edit_goods") ? (
                <Button className="min-h-8 px-2" aria-label={t("goods.edit", { name: g.name })} onClick={() => setEdited(g)}>
                  {t("goods.change")}
                </Button>
              ) : (
                t("app.none")
              ),
          },
        ]}
      />
      {edited && <GoodDialog good={edited === "new" ? undefined : edited} onClose={() => setEdited(null)} />}
      {used && <UsesDialog good={used} onClose={() => setUsed(null)} />}
    </Page>
  );
}
