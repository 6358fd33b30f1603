import { useLanguage } from "../../i18n/language";
import { Status, type Tone } from "../../ui/Status";

const tones: Record<string, Tone> = {
  DISPENSED: "ok", PICKED_UP: "ok", UNPAID: "off", EXPIRED: "off", CLOSED: "off", REFUNDED: "info", DISPENSING: "wait", NOT_STARTED: "warn",
  TIMED_OUT: "warn",
};

/** What became of the order, in one plain sentence. Whatever is not named above is a fault. */
export function Sentence({ code }: { code: string }) {
  const { tCode } = useLanguage();
  return (
    <p className="card p-4 text-lg">
      <Status tone={tones[code] ?? "bad"}>{code}</Status> {tCode("sentence", code)}
    </p>
  );
}
