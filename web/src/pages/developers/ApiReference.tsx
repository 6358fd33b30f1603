import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { ApiOperation, List } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { groupBy } from "../../lib/group";
import { ErrorNote } from "../../ui/ErrorNote";
import { Select } from "../../ui/Field";
import { Loading } from "../../ui/Page";
import { TryForm } from "./TryForm";

/** What the merchant API can do, and a form to try it. */
export function ApiReference() {
  const { t, language } = useLanguage();
  const may = useMay();
  const operations = useQuery({ queryKey: ["/developers/api"], staleTime: Infinity, queryFn: ({ signal }) => api.get<List<ApiOperation>>("/developers/api", {}, signal) });
  const [chosen, setChosen] = useState(0);
  if (!operations.data) return operations.isPending ? <Loading /> : <ErrorNote error={operations.error} onRetry={() => void operations.refetch()} />;
  const list = operations.data.items;
  const op = list[chosen];
  const groups = groupBy([...list.entries()], ([, o]) => o.group);
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">
        {t("api.lead")}{" "}
        <a href={`/docs/api?lang=${language === "en" ? "en" : "zh"}${op ? `#${op.id}` : ""}`} target="_blank" rel="noreferrer" className="text-brand-strong underline">
          {t("api.reference")}
        </a>
      </p>
      <Select label={t("api.operation")} value={String(chosen)} onChange={(value) => setChosen(Number(value))} className="max-w-2xl">
        {[...groups].map(([group, members]) => (
          <optgroup key={group} label={group}>
            {members.map(([i, o]) => (
              <option key={i} value={i}>
                {[o.summary, o.title].filter(Boolean).join(": ")}
              </option>
            ))}
          </optgroup>
        ))}
      </Select>
      {op && (may("manage_keys") ? <TryForm key={chosen} op={op} /> : <p>{t("error.forbidden")}</p>)}
    </div>
  );
}
