import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { AlertRule, AlertRules } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { clockOf } from "../../lib/minutes";
import { Button } from "../../ui/Button";
import { ConfirmButton } from "../../ui/ConfirmButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Empty, Loading } from "../../ui/Page";
import { Status } from "../../ui/Status";
import { RuleDialog } from "./RuleDialog";

/** Who is told of alerts, and how. */
export function RuleList() {
  const { t } = useLanguage();
  const rules = useQuery({ queryKey: ["/alerts/rules"], queryFn: () => api.get<AlertRules>("/alerts/rules") });
  if (rules.isPending) return <Loading />;
  if (!rules.data) return <ErrorNote error={rules.error} />;
  return (
    <>
      <div className="mb-4">
        <RuleDialog rules={rules.data} label={t("rules.add")} />
      </div>
      {rules.data.items.length === 0 && <Empty text={t("rules.none")} />}
      <ul className="flex flex-col gap-3">
        {rules.data.items.map((rule) => (
          <Rule key={rule.id} rule={rule} rules={rules.data} />
        ))}
      </ul>
    </>
  );
}

function Rule({ rule, rules }: { rule: AlertRule; rules: AlertRules }) {
  const { t, tCode } = useLanguage();
  const queries = useQueryClient();
  const path = `/alerts/rules/${rule.id}`;
  const test = useMutation({ mutationFn: () => api.post(`${path}/test`), onSuccess: () => queries.invalidateQueries() });
  const quiet = rule.quiet_from === rule.quiet_to ? t("rules.no_quiet") : `${clockOf(rule.quiet_from)}–${clockOf(rule.quiet_to)}`;
  return (
    <li className="card flex flex-wrap items-start justify-between gap-3 p-4">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {t(`rules.channel.${rule.channel}`)} <span className="break-all">{rule.target}</span>
          <Status tone={rule.enabled ? "ok" : "off"}>{t(rule.enabled ? "rules.on" : "rules.off")}</Status>
        </p>
        <p>{rule.kinds.map((kind) => tCode("alert", kind)).join(" · ")}</p>
        <p className="text-sm text-muted">
          {rule.machine_group && `${rule.machine_group} · `}
          {t("rules.quiet", { zone: rules.timezone })}: {quiet}
        </p>
        <p role="status">{test.isSuccess && t("rules.tested")}</p>
        <ErrorNote error={test.error} />
      </div>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => test.mutate()} disabled={test.isPending} aria-label={`${t("rules.test")}: ${rule.target}`}>
          {t("rules.test")}
        </Button>
        <RuleDialog rules={rules} rule={rule} label={t("rules.edit")} />
        <ConfirmButton
          aria-label={`${t("rules.remove")}: ${rule.target}`}
          title={t("rules.remove")}
          consequence={t("rules.remove_confirm", { target: rule.target })}
          act={() => api.delete(path)}
        >
          {t("rules.remove")}
        </ConfirmButton>
      </div>
    </li>
  );
}
