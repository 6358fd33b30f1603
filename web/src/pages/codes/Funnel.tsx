import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, type Params } from "../../api/client";
import type { Funnel as Counts } from "../../api/types";
import type { Key } from "../../i18n/en";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { ErrorNote } from "../../ui/ErrorNote";
import { Views } from "../../ui/FilterBar";

const day = 86_400_000;
const ranges = { day, week: 7 * day, month: 30 * day };

const steps = [
  { row: ["issued"] },
  { row: ["used", "unused", "expired", "cancelled"] },
  { row: ["dropped", "open", "failed"] },
] as const;
const colours: Record<keyof Counts, string> = {
  issued: "fill-[#7d8b98]", used: "fill-brand", unused: "fill-[#4f7fb5]", expired: "fill-[#a9b2ba]", cancelled: "fill-[#cdd4da]",
  dropped: "fill-brand", open: "fill-[#c98a1b]", failed: "fill-[#d1564c]",
};
const height = 26;
const width = 600;

/** From issued to dropped: each row of the picture divides what the one above holds. */
export function Funnel({ params }: { params: Params }) {
  const { t } = useLanguage();
  const filters = useFilters(["range"] as const);
  const range = filters.values.range || "month";
  // As of the moment it was chosen, to the minute: each render must not ask anew.
  const from = useMemo(() => (range in ranges ? Math.floor(Date.now() / 60_000) * 60_000 - ranges[range as keyof typeof ranges] : undefined), [range]);
  const all = { ...params, from };
  const counts = useQuery({ queryKey: ["/codes/funnel", all], queryFn: () => api.get<Counts>("/codes/funnel", all), placeholderData: (before) => before });
  const c = counts.data;
  const say = (name: keyof Counts) => `${t(`funnel.${name}` satisfies Key)} ${c?.[name] ?? 0}`;
  return (
    <section className="card mb-4 p-4" aria-labelledby="funnel-title">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <h2 id="funnel-title">{t("funnel.title")}</h2>
        <Views
          label={t("funnel.range")}
          value={range}
          views={[
            { value: "day", label: t("funnel.day") },
            { value: "week", label: t("funnel.week") },
            { value: "month", label: t("funnel.month") },
            { value: "all", label: t("app.all") },
          ]}
          onChange={(value) => filters.set({ range: value })}
        />
      </div>
      <ErrorNote error={counts.error} />
      {c && (
        <>
          <svg viewBox={`0 0 ${width} ${steps.length * height}`} preserveAspectRatio="none" className="block h-20 w-full" role="img" aria-label={steps.flatMap((s) => s.row.map(say)).join(", ")}>
            {steps.map((step, y) => {
              let x = 0;
              return step.row.map((name) => {
                const w = c.issued ? (c[name] / c.issued) * width : 0;
                x += w;
                return (
                  <rect key={name} x={x - w} y={y * height + 2} width={w} height={height - 4} className={colours[name]}>
                    <title>{say(name)}</title>
                  </rect>
                );
              });
            })}
          </svg>
          <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
            {steps.flatMap((s) =>
              s.row.map((name) => (
                <li key={name} className="inline-flex items-center gap-1.5">
                  <svg viewBox="0 0 10 10" className="size-3" aria-hidden>
                    <rect width="10" height="10" rx="2" className={colours[name]} />
                  </svg>
                  {t(`funnel.${name}` satisfies Key)} <strong className="tabular-nums">{c[name]}</strong>
                </li>
              )),
            )}
          </ul>
        </>
      )}
    </section>
  );
}
