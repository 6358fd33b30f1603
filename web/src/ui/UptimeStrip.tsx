import { useSession } from "../api/session";
import type { MachineInfo } from "../api/types";
import { useLanguage } from "../i18n/language";
import { showTime } from "../lib/format";

/** The last 24 hours of a machine, an hour a field. */
export function UptimeStrip({ hours, zone }: { hours: MachineInfo["uptime"]; zone: string }) {
  const { t, language } = useLanguage();
  const { session } = useSession();
  const say = (hour: MachineInfo["uptime"][number]) => {
    const at = showTime(hour.hour_start, zone || session?.merchant?.timezone || "UTC", language, "clock").slice(0, 5);
    if (hour.online === null) return t("machine.uptime_unknown", { hour: at });
    return t("machine.uptime_hour", { hour: at, share: `${Math.round(hour.online * 100)} %` });
  };
  return (
    <svg viewBox={`0 0 ${hours.length * 10} 22`} preserveAspectRatio="none" className="block h-6 w-full" role="img" aria-label={`${t("machine.uptime")}: ${hours.map(say).join("; ")}`}>
      {hours.map((hour, i) => (
        <g key={hour.hour_start}>
          <title>{say(hour)}</title>
          <rect x={i * 10 + 0.5} width="9" height="22" rx="1.5" className={hour.online === null ? "fill-[#e3e8ec]" : "fill-[#f0b4ae]"} />
          {hour.online !== null && <rect x={i * 10 + 0.5} width="9" y={22 * (1 - hour.online)} height={22 * hour.online} rx="1.5" className="fill-[#2c8a57]" />}
        </g>
      ))}
    </svg>
  );
}
