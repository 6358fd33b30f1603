import { useMutation } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { SignatureReport } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field, Select } from "../../ui/Field";
import { Report } from "./Report";

const kinds = ["http", "mqtt", "callback"] as const;

/** Explains the signature of a pasted message. The server knows the rules; the page shows its steps. */
export function Debugger() {
  const { t } = useLanguage();
  const id = useId();
  const [kind, setKind] = useState<string>("http");
  const explain = useMutation({ mutationFn: (body: object) => api.post<SignatureReport>("/developers/debug", body) });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    explain.mutate({ kind, raw: form.get("raw"), app_secret: form.get("app_secret") });
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <form onSubmit={onSubmit} className="card flex flex-col gap-4 p-4">
        <p className="text-muted">{t("debug.lead")}</p>
        <Select label={t("debug.kind")} value={kind} onChange={setKind}>
          {kinds.map((value) => (
            <option key={value} value={value}>
              {t(`debug.kind.${value}`)}
            </option>
          ))}
        </Select>
        <div>
          <label htmlFor={id} className="mb-1 block font-medium">
            {t("debug.raw")}
          </label>
          <textarea id={id} name="raw" required rows={8} spellCheck={false} className="control w-full font-mono text-sm" />
        </div>
        <Field label={t("debug.secret")} name="app_secret" type="password" autoComplete="off" />
        <ErrorNote error={explain.error} />
        <Button type="submit" look="primary" disabled={explain.isPending}>
          {t("debug.run")}
        </Button>
      </form>
      {explain.data && <Report report={explain.data} />}
    </div>
  );
}
