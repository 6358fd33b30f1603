import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../../api/client";
import type { GoodUse, List } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { groupBy } from "../../lib/group";
import { ErrorNote } from "../../ui/ErrorNote";
import { Loading } from "../../ui/Page";

/** The machines and channels that hold a good. */
export function Uses({ goodId }: { goodId: number }) {
  const { t } = useLanguage();
  const path = `/goods/${goodId}/uses`;
  const uses = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<List<GoodUse>>(path, {}, signal) });
  const machines = groupBy(uses.data?.items ?? [], (use) => use.machine_no);
  return (
    <>
      <ErrorNote error={uses.error} onRetry={() => void uses.refetch()} />
      {uses.isPending && <Loading />}
      {uses.data?.items.length === 0 && <p className="text-muted">{t("goods.nowhere")}</p>}
      <ul className="flex flex-col gap-2">
        {[...machines].map(([no, list]) => (
          <li key={no}>
            <Link href={`/machines/${no}`} className="font-medium text-brand-strong underline">
              {list[0]?.machine_name || no}
            </Link>
            <span className="block text-sm text-muted tabular-nums">{list.map((use) => `${use.channel_name} ${use.quantity}/${use.capacity}`).join(" · ")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
