import { CircleCheck, CircleX, Clock, Dot, MessageSquare, Send, TriangleAlert, type LucideIcon } from "lucide-react";
import type { TimelineStep } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { showDuration } from "../../lib/format";
import { Time } from "../../ui/Time";
import { CommentForm } from "./CommentForm";

const looks: Record<string, [LucideIcon, string]> = {
  DISPENSED: [CircleCheck, "text-ok"],
  PICKED_UP: [CircleCheck, "text-ok"],
  CALLBACK_DELIVERED: [CircleCheck, "text-ok"],
  COMMAND_ACKNOWLEDGED: [CircleCheck, "text-brand"],
  DISPENSE_STARTED: [Send, "text-brand"],
  CALLBACK_QUEUED: [Clock, "text-info"],
  CALLBACK_ATTEMPT: [Send, "text-info"],
  DISPENSE_FAILED: [CircleX, "text-bad"],
  CALLBACK_GIVEN_UP: [CircleX, "text-bad"],
  DISPENSE_TIMED_OUT: [TriangleAlert, "text-warn"],
  COMMAND_EXPIRED: [TriangleAlert, "text-warn"],
  COMMENTED: [MessageSquare, "text-brand"],
};

/** What happened, in its order, with the time since the step before; and room for a comment. */
export function Timeline({ steps, zone, path }: { steps: TimelineStep[]; zone: string; path: string }) {
  const { t, tCode } = useLanguage();
  return (
    <section className="card p-4" aria-labelledby="timeline-title">
      <h2 id="timeline-title" className="mb-3">
        {t("order.timeline")}
      </h2>
      <ol>
        {steps.map((step, i) => {
          const [Icon, colour] = looks[step.kind] ?? [Dot, "text-muted"];
          const before = steps[i - 1];
          return (
            <li key={i} className="grid grid-cols-[1.5rem_minmax(0,1fr)_auto] gap-x-3">
              <span className={`flex flex-col items-center ${colour}`} aria-hidden>
                <Icon size={18} className="mt-0.5 shrink-0" />
                {i < steps.length - 1 && <span className="my-1 w-px grow bg-line" />}
              </span>
              <div className="pb-4">
                <p className="font-medium break-words">
                  {tCode("step", step.kind)}
                  {step.detail && <span className="ml-2 font-normal text-muted">{step.detail}</span>}
                </p>
                <p className="text-sm break-all text-muted">
                  {step.kind === "COMMENTED" ? step.ref : step.ref && <span className="font-mono">#{step.ref}</span>}
                  {step.duration > 0 && ` ${showDuration(step.duration)}`}
                </p>
              </div>
              <div className="text-right text-sm">
                <Time at={step.at} zone={zone} style={i === 0 ? "full" : "clock"} />
                {before && <span className="block text-muted tabular-nums">+{showDuration(Math.max(0, step.at - before.at))}</span>}
              </div>
            </li>
          );
        })}
      </ol>
      <CommentForm path={path} />
    </section>
  );
}
