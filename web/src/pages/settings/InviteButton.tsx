import { useMutation } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { InvitationToken } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Copy } from "../../ui/Copy";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field, Select } from "../../ui/Field";
import { Time } from "../../ui/Time";
import { RoleOptions } from "./RoleOptions";

export function InviteButton() {
  const { t } = useLanguage();
  return (
    <DialogButton look="primary" title={t("members.invite_title")} dialog={() => <InviteForm />}>
      <UserPlus size={16} aria-hidden />
      {t("members.invite")}
    </DialogButton>
  );
}

function InviteForm() {
  const { t } = useLanguage();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("operator");
  const [group, setGroup] = useState("");
  const invite = useMutation({
    mutationFn: () => api.post<InvitationToken>("/invitations", { email, role, machine_group: group }),
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate();
  };
  if (invite.data) {
    const link = `${window.location.origin}/console/accept#${invite.data.token}`;
    return (
      <div role="status">
        <p>
          {t("members.invite_link", { email })} <Time at={invite.data.expires_at} />
        </p>
        <p className="mt-3 rounded bg-ground p-2 font-mono text-sm break-all">
          {link} <Copy text={link} name={t("members.invite")} />
        </p>
      </div>
    );
  }
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <Field label={t("sign_in.email")} type="email" required value={email} onChange={(e) => setEmail(e.target.value)} />
      <Select label={t("members.role")} value={role} onChange={setRole}>
        <RoleOptions />
      </Select>
      <Field label={t("members.group")} hint={t("members.group_hint")} value={group} onChange={(e) => setGroup(e.target.value)} />
      <ErrorNote error={invite.error} />
      <Button type="submit" look="primary" disabled={invite.isPending}>
        {t("members.invite")}
      </Button>
    </form>
  );
}
