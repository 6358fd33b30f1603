import { useLanguage } from "../../i18n/language";
import type { Summary } from "../../lib/visit";

/** What a visit did, in pieces. */
export function SummaryList({ summary }: { summary: Summary }) {
  const { t } = useLanguage();
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1">
      {(["channels", "added", "removed", "missing", "surplus"] as const).map((name) => (
        <div key={name} className="contents">
          <dt className="text-muted">{t(`field.sum.${name}`)}</dt>
          <dd className="text-right font-semibold tabular-nums">{summary[name]}</dd>
        </div>
      ))}
    </dl>
  );
}
