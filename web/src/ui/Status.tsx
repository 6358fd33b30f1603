import { CircleCheck, CircleDashed, CircleX, Clock, Info, TriangleAlert } from "lucide-react";

export type Tone = "ok" | "warn" | "bad" | "info" | "wait" | "off";

const looks = {
  ok: ["bg-ok-soft text-ok", CircleCheck],
  warn: ["bg-warn-soft text-warn", TriangleAlert],
  bad: ["bg-bad-soft text-bad", CircleX],
  info: ["bg-info-soft text-info", Info],
  wait: ["bg-info-soft text-info", Clock],
  off: ["bg-[#eceff2] text-[#47525d]", CircleDashed],
} as const;

/** A state as colour, icon and word. */
export function Status({ tone, children }: { tone: Tone; children: string }) {
  const [look, Icon] = looks[tone];
  return (
    <span className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-sm font-medium whitespace-nowrap ${look}`}>
      <Icon size={14} aria-hidden />
      {children}
    </span>
  );
}
