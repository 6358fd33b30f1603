import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { api } from "../../api/client";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { Status } from "../../ui/Status";

export function PasswordForm() {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (body: object) => api.put("/password", body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["/sessions"] }),
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    change.mutate(Object.fromEntries(new FormData(form)), { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={onSubmit} className="card flex max-w-md flex-col gap-3 p-4">
      <h2>{t("sessions.password")}</h2>
      <Field label={t("sessions.present")} name="present" type="password" required autoComplete="current-password" />
      <Field label={t("sessions.next")} hint={t("setup.password_hint")} name="next" type="password" required minLength={10} autoComplete="new-password" />
      <ErrorNote error={change.error} />
      {change.isSuccess && <Status tone="ok">{t("sessions.changed")}</Status>}
      <Button type="submit" disabled={change.isPending}>
        {t("sessions.password")}
      </Button>
    </form>
  );
}
