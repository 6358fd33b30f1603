import type { Language } from "../i18n/language";

/** A moment in a zone; an unknown zone falls back to UTC. */
export function showTime(ms: number, zone: string, language: Language, style: "full" | "clock" = "full"): string {
  const options: Intl.DateTimeFormatOptions =
    style === "clock"
      ? { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }
      : { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: zone || "UTC" }).format(ms);
  } catch {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(ms);
  }
}

/** The same moment for the tooltip, in UTC to the millisecond. */
export function utc(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** An amount of minor units. A currency that is not known shows as a number. */
export function showMoney(minor: number, currency: string | undefined, language: Language): string {
  const amount = minor / 100;
  if (currency) {
    try {
      return new Intl.NumberFormat(language, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(amount);
    } catch {
      // falls through
    }
  }
  return new Intl.NumberFormat(language, { minimumFractionDigits: 2 }).format(amount);
}

/** Reads an amount as typed; undefined if it is none. */
export function parseMoney(text: string): number | undefined {
  if (!/^\d{1,9}([.]\d{1,2})?$/.test(text.trim())) return undefined;
  const [whole = "", cents = ""] = text.trim().split(".");
  return Number(whole) * 100 + Number(cents.padEnd(2, "0"));
}

type AgeUnit = "seconds" | "minutes" | "hours" | "days";

/** How long ago something was, in its biggest whole unit. */
export function age(ms: number): { unit: AgeUnit; n: number } {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return { unit: "seconds", n: seconds };
  if (seconds < 3600) return { unit: "minutes", n: Math.floor(seconds / 60) };
  if (seconds < 2 * 86400) return { unit: "hours", n: Math.floor(seconds / 3600) };
  return { unit: "days", n: Math.floor(seconds / 86400) };
}

/** A number of bytes in the biggest unit that keeps a digit before the point. */
export function showBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1000;
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

/** A duration for a timeline: 12 ms, 3.4 s, 5 min. */
export function showDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
