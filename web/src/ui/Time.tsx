import { useEffect, useState } from "react";
import { useSession } from "../api/session";
import { useLanguage } from "../i18n/language";
import { age, showTime, utc } from "../lib/format";

interface Props {
  at: number;
  /** The zone of the machine; that of the merchant if there is none. */
  zone?: string;
  style?: "full" | "clock";
}

/** A moment in the zone of the machine, with UTC on hover. */
export function Time({ at, zone, style }: Props) {
  const { language, t } = useLanguage();
  const { session } = useSession();
  if (!at) return <span>{t("app.none")}</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)} className="tabular-nums">
      {showTime(at, zone || session?.merchant?.timezone || "UTC", language, style)}
    </time>
  );
}

/** How long ago something was; it counts on. */
export function Ago({ at }: { at: number }) {
  const { t } = useLanguage();
  const now = useNow(5_000);
  if (!at) return <span>{t("ago.never")}</span>;
  const { unit, n } = age(now - at);
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)} className="whitespace-nowrap">
      {t(`ago.${unit}`, { n })}
    </time>
  );
}

/** The present, renewed at an interval of milliseconds. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}
