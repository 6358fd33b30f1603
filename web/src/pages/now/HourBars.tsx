import { useMerchant } from "../../api/session";
import type { Now } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { showTime } from "../../lib/format";

const height = 90;

/** Successes and failures of the last 24 hours, in the zone of the merchant. */
export function HourBars({ bars }: { bars: Now["bars"] }) {
  const { t, language } = useLanguage();
  const { timezone } = useMerchant();
  const most = Math.max(1, ...bars.map((b) => b.success + b.failure));
  const hourOf = (at: number) => showTime(at, timezone, language, "clock").slice(0, 5);
  const say = (b: Now["bars"][number]) => t("now.bar", { hour: hourOf(b.hour_start), success: b.success, failure: b.failure });
  return (
    <section className="card p-4" aria-labelledby="bars-title">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
        <h2 id="bars-title">{t("now.bars")}</h2>
        <p className="flex gap-4 text-sm">
          <Legend colour="bg-brand" text={t("now.legend_success")} />
          <Legend colour="bg-[#d1564c]" text={t("now.legend_failure")} />
        </p>
      </div>
      <svg
        viewBox={`0 0 ${bars.length * 20} ${height}`}
        preserveAspectRatio="none"
        className="block h-28 w-full"
        role="img"
        aria-label={bars.filter((b) => b.success + b.failure > 0).map(say).join("; ") || t("app.nothing")}
      >
        {bars.map((b, i) => {
          const success = (b.success / most) * height;
          const failure = (b.failure / most) * height;
          return (
            <g key={b.hour_start}>
              <title>{say(b)}</title>
              <rect x={i * 20} width="20" height={height} fill="transparent" />
              <rect x={i * 20 + 3} width="14" y={height - 1} height="1" className="fill-[#cdd4da]" />
              <rect x={i * 20 + 3} width="14" y={height - success} height={success} className="fill-brand" />
              <rect x={i * 20 + 3} width="14" y={height - success - failure} height={failure} className="fill-[#d1564c]" />
            </g>
          );
        })}
      </svg>
      <div className="mt-1 flex justify-between text-xs text-muted tabular-nums" aria-hidden>
        {bars
          .filter((_, i) => i % 6 === 0 || i === bars.length - 1)
          .map((b) => (
            <span key={b.hour_start}>{hourOf(b.hour_start)}</span>
          ))}
      </div>
    </section>
  );
}

function Legend({ colour, text }: { colour: string; text: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className={`size-3 rounded-sm ${colour}`} aria-hidden />
      {text}
    </span>
  );
}
