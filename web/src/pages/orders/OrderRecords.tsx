import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { OrderDetail, OrderRecord } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { toneOf } from "../../lib/tones";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Money } from "../../ui/Money";
import { Status } from "../../ui/Status";

const repeatable = ["WAITING_PICKED_UP", "IS_FAILED", "IS_TIMEOUT"];

export function OrderRecords({ detail: { order, records }, path }: { detail: OrderDetail; path: string }) {
  const { t, tCode } = useLanguage();
  const may = useMay();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<OrderRecord | null>(null);
  const doubtful = asked?.state === "IS_TIMEOUT";
  const again = useMutation({
    mutationFn: (record: OrderRecord) => api.post(`${path}/dispense`, { record_id: record.id, force: record.state === "IS_TIMEOUT" }),
    onSuccess: () => {
      setAsked(null);
      return queries.invalidateQueries({ queryKey: [path] });
    },
  });
  const ask = (record: OrderRecord) => {
    again.reset(); // what went wrong the last time
    setAsked(record);
  };
  const paid = order.status === "SUCCESS" || order.status === "PICKUPCODE";
  return (
    <section className="card p-4">
      <h2 className="mb-2">{t("order.records")}</h2>
      <ul className="flex flex-col gap-3">
        {records.map((r) => (
          <li key={r.id} className="flex flex-wrap items-center justify-between gap-2">
            <div>
              <p className="font-medium">
                {r.channel_name} {r.good_name}
              </p>
              <p className="text-sm text-muted">
                {t("order.pieces", { n: r.delivered, total: r.quantity })} · <Money minor={r.price} currency={order.currency} />
              </p>
            </div>
            <Status tone={toneOf(r.state)}>{tCode("record", r.state)}</Status>
            {paid && may("redispense") && repeatable.includes(r.state) && <Button onClick={() => ask(r)}>{t("order.again")}</Button>}
          </li>
        ))}
      </ul>
      {asked && (
        <Confirm
          title={t("order.again")}
          consequence={
            <>
              <p>{t("order.again_confirm", { channel: asked.channel_name, machine: order.machine_name || order.machine_no, id: order.id })}</p>
              {doubtful && <p className="mt-2 font-medium text-bad">{t("order.again_doubt")}</p>}
            </>
          }
          action={t("order.again")}
          danger={doubtful}
          pending={again.isPending}
          error={again.error}
          onConfirm={() => again.mutate(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}
