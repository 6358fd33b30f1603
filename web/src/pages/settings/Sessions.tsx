import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import { useRows } from "../../api/rows";
import type { SessionRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Rows } from "../../ui/Rows";
import { Status } from "../../ui/Status";
import { Ago, Time } from "../../ui/Time";
import { PasswordForm } from "./PasswordForm";

/** Where the user is signed in, and their password. */
export function Sessions() {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const sessions = useRows<SessionRow>("/sessions");
  const end = useMutation({
    mutationFn: (id: number | null) => api.delete(id === null ? "/sessions" : `/sessions/${id}`),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["/sessions"] }),
  });
  return (
    <div className="flex flex-col gap-4">
      <PasswordForm />
      <div className="flex justify-end">
        <Button disabled={end.isPending} onClick={() => end.mutate(null)}>
          {t("sessions.end_others")}
        </Button>
      </div>
      <ErrorNote error={end.error} />
      <Rows
        label={t("settings.tab.sessions")}
        query={sessions}
        rowKey={(s) => s.id}
        columns={[
          { label: t("sessions.session"), width: "minmax(12rem,2fr)", cell: (s) => <span className="text-sm">{s.user_agent || t("app.none")}</span> },
          { label: t("sessions.ip"), width: "9rem", cell: (s) => s.ip },
          { label: t("sessions.created"), width: "minmax(12.5rem,1fr)", cell: (s) => <Time at={s.created_at} /> },
          { label: t("sessions.last_seen"), width: "8rem", cell: (s) => <Ago at={s.last_seen_at} /> },
          {
            label: t("sessions.actions"),
            width: "8rem",
            cell: (s) =>
              s.is_current ? (
                <Status tone="ok">{t("sessions.current")}</Status>
              ) : (
                <Button className="min-h-8 px-2" disabled={end.isPending} onClick={() => end.mutate(s.id)}>
                  {t("sessions.end")}
                </Button>
              ),
          },
        ]}
      />
    </div>
  );
}
