import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { BatchInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { endOf, type Expiry } from "../../lib/expiry";
import { Button } from "../../ui/Button";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { ChannelChoice, ExpiryChoice, MachineChoice } from "./choices";

interface Line {
  key: number;
  machineNo: string;
  product: string;
  count: string;
}

/** The button and the dialog that make a batch for one or several channels. */
export function CreateBatch() {
  const { t } = useLanguage();
  return (
    <DialogButton look="primary" title={t("batch.create")} dialog={(close) => <BatchForm onDone={close} />}>
      <Plus size={16} aria-hidden />
      {t("batch.create")}
    </DialogButton>
  );
}

function BatchForm({ onDone }: { onDone: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [lines, setLines] = useState<Line[]>([{ key: 0, machineNo: "", product: "", count: "100" }]);
  const [expiry, setExpiry] = useState<Expiry>("month");
  const create = useMutation({
    mutationFn: (body: object) => api.post<BatchInfo>("/codes/batches", body),
    onSuccess: () => {
      onDone();
      return queries.invalidateQueries();
    },
  });
  const change = (key: number, changes: Partial<Line>) => setLines((before) => before.map((l) => (l.key === key ? { ...l, ...changes } : l)));
  const total = lines.reduce((sum, l) => sum + (Number(l.count) || 0), 0);
  const complete = lines.every((l) => l.machineNo && l.product);
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate({
      code_length: Number(form.get("length")),
      quantity: Number(form.get("quantity")),
      expires_at: endOf(expiry),
      lines: lines.map((l) => ({ machine_no: l.machineNo, product_id: Number(l.product), count: Number(l.count) })),
    });
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <p className="text-muted">{t("batch.lead")}</p>
      {lines.map((line, i) => (
        <fieldset key={line.key} className="flex flex-col gap-2 rounded-md border border-line p-3">
          <legend className="px-1 text-sm text-muted">{i + 1}</legend>
          <MachineChoice value={line.machineNo} onChange={(machineNo) => change(line.key, { machineNo, product: "" })} />
          <ChannelChoice machineNo={line.machineNo} value={line.product} onChange={(product) => change(line.key, { product })} />
          <Field
            label={t("batch.per_channel")}
            type="number"
            min={1}
            max={10_000}
            required
            value={line.count}
            onChange={(e) => change(line.key, { count: e.target.value })}
          />
          {lines.length > 1 && (
            <Button look="quiet" onClick={() => setLines(lines.filter((l) => l.key !== line.key))}>
              <X size={16} aria-hidden />
              {t("batch.remove_line", { n: i + 1 })}
            </Button>
          )}
        </fieldset>
      ))}
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Button
          onClick={() => {
            const last = lines[lines.length - 1]!;
            setLines([...lines, { ...last, key: last.key + 1, product: "" }]);
          }}
        >
          {t("batch.add_line")}
        </Button>
        <span role="status">{t("batch.total", { n: total })}</span>
      </div>
      <div className="grid grid-cols-2 gap-3">
        <Field label={t("batch.length")} name="length" type="number" min={6} max={10} defaultValue={8} required />
        <Field label={t("codes.pieces")} name="quantity" type="number" min={1} max={100} defaultValue={1} required />
      </div>
      <ExpiryChoice label={t("codes.expiry")} value={expiry} onChange={setExpiry} never />
      <ErrorNote error={create.error} />
      <Button type="submit" look="primary" disabled={!complete || create.isPending}>
        {t("batch.create")}
      </Button>
    </form>
  );
}
