import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import { useRows } from "../../api/rows";
import type { MemberRow, Role } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ConfirmButton } from "../../ui/ConfirmButton";
import { CsvButton } from "../../ui/CsvButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Select } from "../../ui/Field";
import { Rows } from "../../ui/Rows";
import { Time } from "../../ui/Time";
import { InviteButton } from "./InviteButton";
import { RoleOptions } from "./RoleOptions";

export function Members() {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const members = useRows<MemberRow>("/members");
  const change = useMutation({
    mutationFn: (m: MemberRow) => api.post("/members", { user_id: m.user_id, role: m.role, machine_group: m.machine_group }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["/members"] }),
  });
  return (
    <>
      <div className="mb-3 flex flex-wrap justify-end gap-2">
        <CsvButton path="/members" name="members" />
        <InviteButton />
      </div>
      <ErrorNote error={change.error} />
      <Rows
        label={t("settings.tab.members")}
        query={members}
        rowKey={(m) => m.user_id}
        columns={[
          {
            label: t("members.member"),
            width: "minmax(12rem,2fr)",
            cell: (m) => (
              <>
                <span className="font-medium">{m.name}</span>
                <span className="block text-sm break-all text-muted">{m.email}</span>
              </>
            ),
          },
          {
            label: t("members.role"),
            width: "11rem",
            cell: (m) => (
              <Select hideLabel label={t("members.change_role", { email: m.email })} value={m.role} onChange={(role) => change.mutate({ ...m, role: role as Role })}>
                <RoleOptions />
              </Select>
            ),
          },
          { label: t("members.group"), width: "minmax(7rem,1fr)", cell: (m) => m.machine_group || t("app.all") },
          { label: t("members.since"), width: "minmax(12.5rem,1fr)", cell: (m) => <Time at={m.created_at} /> },
          {
            label: t("members.actions"),
            width: "7rem",
            cell: (m) => (
              <ConfirmButton
                className="min-h-8 px-2"
                aria-label={`${t("members.remove")} ${m.email}`}
                title={t("members.remove")}
                consequence={t("members.remove_confirm", { email: m.email })}
                act={() => api.delete(`/members/${m.user_id}`)}
              >
                {t("members.remove")}
              </ConfirmButton>
            ),
          },
        ]}
      />
    </>
  );
}
