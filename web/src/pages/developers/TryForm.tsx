import { useMutation } from "@tanstack/react-query";
import { useId, type FormEvent } from "react";
import { Link } from "wouter";
import { api } from "../../api/client";
import type { ApiOperation, TriedCall } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { showDuration } from "../../lib/format";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { Json } from "../../ui/Json";
import { Status } from "../../ui/Status";
import { Part } from "./Report";

/** Calls an operation: the server signs, the page shows what went out and came back. */
export function TryForm({ op }: { op: ApiOperation }) {
  const { t } = useLanguage();
  const id = useId();
  const call = useMutation({ mutationFn: (body: object) => api.post<TriedCall>("/developers/api/try", body) });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const parameters = Object.fromEntries(op.parameters.map((name) => [name, String(form.get(name))]));
    call.mutate({ operation: op.id, parameters, payload: String(form.get("payload") ?? "") });
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <form onSubmit={onSubmit} className="card flex min-w-0 flex-col gap-4 p-4">
        <p className="font-mono text-sm break-all">
          {op.verb} {op.path}
        </p>
        {op.parameters.map((name) => (
          <Field key={name} label={name} name={name} required maxLength={100} />
        ))}
        {op.payload !== "none" && (
          <div>
            <label htmlFor={id} className="mb-1 block font-medium">
              {t(op.payload === "signed" ? "api.payload" : "api.body")}
            </label>
            <textarea id={id} name="payload" required rows={12} spellCheck={false} defaultValue={op.example} className="control w-full font-mono text-sm" />
          </div>
        )}
        <p className="text-sm text-muted">{t("api.real")}</p>
        <ErrorNote error={call.error} />
        <Button type="submit" look="primary" disabled={call.isPending}>
          {t("api.call")}
        </Button>
      </form>
      <div aria-live="polite" className="min-w-0">{call.data && <Outcome tried={call.data} />}</div>
    </div>
  );
}

function Outcome({ tried }: { tried: TriedCall }) {
  const { t } = useLanguage();
  const code = (tried.answer as { code?: number } | null)?.code;
  return (
    <section className="card flex min-w-0 flex-col gap-4 p-4">
      <p className="flex flex-wrap items-center gap-3">
        <Status tone={tried.status < 400 && code === 0 ? "ok" : "bad"}>{[`HTTP ${tried.status}`, code].filter((part) => part !== undefined).join(" · ")}</Status>
        <span className="text-sm text-muted">{showDuration(tried.duration / 1000)}</span>
        <Link href={`/developers/requests?q=${tried.request_id}`} className="text-sm text-brand-strong underline">
          {t("api.in_log")}
        </Link>
      </p>
      <Part title={t("requests.reply")}>
        <Json value={tried.answer} label={t("requests.reply")} />
      </Part>
      <Part title={t("api.sent")}>
        <Json value={`${tried.verb} ${tried.target}\nAppid: ${tried.appid}\nAppSecret: ***\nContent-Type: application/json\n\n${tried.body}`} label={t("api.sent")} />
      </Part>
      {tried.payload && (
        <Part title={t("debug.payload")}>
          <Json value={tried.payload} label={t("debug.payload")} />
        </Part>
      )}
    </section>
  );
}
