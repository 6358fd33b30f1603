import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useLocation } from "wouter";
import { api } from "../../api/client";
import type { MachineJob, MachineJobAction, MachineRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Confirm } from "../../ui/Confirm";
import { Field } from "../../ui/Field";

interface Props {
  action: MachineJobAction;
  numbers: string[];
  /** Those that are loaded: their groups are offered. */
  machines: MachineRow[];
  onClose: () => void;
}

/** Says how many machines an action is for and what follows, and leads to its job. */
export function StartJob({ action, numbers, machines, onClose }: Props) {
  const { t } = useLanguage();
  const [, navigate] = useLocation();
  const [group, setGroup] = useState("");
  const groups = useId();
  const start = useMutation({
    mutationFn: () => api.post<MachineJob>("/jobs", { action, value: action === "set_group" ? group.trim() : "", machine_nos: numbers }),
    onSuccess: (job) => navigate(`/machines/jobs/${job.id}`),
  });
  return (
    <Confirm
      title={t(`job_action.${action}`)}
      consequence={
        <>
          <p>{t(`job_ask.${action}`, { n: numbers.length })}</p>
          {action === "set_group" && (
            <>
              <Field
                className="mt-3"
                label={t("machines.group_new")}
                hint={t("machines.group_hint")}
                list={groups}
                maxLength={100}
                value={group}
                onChange={(e) => setGroup(e.target.value)}
              />
              <datalist id={groups}>
                {[...new Set(machines.map((m) => m.machine_group).filter(Boolean))].sort().map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </>
          )}
        </>
      }
      action={t(`job_action.${action}`)}
      danger={action === "reboot" || action === "maintenance_on"}
      pending={start.isPending}
      error={start.error}
      onConfirm={() => start.mutate()}
      onClose={onClose}
    />
  );
}
