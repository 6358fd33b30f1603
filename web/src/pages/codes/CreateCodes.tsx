import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import { useMachine } from "../../api/machine";
import type { CodeRow, List } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { endOf, type Expiry } from "../../lib/expiry";
import { showTime } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Copy } from "../../ui/Copy";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { ChannelChoice, ExpiryChoice, MachineChoice } from "./choices";

/** The button and the dialog that issue pickup codes for a channel. */
export function CreateCodes({ machineNo }: { machineNo?: string }) {
  const { t } = useLanguage();
  return (
    <DialogButton look="primary" title={t("codes.create")} dialog={() => <CreateForm machineNo={machineNo} />}>
      <Plus size={16} aria-hidden />
      {t("codes.create")}
    </DialogButton>
  );
}

function CreateForm({ machineNo }: { machineNo?: string }) {
  const { t, language } = useLanguage();
  const queries = useQueryClient();
  const [no, setNo] = useState(machineNo ?? "");
  const [product, setProduct] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("day");
  const machine = useMachine(no);
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
      expires_at: endOf(expiry),
    });
  };
  if (create.data) return <Created codes={create.data.items} />;
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {!machineNo && <MachineChoice value={no} onChange={setNo} />}
      <ChannelChoice machineNo={no} value={product} onChange={setProduct} detail={(c) => `${c.quantity}/${c.capacity}`} />
      <div className="grid grid-cols-2 gap-3">
        <Field label={t("codes.count")} name="count" type="number" min={1} max={100} defaultValue={1} required />
        <Field label={t("codes.pieces")} name="quantity" type="number" min={1} max={100} defaultValue={1} required />
      </div>
      <div>
        <ExpiryChoice label={t("codes.expiry")} value={expiry} onChange={setExpiry} />
        {no && <p className="mt-1 text-sm text-muted">{t("codes.expiry_until", { time: showTime(endOf(expiry), zone, language), zone })}</p>}
      </div>
      <ErrorNote error={create.error} />
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
