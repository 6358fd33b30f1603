import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Link, useParams } from "wouter";
import { api } from "../../api/client";
import type { OrderDetail } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Copy } from "../../ui/Copy";
import { DownloadButton } from "../../ui/DownloadButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Money } from "../../ui/Money";
import { Loading, Page } from "../../ui/Page";
import { Time } from "../../ui/Time";
import { Callbacks } from "./Callbacks";
import { OrderRecords } from "./OrderRecords";
import { RefundButton } from "./RefundButton";
import { Sentence } from "./Sentence";
import { Timeline } from "./Timeline";

/** One order from its making to the last callback. */
export function OrderPage() {
  const { t } = useLanguage();
  const { id = "" } = useParams();
  const path = `/orders/${encodeURIComponent(id)}`;
  const order = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<OrderDetail>(path, {}, signal) });
  const detail = order.data;
  return (
    <Page
      title={t("order.title", { id })}
      actions={
        detail && (
          <>
            <DownloadButton path={`${path}/evidence`} kind="application/json" name={`order-${id}.json`} icon={Download} label={t("order.evidence")} />
            <RefundButton order={detail.order} path={path} />
          </>
        )
      }
    >
      <ErrorNote error={order.error} onRetry={() => void order.refetch()} />
      {order.isPending && <Loading />}
      {detail && (
        <div className="flex flex-col gap-4">
          <Sentence code={detail.sentence_code} />
          <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,24rem)]">
            <Timeline steps={detail.timeline} zone={detail.order.timezone} path={path} />
            <div className="flex min-w-0 flex-col gap-4">
              <Facts detail={detail} />
              <OrderRecords detail={detail} path={path} />
              <Callbacks callbacks={detail.callbacks} orderPath={path} zone={detail.order.timezone} />
            </div>
          </div>
        </div>
      )}
    </Page>
  );
}

function Facts({ detail: { order, code } }: { detail: OrderDetail }) {
  const { t, tCode } = useLanguage();
  return (
    <section className="card p-4">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2">
        <dt className="text-muted">{t("orders.machine")}</dt>
        <dd>
          <Link href={`/machines/${order.machine_no}`} className="font-medium text-brand-strong underline">
            {order.machine_name || order.machine_no}
          </Link>
        </dd>
        <dt className="text-muted">{t("orders.amount")}</dt>
        <dd>
          <Money minor={order.amount} currency={order.currency} />
        </dd>
        <dt className="text-muted">{t("orders.at")}</dt>
        <dd>
          <Time at={order.created_at} zone={order.timezone} />
        </dd>
        <dt className="text-muted">{t("orders.trade_id")}</dt>
        <dd className="font-mono text-sm break-all">
          {order.trade_id} <Copy text={order.trade_id} name={t("orders.trade_id")} />
        </dd>
        {code && (
          <>
            <dt className="text-muted">{t("order.code")}</dt>
            <dd>
              <span className="font-mono">{code.code}</span> · {tCode("code_state", code.state)}
            </dd>
          </>
        )}
        {order.notify_url && (
          <>
            <dt className="text-muted">{t("order.notify_url")}</dt>
            <dd className="text-sm break-all">{order.notify_url}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
