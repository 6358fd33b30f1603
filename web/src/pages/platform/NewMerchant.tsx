import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { MerchantSecrets } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Copy } from "../../ui/Copy";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field, Select } from "../../ui/Field";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Makes a merchant and shows its secrets, this once. */
export function NewMerchant({ onDone }: { onDone: () => void }) {
  const { t, tCode } = useLanguage();
  const queries = useQueryClient();
  const [status, setStatus] = useState("VERIFIED");
  const create = useMutation({ mutationFn: (body: object) => api.post<MerchantSecrets>("/merchants", body) });
  // The session lists the merchants of its user; a first one opens all pages.
  const finish = () => {
    onDone();
    void queries.invalidateQueries();
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate({ ...Object.fromEntries(new FormData(event.currentTarget)), status });
  };
  if (create.data) {
    const { appid, app_secret, app_key, webhook_secret } = create.data;
    return (
      <div className="flex flex-col gap-3">
        <p role="status">{t("merchants.once")}</p>
        <dl className="flex flex-col gap-2">
          {Object.entries({ app_id: appid, app_secret, app_key, webhook_secret } as const).map(([name, value]) => (
            <div key={name}>
              <dt className="text-sm text-muted">{tCode("keys", name)}</dt>
              <dd className="font-mono text-sm break-all">
                {value} <Copy text={value} name={tCode("keys", name)} />
              </dd>
            </div>
          ))}
        </dl>
        <Button look="primary" onClick={finish}>
          {t("merchants.stored")}
        </Button>
      </div>
    );
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <Field label={t("merchants.title")} name="title" required maxLength={100} />
      <Field label={t("merchants.slug")} hint={t("merchants.slug_hint")} name="slug" required pattern="[a-z0-9\-]{1,63}" autoCapitalize="none" />
      <Field label={t("merchants.timezone")} hint={t("merchants.timezone_hint")} name="timezone" required defaultValue={zone} />
      <Select label={t("merchants.status")} value={status} onChange={setStatus}>
        {["VERIFIED", "PENDING"].map((value) => (
          <option key={value} value={value}>
            {tCode("merchant_status", value)}
          </option>
        ))}
      </Select>
      <ErrorNote error={create.error} />
      <Button type="submit" look="primary" disabled={create.isPending}>
        {t("merchants.new")}
      </Button>
    </form>
  );
}
