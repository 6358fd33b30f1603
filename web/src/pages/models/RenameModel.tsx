import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { Model } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { NameNote } from "./NameNote";

/** Gives a model another name. */
export function RenameModel({ model, onDone }: { model: Model; onDone: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  // As it was when the dialog opened: the page hears of what others do.
  const [old_name] = useState(model.name);
  const rename = useMutation({
    mutationFn: (name: string) => api.put(`/models/${model.id}/name`, { old_name, name }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      onDone();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    rename.mutate(String(new FormData(event.currentTarget).get("name")));
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <p className="text-muted">{t("models.rename_lead")}</p>
      <Field label={t("models.name")} name="name" defaultValue={old_name} required maxLength={60} autoFocus />
      <NameNote error={rename.error} />
      <Button type="submit" look="primary" disabled={rename.isPending}>
        {t("app.save")}
      </Button>
    </form>
  );
}
