import { useLanguage } from "../i18n/language";
import { showMoney } from "../lib/format";

export function Money({ minor, currency }: { minor: number; currency?: string }) {
  const { language } = useLanguage();
  return <span className="tabular-nums">{showMoney(minor, currency, language)}</span>;
}
