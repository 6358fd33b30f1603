import { CircleCheck, CircleX, CloudOff, PackageX, TriangleAlert, WifiOff, type LucideIcon } from "lucide-react";
import { Link } from "wouter";
import type { QueueItem } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Ago } from "../../ui/Time";

const looks: Record<string, [LucideIcon, string]> = {
  PAID_NOT_DISPENSED: [CircleX, "bg-bad-soft text-bad"],
  FAULTY_CHANNEL: [TriangleAlert, "bg-bad-soft text-bad"],
  OFFLINE: [WifiOff, "bg-warn-soft text-warn"],
  SOLD_OUT: [PackageX, "bg-warn-soft text-warn"],
  CALLBACK_FAILING: [CloudOff, "bg-bad-soft text-bad"],
};

function placeOf(item: QueueItem): string {
  if (item.kind === "PAID_NOT_DISPENSED") return `/orders/${item.ref}`;
  if (item.kind === "CALLBACK_FAILING") return "/developers/callbacks?state=DEAD";
  return `/machines/${item.machine_no}`;
}

export function Queue({ items }: { items: QueueItem[] }) {
  const { t, tCode } = useLanguage();
  return (
    <section className="card" aria-labelledby="queue-title">
      <h2 id="queue-title" className="border-b border-line px-4 py-3">
        {t("now.queue")}
      </h2>
      {items.length === 0 && (
        <p className="flex items-center gap-2 p-4 text-ok">
          <CircleCheck size={18} aria-hidden />
          {t("now.queue_empty")}
        </p>
      )}
      <ul>
        {items.map((item, i) => {
          const [Icon, look] = looks[item.kind] ?? [TriangleAlert, "bg-warn-soft text-warn"];
          return (
            <li key={`${item.kind}-${item.ref}-${i}`} className="border-b border-line last:border-0">
              <Link href={placeOf(item)} className="flex items-center gap-3 px-4 py-3 hover:bg-ground">
                <span className={`rounded-full p-1.5 ${look}`}>
                  <Icon size={16} aria-hidden />
                </span>
                <span className="min-w-0 grow">
                  <span className="font-medium">{tCode("queue", item.kind)}</span>
                  <span className="block text-sm break-words text-muted">
                    {[item.machine_name || item.machine_no, item.kind === "SOLD_OUT" ? t("queue.channels", { n: item.count }) : item.subject].filter(Boolean).join(" · ")}
                  </span>
                </span>
                {item.at > 0 && (
                  <span className="text-sm text-muted">
                    <Ago at={item.at} />
                  </span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
