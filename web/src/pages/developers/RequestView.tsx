import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "wouter";
import { api } from "../../api/client";
import type { RequestInfo, SignatureReport } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Json } from "../../ui/Json";
import { Loading } from "../../ui/Page";
import { Time } from "../../ui/Time";
import { Report } from "./Report";
import { Answer, OldCredentials } from "./RequestList";

/** One logged request, with what the server makes of its signature. */
export function RequestView() {
  const { t } = useLanguage();
  const { id = "" } = useParams();
  const path = `/developers/requests/${encodeURIComponent(id)}`;
  const request = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<RequestInfo>(path, {}, signal) });
  const [wanted, setWanted] = useState(false);
  const report = useQuery({ queryKey: [`${path}/debug`], enabled: wanted, queryFn: ({ signal }) => api.get<SignatureReport>(`${path}/debug`, {}, signal) });
  const r = request.data;
  return (
    <>
      <p className="mb-3">
        <Link href="/developers/requests" className="text-brand-strong underline">
          {t("app.back")}
        </Link>
      </p>
      <ErrorNote error={request.error} />
      {request.isPending && <Loading />}
      {r && (
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <section className="card flex min-w-0 flex-col gap-3 p-4">
            <h2 className="break-all">{[r.verb, r.target].filter(Boolean).join(" ")}</h2>
            <div className="flex flex-wrap items-center gap-3">
              <Answer r={r} />
              <OldCredentials r={r} />
              <Time at={r.at} />
              <span className="text-sm text-muted">{r.client}</span>
            </div>
            <p className="text-sm break-all text-muted">{r.request_id}</p>
            <Part title={t("requests.headers")} value={r.headers} />
            <Part title={t("requests.raw")} value={r.raw} />
            <Part title={t("requests.payload")} value={r.payload} />
            <Part title={t("requests.reply")} value={r.answer} />
            {r.raw && <Button onClick={() => setWanted(true)}>{t("requests.explain")}</Button>}
            <ErrorNote error={report.error} />
          </section>
          {report.data && <Report report={report.data} />}
        </div>
      )}
    </>
  );
}

function Part({ title, value }: { title: string; value: unknown }) {
  if (value === null || value === undefined || value === "") return null;
  return (
    <div className="min-w-0">
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      <Json value={value} label={title} />
    </div>
  );
}
