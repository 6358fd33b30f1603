import { CircleCheck, CircleX, Clock, Info, TriangleAlert } from "lucide-react";
import { useLanguage } from "../../i18n/language";

const looks = {
  ok: ["bg-ok-soft text-ok", CircleCheck],
  bad: ["bg-bad-soft text-bad", CircleX],
  doubt: ["bg-warn-soft text-warn", TriangleAlert],
  wait: ["bg-info-soft text-info", Clock],
  plain: ["bg-white text-ink", Info],
} as const;

/** Whatever is not named here is a fault. */
const lookOf: Record<string, keyof typeof looks> = {
  DISPENSED: "ok", PICKED_UP: "ok", DISPENSING: "wait", TIMED_OUT: "doubt", NOT_STARTED: "doubt", UNPAID: "plain", EXPIRED: "plain",
  CLOSED: "plain", REFUNDED: "plain",
};

/** What became of the order, in one plain sentence. */
export function Sentence({ code }: { code: string }) {
  const { tCode } = useLanguage();
  const [look, Icon] = looks[lookOf[code] ?? "bad"];
  return (
    <p className={`flex items-center gap-3 rounded-lg border border-line p-4 text-lg font-medium ${look}`}>
      <Icon size={22} className="shrink-0" aria-hidden />
      {tCode("sentence", code)}
    </p>
  );
}
