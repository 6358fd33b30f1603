import type { ReactNode } from "react";
import type { GoodText, GoodsImport, ImportLine } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Money } from "../../ui/Money";
import { Status } from "../../ui/Status";

/** What an import would do: the numbers, and the lines that fit. */
export function ImportPreview({ plan }: { plan: GoodsImport }) {
  const { t, tCode } = useLanguage();
  return (
    <div className="flex flex-col gap-3" role="status">
      <p className="flex flex-wrap gap-2">
        <Status tone="ok">{t("goods_import.created", { n: plan.created })}</Status>
        <Status tone="info">{t("goods_import.changed", { n: plan.changed })}</Status>
        <Status tone="off">{t("goods_import.unchanged", { n: plan.unchanged })}</Status>
        {plan.refused > 0 && <Status tone="bad">{t("goods_import.refused", { n: plan.refused })}</Status>}
      </p>
      {plan.ignored_columns.length > 0 && <p className="text-sm text-muted">{t("goods_import.ignored", { names: plan.ignored_columns.join(", ") })}</p>}
      <Part title={t("goods_import.changed", { n: plan.changed })} total={plan.changed} open>
        {plan.changed_lines.map((line) => (
          <Change key={line.line} line={line} />
        ))}
      </Part>
      <Part title={t("goods_import.created", { n: plan.created })} total={plan.created}>
        {plan.created_lines.map((line) => (
          <li key={line.line} className="flex flex-wrap justify-between gap-x-3 rounded bg-ground px-3 py-1.5">
            <span>
              <span className="font-mono text-sm">{line.slug}</span> {line.after.name}
            </span>
            <Money minor={line.after.price} />
          </li>
        ))}
      </Part>
      <Part title={t("goods_import.refused", { n: plan.refused })} total={plan.refused} open>
        {plan.refused_lines.map((line) => (
          <li key={line.line} className="rounded bg-bad-soft px-3 py-1.5 text-bad">
            {t("goods_import.line", { n: line.line, slug: line.slug })} {tCode("goods_import.field", line.field)}: {tCode("goods_import.reason", line.reason)}
          </li>
        ))}
      </Part>
    </div>
  );
}

/** One kind of lines, if there are any. */
function Part({ title, total, open, children }: { title: string; total: number; open?: boolean; children: ReactNode[] }) {
  const { t } = useLanguage();
  if (total === 0) return null;
  return (
    <details open={open}>
      <summary className="font-medium">{title}</summary>
      <ul className="mt-2 flex flex-col gap-1">{children}</ul>
      {total > children.length && <p className="mt-1 text-sm text-muted">{t("goods_import.more", { n: total - children.length })}</p>}
    </details>
  );
}

const texts = ["name", "description", "thumb"] as const;
const prices = ["price", "original_price"] as const;

function Change({ line: { slug, before, after, machines } }: { line: ImportLine }) {
  const { t } = useLanguage();
  const differs = (field: keyof GoodText) => before !== null && before[field] !== after[field];
  return (
    <li className="rounded bg-ground px-3 py-1.5">
      <p>
        <span className="font-mono text-sm">{slug}</span> {after.name}
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-3 text-sm">
        {before && prices.filter(differs).map((field) => (
          <Pair key={field} label={t(`goods.${field}`)}>
            <Money minor={before[field]} /> → <Money minor={after[field]} />
          </Pair>
        ))}
        {before && texts.filter(differs).map((field) => (
          <Pair key={field} label={t(`goods.${field}`)}>
            {before[field] || t("app.none")} → {after[field] || t("app.none")}
          </Pair>
        ))}
      </dl>
      {differs("price") && <p className="text-sm font-medium">{t("goods_import.machines", { n: machines })}</p>}
    </li>
  );
}

function Pair({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
