import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { Callback } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { showDuration } from "../../lib/format";
import { toneOf } from "../../lib/tones";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Json } from "../../ui/Json";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

interface Props {
  callbacks: Callback[];
  orderPath: string;
  zone: string;
}

export function Callbacks({ callbacks, orderPath, zone }: Props) {
  const { t } = useLanguage();
  return (
    <section className="card p-4">
      <h2 className="mb-2">{t("order.callbacks")}</h2>
      {callbacks.length === 0 && <p className="text-muted">{t("order.no_callbacks")}</p>}
      <ul className="flex flex-col gap-4">
        {callbacks.map((callback) => (
          <li key={callback.id}>
            <CallbackView callback={callback} orderPath={orderPath} queryKey={[orderPath]} zone={zone} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ViewProps {
  callback: Callback;
  orderPath: string;
  /** What is fetched again after a resend. */
  queryKey: string[];
  zone?: string;
}

/** One message to the merchant's server with its attempts. */
export function CallbackView({ callback, orderPath, queryKey, zone }: ViewProps) {
  const { t, tCode } = useLanguage();
  const may = useMay();
  const queries = useQueryClient();
  const resend = useMutation({
    mutationFn: () => api.post(`${orderPath}/callbacks/${callback.id}/resend`),
    onSuccess: () => queries.invalidateQueries({ queryKey }),
  });
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Status tone={toneOf(callback.state)}>{tCode("callback_state", callback.state)}</Status>
        <span className="text-sm text-muted">{t("order.attempts", { n: callback.attempts.length })}</span>
        {may("resend_callbacks") && callback.state === "DEAD" && (
          <Button className="ml-auto" disabled={resend.isPending} onClick={() => resend.mutate()}>
            {t("order.resend")}
          </Button>
        )}
      </div>
      <p className="font-mono text-xs break-all text-muted">{callback.webhook_id}</p>
      {resend.isSuccess && <Status tone="ok">{t("order.resent")}</Status>}
      <ErrorNote error={resend.error} />
      <ol className="text-sm">
        {callback.attempts.map((a, i) => (
          <li key={i} className="flex flex-wrap justify-between gap-x-3">
            <Time at={a.at} zone={zone} />
            <span className={a.status >= 200 && a.status < 300 ? "text-ok" : "text-bad"}>
              {a.status ? `HTTP ${a.status}` : a.error} · {showDuration(a.duration)}
            </span>
          </li>
        ))}
      </ol>
      {callback.body != null && (
        <details>
          <summary className="text-sm">{t("order.body")}</summary>
          <Json value={callback.body} label={t("order.body")} />
        </details>
      )}
    </div>
  );
}
