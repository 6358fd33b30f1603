import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useLocation } from "wouter";
import { api } from "../../api/client";
import type { Model } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { blank } from "../../lib/layout";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { MachineChoice } from "../codes/choices";
import { NameNote } from "./NameNote";

/** Makes a model: built like a machine, or from layers of the same size. */
export function NewModel({ machineNo = "" }: { machineNo?: string }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [from, setFrom] = useState(machineNo);
  const create = useMutation({
    mutationFn: (body: object) => api.post<Model>("/models", body),
    onSuccess: (model) => {
      navigate(`/models/${model.id}`);
      return queries.invalidateQueries();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const number = (name: string) => Number(form.get(name));
    const layout = from ? undefined : blank(number("layers"), number("per_layer"), number("capacity"));
    create.mutate({ name: form.get("name"), ...(from ? { machine_no: from } : { layout }) });
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <p className="text-muted">{t("models.new_lead")}</p>
      <Field label={t("models.name")} name="name" required maxLength={60} />
      <MachineChoice value={from} onChange={setFrom} />
      {!from && (
        <fieldset className="grid grid-cols-3 gap-3">
          <legend className="mb-1 text-sm text-muted">{t("models.blank")}</legend>
          <Field label={t("models.layers")} name="layers" type="number" min={1} max={10} defaultValue={6} required />
          <Field label={t("models.per_layer")} name="per_layer" type="number" min={1} max={10} defaultValue={10} required />
          <Field label={t("planogram.capacity")} name="capacity" type="number" min={0} max={9999} defaultValue={10} required />
        </fieldset>
      )}
      <NameNote error={create.error} />
      <Button type="submit" look="primary" disabled={create.isPending}>
        {t("models.create")}
      </Button>
    </form>
  );
}
