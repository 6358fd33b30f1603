import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { planogramPath } from "../../api/planogram";
import type { Channel, ChannelGood, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { staging, type Staged } from "../../lib/staging";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";

interface Props {
  m: MachineInfo;
  channels: Channel[];
  goods: ChannelGood[];
  staged: Staged;
  onDone: () => void;
}

/** Shows that changes wait, and applies them after a look at what they are. */
export function ApplyBar({ m, channels, goods, staged, onDone }: Props) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const path = planogramPath(m.machine_no);
  const [open, setOpen] = useState(false);
  const apply = useMutation({
    mutationFn: () => api.put(path, [...staged.values()]),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [path] });
      setOpen(false);
      onDone();
    },
  });
  const review = () => {
    apply.reset(); // what went wrong the last time
    setOpen(true);
  };
  return (
    <div className="sticky bottom-3 z-20 flex flex-wrap items-center gap-2 rounded-lg border border-brand bg-white p-3 shadow-lg lg:col-span-2" role="status">
      <span className="mr-auto font-semibold">{staged.size === 1 ? t("planogram.change") : t("planogram.changes", { n: staged.size })}</span>
      <Button onClick={onDone}>{t("planogram.discard")}</Button>
      <Button look="primary" onClick={review}>
        {t("planogram.review")}
      </Button>
      {open && (
        <Confirm
          title={t("planogram.apply_title", { machine: m.name || m.machine_no })}
          consequence={
            <>
              <p>{t("planogram.apply_lead")}</p>
              <ul className="mt-3 flex flex-col gap-1">
                {channels
                  .filter((c) => staged.has(c.product_id))
                  .map((c) => (
                    <Line key={c.product_id} channel={c} staged={staged} goods={goods} />
                  ))}
              </ul>
            </>
          }
          action={t("planogram.apply")}
          pending={apply.isPending}
          error={apply.error}
          onConfirm={() => apply.mutate()}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  );
}

function Line({ channel: c, staged, goods }: { channel: Channel; staged: Staged; goods: ChannelGood[] }) {
  const { t } = useLanguage();
  const after = staging(c, staged, goods);
  const sale = (on: boolean) => t(on ? "planogram.on_sale" : "planogram.off_sale");
  const parts = [
    (c.good?.id ?? 0) !== (after.good?.id ?? 0) && t("planogram.from_to", { from: c.good?.name ?? t("planogram.empty"), to: after.good?.name ?? t("planogram.empty") }),
    c.capacity !== after.capacity && t("planogram.capacity_from_to", { from: c.capacity, to: after.capacity }),
    c.quantity !== after.quantity && t("planogram.from_to", { from: c.quantity, to: after.quantity }),
    c.on_sale !== after.on_sale && t("planogram.from_to", { from: sale(c.on_sale), to: sale(after.on_sale) }),
  ].filter(Boolean);
  return (
    <li className="flex gap-3 rounded bg-ground px-3 py-1.5">
      <span className="font-semibold">{c.name}</span>
      <span>{parts.join(", ")}</span>
    </li>
  );
}
