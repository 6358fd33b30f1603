import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import { usePlanogram } from "../../api/planogram";
import type { CodeRow, List, MachineInfo, MachineRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { expiries, type Expiry } from "../../lib/expiry";
import { showTime } from "../../lib/format";
import { layersOf } from "../../lib/selection";
import { Button } from "../../ui/Button";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field, Select } from "../../ui/Field";

/** The button and the dialog that issue pickup codes for a channel. */
export function CreateCodes({ machineNo }: { machineNo?: string }) {
  const { t } = useLanguage();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <Plus size={16} aria-hidden />
        {t("codes.create")}
      </Button>
      {open && (
        <Dialog title={t("codes.create")} onClose={() => setOpen(false)}>
          <CreateForm machineNo={machineNo} />
        </Dialog>
      )}
    </>
  );
}

function CreateForm({ machineNo }: { machineNo?: string }) {
  const { t, language } = useLanguage();
  const queries = useQueryClient();
  const [no, setNo] = useState(machineNo ?? "");
  const [product, setProduct] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("day");
  const machines = useQuery({ queryKey: ["/machines", "choice"], queryFn: () => api.get<List<MachineRow>>("/machines", { limit: 200 }), enabled: !machineNo });
  const machine = useQuery({ queryKey: ["/machines", no], queryFn: () => api.get<MachineInfo>(`/machines/${no}`), enabled: no !== "" });
  const planogram = usePlanogram(no);
  const channels = planogram.data ? layersOf(planogram.data).flat().filter((c) => c.good) : [];
  const zone = machine.data?.timezone || "UTC";
  const create = useMutation({
    mutationFn: (body: object) => api.post<List<CodeRow>>("/codes", body),
    onSuccess: () => queries.invalidateQueries(),
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate({
      machine_no: no,
      product_id: Number(product),
      count: Number(form.get("count")),
      quantity: Number(form.get("quantity")),
      expires_at: Date.now() + expiries[expiry],
    });
  };
  if (create.data) return <Created codes={create.data.items} />;
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {!machineNo && (
        <Select label={t("codes.machine")} value={no} onChange={setNo}>
          <option value="">{t("codes.choose_machine")}</option>
          {machines.data?.items.map((m) => (
            <option key={m.id} value={m.machine_no}>
              {m.name || m.machine_no} · {m.machine_no}
            </option>
          ))}
        </Select>
      )}
      <Select label={t("codes.product")} value={product} onChange={setProduct}>
        <option value="">{t("codes.choose_product")}</option>
        {channels.map((c) => (
          <option key={c.product_id} value={c.product_id}>
            {c.name} · {c.good?.name} · {c.quantity}/{c.capacity}
          </option>
        ))}
      </Select>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t("codes.count")} name="count" type="number" min={1} max={100} defaultValue={1} required />
        <Field label={t("codes.pieces")} name="quantity" type="number" min={1} max={100} defaultValue={1} required />
      </div>
      <div>
        <Select label={t("codes.expiry")} value={expiry} onChange={(value) => setExpiry(value as Expiry)}>
          {(Object.keys(expiries) as Expiry[]).map((value) => (
            <option key={value} value={value}>
              {t(`codes.expiry.${value}`)}
            </option>
          ))}
        </Select>
        {no && (
          <p className="mt-1 text-sm text-muted">{t("codes.expiry_until", { time: showTime(Date.now() + expiries[expiry], zone, language), zone })}</p>
        )}
      </div>
      <ErrorNote error={create.error ?? planogram.error ?? machines.error} />
      <Button type="submit" look="primary" disabled={!no || !product || create.isPending}>
        {t("codes.create")}
      </Button>
    </form>
  );
}

function Created({ codes }: { codes: CodeRow[] }) {
  const { t } = useLanguage();
  const text = codes.map((c) => c.code).join("\n");
  return (
    <div className="flex flex-col gap-3" role="status">
      <p className="font-medium">
        {t("codes.created_n", { n: codes.length })} <Copy text={text} name={t("codes.copy_all")} />
      </p>
      <ul className="columns-2 font-mono text-lg" aria-label={t("nav.codes")}>
        {codes.map((c) => (
          <li key={c.id} data-code>
            {c.code}
          </li>
        ))}
      </ul>
    </div>
  );
}
