import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { GoodRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { parseMoney } from "../../lib/format";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { Uses } from "./Uses";

const typed = (minor: number | undefined) => (minor === undefined ? "" : (minor / 100).toFixed(2));

/** Makes a good or changes one; a new price shows first where it will apply. */
export function GoodDialog({ good, onClose }: { good?: GoodRow; onClose: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [price, setPrice] = useState(typed(good?.price));
  const [before, setBefore] = useState(good && good.original_price !== good.price ? typed(good.original_price) : "");
  const minor = parseMoney(price);
  const minorBefore = before === "" ? null : parseMoney(before);
  const save = useMutation({
    mutationFn: (body: object) => (good ? api.put(`/goods/${good.id}`, body) : api.post("/goods", body)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["/goods"] });
      onClose();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate({ ...Object.fromEntries(new FormData(event.currentTarget)), price: minor, original_price: minorBefore });
  };
  return (
    <Dialog title={good ? t("goods.edit", { name: good.name }) : t("goods.new")} onClose={onClose}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <Field label={t("goods.name")} name="name" required maxLength={100} defaultValue={good?.name} />
        {!good && <Field label={t("goods.slug")} name="slug" required maxLength={50} />}
        <Field label={t("goods.description")} name="description" defaultValue={good?.description} />
        <Field label={t("goods.thumb")} name="thumb" defaultValue={good?.thumb} />
        <div className="grid grid-cols-2 gap-3">
          <Field label={t("goods.price")} inputMode="decimal" required value={price} onChange={(e) => setPrice(e.target.value)} hint={minor === undefined ? t("goods.price_bad") : undefined} />
          <Field label={t("goods.original_price")} inputMode="decimal" value={before} onChange={(e) => setBefore(e.target.value)} hint={minorBefore === undefined ? t("goods.price_bad") : undefined} />
        </div>
        {good && minor !== undefined && minor !== good.price && (
          <section className="rounded bg-ground p-3">
            <p className="mb-2 font-medium">{t("goods.price_preview")}</p>
            <Uses goodId={good.id} />
          </section>
        )}
        <ErrorNote error={save.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" look="primary" disabled={minor === undefined || minorBefore === undefined || save.isPending}>
            {t("app.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
