import { CircleX } from "lucide-react";
import { ApiError } from "../api/client";
import { fill, useLanguage, type Values } from "../i18n/language";
import { Button } from "./Button";

/** What went wrong, in words, with the request id for whoever asks the server's log. */
export function ErrorNote({ error, onRetry }: { error: Error | null; onRetry?: () => void }) {
  const { t, tCode } = useLanguage();
  if (!error) return null;
  const known = error instanceof ApiError;
  const text = known ? fill(tCode("error", error.code), error.data as Values) : t("error.network");
  return (
    <div role="alert" className="flex flex-wrap items-start gap-2 rounded-md border border-bad/40 bg-bad-soft px-3 py-2 text-bad">
      <CircleX size={18} className="mt-0.5 shrink-0" aria-hidden />
      <div className="min-w-0 grow">
        <p className="font-medium">{text}</p>
        {known && error.detail && <p className="text-sm break-words">{error.detail}</p>}
        {known && error.requestId && <p className="text-sm break-all">{t("app.request", { id: error.requestId })}</p>}
      </div>
      {onRetry && <Button onClick={onRetry}>{t("app.retry")}</Button>}
    </div>
  );
}
