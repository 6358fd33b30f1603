import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import type { Now } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ErrorNote } from "../../ui/ErrorNote";
import { Money } from "../../ui/Money";
import { Loading, Page } from "../../ui/Page";
import { FirstSteps } from "./FirstSteps";
import { HourBars } from "./HourBars";
import { Queue } from "./Queue";

/** What needs somebody, and how today goes. */
export function NowPage() {
  const { t } = useLanguage();
  const now = useQuery({ queryKey: ["/now"], queryFn: ({ signal }) => api.get<Now>("/now", {}, signal) });
  return (
    <Page title={t("nav.now")}>
      <ErrorNote error={now.error} onRetry={() => void now.refetch()} />
      {now.isPending && <Loading />}
      {now.data && (
        <div className="flex flex-col gap-4">
          <Tiles tiles={now.data.tiles} />
          {now.data.tiles.redemptions_today === 0 && now.data.queue.length === 0 && <FirstSteps />}
          <Queue items={now.data.queue} />
          {now.data.bars.length > 0 && <HourBars bars={now.data.bars} />}
        </div>
      )}
    </Page>
  );
}

function Tiles({ tiles }: { tiles: Now["tiles"] }) {
  const { t } = useLanguage();
  const all: [string, ReactNode][] = [[t("now.online"), t("now.online_of", { n: tiles.online, total: tiles.machines })]];
  if (tiles.redemptions_today !== null) {
    all.push(
      [t("now.redemptions"), tiles.redemptions_today],
      [t("now.success"), tiles.success_rate_today === null ? t("app.none") : `${(tiles.success_rate_today * 100).toFixed(1)} %`],
      [
        t("now.sales"),
        <>
          <Money minor={tiles.sales_today ?? 0} currency={tiles.currency} />
          {tiles.other_sales.map((sale) => (
            <span key={sale.currency} className="block text-sm">
              <Money minor={sale.amount} currency={sale.currency} />
            </span>
          ))}
        </>,
      ],
    );
  }
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      {all.map(([name, value]) => (
        <div key={name} className="card p-4">
          <dt className="text-sm text-muted">{name}</dt>
          <dd className="mt-1 text-2xl font-semibold tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
