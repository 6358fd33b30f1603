import { useRows } from "../../api/rows";
import type { LoginRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

/** The last attempts to sign in as the user, those of others too. */
export function Logins() {
  const { t, tCode } = useLanguage();
  const logins = useRows<LoginRow>("/logins");
  return (
    <>
      <p className="mb-3 text-muted">{t("logins.lead")}</p>
      <Rows
        label={t("settings.tab.logins")}
        query={logins}
        rowKey={(l) => l.id}
        columns={[
          { label: t("logins.at"), width: "minmax(12.5rem,1fr)", cell: (l) => <Time at={l.at} /> },
          { label: t("logins.result"), width: "11rem", cell: (l) => <Status tone={l.result === "OK" ? "ok" : "bad"}>{tCode("login_result", l.result)}</Status> },
          { label: t("logins.method"), width: "8rem", cell: (l) => tCode("login_method", l.method) },
          { label: t("sessions.ip"), width: "9rem", cell: (l) => l.ip },
          { label: t("sessions.session"), width: "minmax(12rem,2fr)", cell: (l) => <span className="text-sm">{l.user_agent || t("app.none")}</span> },
        ]}
      />
    </>
  );
}
