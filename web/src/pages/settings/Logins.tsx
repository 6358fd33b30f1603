import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { List, LoginRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { DataTable } from "../../ui/DataTable";
import { ErrorNote } from "../../ui/ErrorNote";
import { Loading } from "../../ui/Page";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

/** The last attempts to sign in as the user, those of others too. */
export function Logins() {
  const { t, tCode } = useLanguage();
  const logins = useQuery({ queryKey: ["/logins"], queryFn: ({ signal }) => api.get<List<LoginRow>>("/logins", {}, signal) });
  return (
    <>
      <p className="mb-3 text-muted">{t("logins.lead")}</p>
      <ErrorNote error={logins.error} onRetry={() => void logins.refetch()} />
      {logins.isPending && <Loading />}
      {logins.data && (
        <DataTable
          label={t("settings.tab.logins")}
          rows={logins.data.items}
          rowKey={(l) => l.id}
          columns={[
            { label: t("logins.at"), width: "minmax(12.5rem,1fr)", cell: (l) => <Time at={l.at} /> },
            { label: t("logins.result"), width: "11rem", cell: (l) => <Status tone={l.result === "OK" ? "ok" : "bad"}>{tCode("login_result", l.result)}</Status> },
            { label: t("logins.method"), width: "8rem", cell: (l) => tCode("login_method", l.method) },
            { label: t("sessions.ip"), width: "9rem", cell: (l) => l.ip },
            { label: t("sessions.session"), width: "minmax(12rem,2fr)", cell: (l) => <span className="text-sm">{l.user_agent || t("app.none")}</span> },
          ]}
        />
      )}
    </>
  );
}
