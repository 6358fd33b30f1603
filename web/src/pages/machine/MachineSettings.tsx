import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { machinePath } from "../../api/machine";
import { useMay } from "../../api/session";
import type { List, MachineInfo, MachineSetting } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { DataTable } from "../../ui/DataTable";
import { ErrorNote } from "../../ui/ErrorNote";
import { Empty, Loading } from "../../ui/Page";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { PasswordDialog } from "./PasswordDialog";

/** What the machine was told beside what it reported. */
export function MachineSettings({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const may = useMay();
  const path = `${machinePath(m.machine_no)}/settings`;
  const settings = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<List<MachineSetting>>(path, {}, signal) });
  const rows = settings.data?.items;
  return (
    <>
      {may("control_machines") && <Actions m={m} />}
      <ErrorNote error={settings.error} onRetry={() => void settings.refetch()} />
      {settings.isPending && <Loading />}
      {rows?.length === 0 && <Empty text={t("app.nothing")} />}
      {rows && rows.length > 0 && (
        <DataTable
          label={t("tab.settings")}
          rows={rows}
          rowKey={(s) => s.name}
          columns={[
            { label: t("settings_of.name"), width: "minmax(10rem,1fr)", cell: (s) => <code className="text-sm">{s.name}</code> },
            { label: t("settings_of.desired"), width: "minmax(10rem,1.5fr)", cell: (s) => <Value text={s.desired} at={s.desired_at} zone={m.timezone} /> },
            { label: t("settings_of.reported"), width: "minmax(10rem,1.5fr)", cell: (s) => <Value text={s.reported} at={s.reported_at} zone={m.timezone} /> },
            {
              label: t("settings_of.state"),
              width: "9rem",
              cell: (s) => <Status tone={s.in_sync ? "ok" : "wait"}>{t(s.in_sync ? "settings_of.same" : "settings_of.differs")}</Status>,
            },
          ]}
        />
      )}
    </>
  );
}

function Value({ text, at, zone }: { text: string; at: number; zone: string }) {
  const { t } = useLanguage();
  return (
    <>
      <span className="block break-all">{text || t("app.none")}</span>
      {at > 0 && (
        <span className="text-xs text-muted">
          <Time at={at} zone={zone} />
        </span>
      )}
    </>
  );
}

type Action = "refresh" | "reboot";

function Actions({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const [asked, setAsked] = useState<Action | null>(null);
  const [changing, setChanging] = useState(false);
  const act = useMutation({
    mutationFn: (action: Action) => api.post(`${machinePath(m.machine_no)}/actions`, { action }),
    onSuccess: () => setAsked(null),
  });
  const ask = (action: Action) => {
    act.reset(); // what became of the last one
    setAsked(action);
  };
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      {(["refresh", "reboot"] as const).map((action) => (
        <Button key={action} onClick={() => ask(action)}>
          {t(`actions.${action}`)}
        </Button>
      ))}
      <Button onClick={() => setChanging(true)}>{t("actions.password")}</Button>
      {act.isSuccess && <Status tone="ok">{t("actions.accepted")}</Status>}
      {changing && <PasswordDialog m={m} onClose={() => setChanging(false)} />}
      {asked && (
        <Confirm
          title={t(`actions.${asked}`)}
          consequence={t(`actions.${asked}_confirm`, { machine: m.name || m.machine_no })}
          action={t("actions.do")}
          danger={asked === "reboot"}
          pending={act.isPending}
          error={act.error}
          onConfirm={() => act.mutate(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}
