import { CircleCheck, CircleDashed, CircleX, Flame, TriangleAlert } from "lucide-react";
import type { ChannelFailures } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { failedOf, heatOf, heats, type Heat } from "../../lib/failures";

/** How each heat looks: a colour and, for those who do not see it, an icon. */
export const heatLooks = {
  unused: ["bg-ground", CircleDashed],
  none: ["bg-ok-soft", CircleCheck],
  few: ["bg-warn-soft", TriangleAlert],
  some: ["bg-bad-soft", CircleX],
  many: ["bg-[#f0b4ae]", Flame],
} as const;

function HeatName({ heat }: { heat: Heat }) {
  const { t } = useLanguage();
  const Icon = heatLooks[heat][1];
  return (
    <span className="inline-flex items-center gap-1">
      <Icon size={14} className="shrink-0" aria-hidden />
      {t(`failures.heat.${heat}`)}
    </span>
  );
}

/** What the colours of the cells mean. */
export function HeatLegend() {
  const { t } = useLanguage();
  return (
    <div className="mb-3">
      <p className="mb-1 text-sm">{t("failures.lead")}</p>
      <ul aria-label={t("failures.legend")} className="flex flex-wrap gap-2 text-sm">
        {heats.map((heat) => (
          <li key={heat} className={`rounded-md border border-line px-2 py-0.5 ${heatLooks[heat][0]}`}>
            <HeatName heat={heat} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** How a channel does, in its cell. */
export function CellFailures({ channel }: { channel: ChannelFailures | undefined }) {
  const { t } = useLanguage();
  return (
    <div className="mt-1">
      {channel && <p className="font-medium tabular-nums">{t("failures.of", { failed: failedOf(channel), all: channel.deliveries })}</p>}
      <p>
        <HeatName heat={heatOf(channel)} />
      </p>
    </div>
  );
}

/** Why a channel fails, the most frequent reason first. */
export function FailureReasons({ channel }: { channel: ChannelFailures | undefined }) {
  const { t, tCode } = useLanguage();
  return (
    <section className="text-sm">
      <h3 className="font-semibold">{t("failures.title")}</h3>
      {channel ? (
        <>
          <p>{t("failures.counts", { all: channel.deliveries, failed: channel.failed, unknown: channel.unknown })}</p>
          <ul className="mt-1 flex flex-col gap-1">
            {channel.reasons.map((reason) => (
              <li key={reason.code} className="flex gap-2">
                <span className="font-medium whitespace-nowrap tabular-nums">{reason.count} ×</span>
                {tCode("sentence", reason.code)}
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p>{t("failures.heat.unused")}</p>
      )}
    </section>
  );
}
