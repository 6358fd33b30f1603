import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { PastVisitInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ErrorNote } from "../../ui/ErrorNote";
import { Loading } from "../../ui/Page";

/** A visit, channel by channel. */
export function PastVisitLines({ id }: { id: number }) {
  const { t } = useLanguage();
  const path = `/visits/${id}`;
  const visit = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<PastVisitInfo>(path, {}, signal) });
  return (
    <>
      <ErrorNote error={visit.error} onRetry={() => void visit.refetch()} />
      {visit.isPending && <Loading />}
      <ul className="flex flex-col gap-2">
        {visit.data?.lines.map((line) => (
          <li key={line.product_id} className="border-b border-line pb-2">
            <span className="font-medium">
              {line.channel_name || `#${line.product_id}`} · {line.good_name || t("app.none")}
            </span>
            <span className="block text-sm text-muted tabular-nums">
              {t("restock.line", line)} · {line.before} → {line.after}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
