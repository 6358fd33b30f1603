import { useMutation } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../../api/client";
import { machinePath } from "../../api/machine";
import type { Channel, Delivery, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Confirm } from "../../ui/Confirm";
import { Dialog } from "../../ui/Dialog";

interface Props {
  m: MachineInfo;
  channel: Channel;
  onClose: () => void;
}

/** Drops one piece after a question. */
export function TestDialog({ m, channel, onClose }: Props) {
  const { t, tCode } = useLanguage();
  const test = useMutation({ mutationFn: () => api.post<Delivery>(`${machinePath(m.machine_no)}/test`, { product_id: channel.product_id }) });
  const title = `${t("planogram.test")}: ${channel.name}`;
  const d = test.data;
  if (d) {
    return (
      <Dialog title={title} onClose={onClose}>
        <p>{t("planogram.tested", { id: d.id, state: tCode("delivery", d.state) })}</p>
        {d.order_id > 0 && (
          <p className="mt-2">
            {t("test.history")}{" "}
            <Link href={`/orders/${d.order_id}`} className="font-medium text-brand-strong underline">
              {t("order.title", { id: d.order_id })}
            </Link>
          </p>
        )}
      </Dialog>
    );
  }
  return (
    <Confirm
      title={title}
      consequence={t("planogram.test_confirm", { name: channel.name, machine: m.name || m.machine_no })}
      action={t("test.start")}
      pending={test.isPending}
      error={test.error}
      onConfirm={() => test.mutate()}
      onClose={onClose}
    />
  );
}
