import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { machinePath } from "../../api/machine";
import type { MachineActionResult, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Confirm } from "../../ui/Confirm";
import { Select } from "../../ui/Field";
import { SecretDialog } from "../../ui/SecretDialog";

/** What becomes of the old password. */
const ends = ["used", "revoked"] as const;
type End = (typeof ends)[number];

/** Gives a machine another password, which is shown once. */
export function PasswordDialog({ m, onClose }: { m: MachineInfo; onClose: () => void }) {
  const { t } = useLanguage();
  const [end, setEnd] = useState<End>("used");
  const machine = m.name || m.machine_no;
  const change = useMutation({
    mutationFn: () => api.post<MachineActionResult>(`${machinePath(m.machine_no)}/actions`, { action: "password", revoke: end === "revoked" }),
  });
  if (change.data?.password) {
    return (
      <SecretDialog
        title={t("machine_password.new", { machine })}
        note={t(`machine_password.once.${end}`)}
        secret={change.data.password}
        onClose={onClose}
      />
    );
  }
  return (
    <Confirm
      title={t("actions.password")}
      consequence={
        <div className="flex flex-col gap-3">
          <Select label={t("machine_password.old")} value={end} onChange={(value) => setEnd(value as End)}>
            {ends.map((value) => (
              <option key={value} value={value}>
                {t(`machine_password.old.${value}`)}
              </option>
            ))}
          </Select>
          <p>{t(`machine_password.confirm.${end}`, { machine })}</p>
        </div>
      }
      action={t("machine_password.change")}
      danger={end === "revoked"}
      pending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    />
  );
}
