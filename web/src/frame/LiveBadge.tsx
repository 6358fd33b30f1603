import { pollEvery, useLive, type LiveState } from "../api/live";
import { useLanguage } from "../i18n/language";
import { age } from "../lib/format";
import { Status, type Tone } from "../ui/Status";
import { useNow } from "../ui/Time";

const tones: Record<LiveState, Tone> = { live: "ok", polling: "info", reconnecting: "wait", stale: "bad" };

export function LiveBadge() {
  const { state, freshAt } = useLive();
  const { t } = useLanguage();
  const now = useNow(1_000);
  const { unit, n } = age(now - freshAt);
  const text = {
    live: t("live.live"),
    polling: t("live.polling", { n: pollEvery / 1000 }),
    reconnecting: t("live.reconnecting"),
    stale: t("live.stale", { age: t(`age.${unit}`, { n }) }),
  }[state];
  return <Status tone={tones[state]}>{text}</Status>;
}
