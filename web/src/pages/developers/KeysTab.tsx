import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import type { Keys, RotatedKey, Secret } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Copy } from "../../ui/Copy";
import { Dialog } from "../../ui/Dialog";
import { ErrorNote } from "../../ui/ErrorNote";
import { Loading } from "../../ui/Page";
import { Time } from "../../ui/Time";

const secrets: Secret[] = ["app_secret", "app_key", "webhook_secret"];

export function KeysTab() {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const path = "/developers/keys";
  const keys = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<Keys>(path, {}, signal) });
  const [asked, setAsked] = useState<Secret | null>(null);
  const rotate = useMutation({
    mutationFn: (which: Secret) => api.post<RotatedKey>(`${path}/rotate`, { which }),
    onSuccess: () => {
      setAsked(null);
      return queries.invalidateQueries({ queryKey: [path] });
    },
  });
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
            {which === "webhook_secret" && k.webhook_previous_until > 0 && (
              <span className="block">
                {t("keys.previous")} <Time at={k.webhook_previous_until} />
              </span>
            )}
          </span>
          <Button aria-label={t("keys.rotate_title", { name: t(`keys.${which}`) })} onClick={() => setAsked(which)}>
            {t("keys.rotate")}
          </Button>
        </div>
      ))}
      {asked && (
        <Confirm
          title={t("keys.rotate_title", { name: t(`keys.${asked}`) })}
          consequence={t(`keys.confirm.${asked}`)}
          action={t("keys.rotate")}
          danger
          pending={rotate.isPending}
          error={rotate.error}
          onConfirm={() => rotate.mutate(asked)}
          onClose={() => setAsked(null)}
        />
      )}
      {rotate.data && (
        <Dialog title={t(`keys.${rotate.data.which}`)} onClose={() => rotate.reset()}>
          <p>{t("keys.once")}</p>
          <p className="mt-3 font-mono break-all">
            {rotate.data.secret} <Copy text={rotate.data.secret} name={t(`keys.${rotate.data.which}`)} />
          </p>
        </Dialog>
      )}
    </section>
  );
}
