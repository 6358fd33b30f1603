import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { OwnMerchant } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { Loading } from "../../ui/Page";
import { Status } from "../../ui/Status";

const key = ["/merchant"];

/** What the merchant is, and where results go that nobody named an address for. */
export function MerchantTab() {
  const { t, tCode } = useLanguage();
  const merchant = useQuery({ queryKey: key, queryFn: ({ signal }) => api.get<OwnMerchant>("/merchant", {}, signal) });
  const m = merchant.data;
  if (!m) return merchant.isPending ? <Loading /> : <ErrorNote error={merchant.error} onRetry={() => void merchant.refetch()} />;
  const facts: [string, string][] = [
    [t("merchants.title"), m.title],
    [t("merchants.slug"), m.slug],
    [t("merchants.status"), tCode("merchant_status", m.status)],
    [t("merchants.timezone"), m.timezone || t("app.none")],
  ];
  return (
    <div className="flex max-w-2xl flex-col gap-4">
      <dl className="card grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 p-4">
        {facts.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      <NotifyForm stored={m.notify_url} />
    </div>
  );
}

function NotifyForm({ stored }: { stored: string }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [url, setUrl] = useState(stored);
  const save = useMutation({
    mutationFn: () => api.put("/merchant/notify-url", { notify_url: url }),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={onSubmit} className="card flex flex-col gap-3 p-4">
      <Field
        label="notify_url"
        hint={t("merchant.notify_hint")}
        type="url"
        maxLength={512}
        value={url}
        onChange={(e) => {
          save.reset();
          setUrl(e.target.value);
        }}
      />
      <ErrorNote error={save.error} />
      <div className="flex items-center gap-3">
        <Button type="submit" look="primary" disabled={url === stored || save.isPending}>
          {t("app.save")}
        </Button>
        {save.isSuccess && <Status tone="ok">{t("merchant.saved")}</Status>}
      </div>
    </form>
  );
}
