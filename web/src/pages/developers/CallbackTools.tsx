import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { CallbackTest } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";

/** To try a server, and to send again what was given up while it was away. */
export function CallbackTools() {
  const { t } = useLanguage();
  const may = useMay();
  const [open, setOpen] = useState<"test" | "recover" | null>(null);
  if (!may("resend_callbacks")) return null;
  return (
    <div className="flex flex-wrap gap-2">
      <Button onClick={() => setOpen("test")}>{t("callbacks.test")}</Button>
      <Button onClick={() => setOpen("recover")}>{t("callbacks.recover")}</Button>
      {open && (
        <Dialog title={t(`callbacks.${open}`)} onClose={() => setOpen(null)}>
          {open === "test" ? <Test /> : <Recover />}
        </Dialog>
      )}
    </div>
  );
}

function Test() {
  const { t } = useLanguage();
  const test = useMutation({ mutationFn: (url: string) => api.post<CallbackTest>("/developers/callbacks/test", { url }) });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    test.mutate(String(new FormData(event.currentTarget).get("url")));
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <p>{t("callbacks.test_lead")}</p>
      <Field label={t("rules.url")} name="url" type="url" maxLength={512} required />
      <ErrorNote error={test.error} />
      <div role="status">{test.data && <Outcome test={test.data} />}</div>
      <Button type="submit" look="primary" disabled={test.isPending}>
        {t("callbacks.test_send")}
      </Button>
    </form>
  );
}

function Outcome({ test }: { test: CallbackTest }) {
  const { t } = useLanguage();
  const key = test.status === 0 ? "callbacks.test_none" : test.status >= 200 && test.status < 300 ? "callbacks.test_ok" : "callbacks.test_bad";
  return (
    <>
      <p className="font-medium">{t(key, { status: test.status, n: test.duration, error: test.error })}</p>
      <pre className="mt-2 overflow-x-auto rounded-md bg-ground p-3 text-sm" tabIndex={0}>
        {test.webhook_id}
        {"\n"}
        {test.body}
      </pre>
    </>
  );
}

function Recover() {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const recover = useMutation({
    mutationFn: (since: number) => api.post<{ queued: number; more: boolean }>("/developers/callbacks/recover", { since }),
    onSuccess: () => queries.invalidateQueries(),
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    recover.mutate(new Date(String(new FormData(event.currentTarget).get("since"))).getTime());
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <p>{t("callbacks.recover_lead")}</p>
      <Field label={t("callbacks.recover_since")} name="since" type="datetime-local" required />
      <ErrorNote error={recover.error} />
      <p role="status">
        {recover.data && t("callbacks.recovered", { n: recover.data.queued })} {recover.data?.more && t("callbacks.recover_more")}
      </p>
      <Button type="submit" look="primary" disabled={recover.isPending}>
        {t("callbacks.recover_do")}
      </Button>
    </form>
  );
}
