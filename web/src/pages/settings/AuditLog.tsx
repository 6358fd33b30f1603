import { useRows } from "../../api/rows";
import type { AuditRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { CsvButton } from "../../ui/CsvButton";
import { Json } from "../../ui/Json";
import { Rows } from "../../ui/Rows";
import { Time } from "../../ui/Time";

/** Who changed what, with before and after. */
export function AuditLog({ path = "/audit" }: { path?: string }) {
  const { t } = useLanguage();
  const rows = useRows<AuditRow>(path);
  return (
    <>
      <div className="mb-3 flex justify-end">
        <CsvButton path={path} name="audit" />
      </div>
      <Rows
        label={t("settings.tab.audit")}
        query={rows}
        rowKey={(a) => a.id}
        columns={[
          { label: t("audit.action"), width: "minmax(10rem,1fr)", cell: (a) => <code className="text-sm">{a.action}</code> },
          { label: t("audit.at"), width: "minmax(12.5rem,1fr)", cell: (a) => <Time at={a.at} /> },
          {
            label: t("audit.who"),
            width: "minmax(9rem,1fr)",
            cell: (a) => (
              <>
                <span className="break-all">{a.email || t("app.none")}</span>
                <span className="block text-sm text-muted">{a.ip}</span>
              </>
            ),
          },
          { label: t("audit.subject"), width: "minmax(9rem,1fr)", cell: (a) => `${a.subject_kind} ${a.subject_id}` },
          {
            label: t("audit.change"),
            width: "minmax(12rem,2fr)",
            cell: (a) =>
              a.before || a.after ? (
                <details>
                  <summary>{t("audit.change")}</summary>
                  {a.before != null && <Json value={a.before} label={t("audit.before")} />}
                  {a.after != null && <Json value={a.after} label={t("audit.after")} />}
                </details>
              ) : (
                t("app.none")
              ),
          },
        ]}
      />
    </>
  );
}
