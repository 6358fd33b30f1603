import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import type { Keys, Secret } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ConfirmButton } from "../../ui/ConfirmButton";
import { Copy } from "../../ui/Copy";
import { ErrorNote } from "../../ui/ErrorNote";
import { Loading } from "../../ui/Page";
import { Time } from "../../ui/Time";
import { RotateDialog } from "./RotateDialog";

const secrets: Secret[] = ["app_secret", "app_key", "webhook_secret"];

export function KeysTab() {
  const { t } = useLanguage();
  const path = "/developers/keys";
  const keys = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<Keys>(path, {}, signal) });
  const [rotating, setRotating] = useState<Secret | null>(null);
  if (!keys.data) return keys.isPending ? <Loading /> : <ErrorNote error={keys.error} onRetry={() => void keys.refetch()} />;
  const k = keys.data;
  return (
    <section className="card max-w-3xl">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line p-4">
        <h2 className="w-36">{t("keys.app_id")}</h2>
        <span className="font-mono break-all">
          {k.app_id} <Copy text={k.app_id} name={t("keys.app_id")} />
        </span>
      </div>
      {secrets.map((which) => (
        <div key={which} className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line p-4 last:border-0">
          <h2 className="w-36">{t(`keys.${which}`)}</h2>
          <span className="grow text-sm text-muted">
            {k[`${which}_rotated_at`] ? t("keys.rotated") : t("keys.made")} <Time at={k[`${which}_rotated_at`] || k.created_at} />
            {k[`${which}_previous_until`] > 0 && (
              <span className="block">
                {t("keys.previous")} <Time at={k[`${which}_previous_until`]} />
              </span>
            )}
          </span>
          {k[`${which}_previous_until`] > 0 && (
            <ConfirmButton
              aria-label={`${t("keys.end")}: ${t(`keys.${which}`)}`}
              title={`${t("keys.end")}: ${t(`keys.${which}`)}`}
              action={t("keys.end")}
              consequence={t("keys.end_confirm")}
              act={() => api.post(`${path}/end-overlap`, { which })}
            >
              {t("keys.end")}
            </ConfirmButton>
          )}
          <Button aria-label={t("keys.rotate_title", { name: t(`keys.${which}`) })} onClick={() => setRotating(which)}>
            {t("keys.rotate")}
          </Button>
        </div>
      ))}
      {rotating && <RotateDialog which={rotating} onClose={() => setRotating(null)} />}
    </section>
  );
}
