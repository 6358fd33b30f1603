import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { AlertRule, AlertRules } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { clockOf, minuteOf } from "../../lib/minutes";
import { Button } from "../../ui/Button";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field, Select } from "../../ui/Field";
import { kinds } from "./AlertList";

const usual = ["MACHINE_OFFLINE", "CHANNEL_FAULT", "SOLD_OUT", "CALLBACK_FAILING"];

interface Props {
  rules: AlertRules;
  /** The rule to change; none adds one. */
  rule?: AlertRule;
  label: string;
}

/** The button and the dialog that add or change a rule. */
export function RuleDialog({ rules, rule, label }: Props) {
  return (
    <DialogButton
      look={rule ? "plain" : "primary"}
      aria-label={rule ? `${label}: ${rule.target}` : undefined}
      title={label}
      dialog={(close) => <RuleForm rules={rules} rule={rule} label={label} onDone={close} />}
    >
      {label}
    </DialogButton>
  );
}

function RuleForm({ rules, rule, label, onDone }: Props & { onDone: () => void }) {
  const { t, tCode, language } = useLanguage();
  const queries = useQueryClient();
  const [channel, setChannel] = useState<AlertRule["channel"]>(rule?.channel ?? (rules.mail ? "EMAIL" : "WEBHOOK"));
  const [speaks, setSpeaks] = useState<string>(rule?.language ?? language);
  const save = useMutation({
    mutationFn: (body: object) => (rule ? api.put(`/alerts/rules/${rule.id}`, body) : api.post("/alerts/rules", body)),
    onSuccess: () => {
      onDone();
      return queries.invalidateQueries();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({
      kinds: form.getAll("kinds"),
      machine_group: String(form.get("machine_group")),
      channel,
      target: String(form.get("target")),
      language: speaks,
      tell_resolved: form.has("tell_resolved"),
      quiet_from: minuteOf(String(form.get("quiet_from"))),
      quiet_to: minuteOf(String(form.get("quiet_to"))),
      enabled: form.has("enabled"),
    });
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 font-medium">{t("rules.kinds")}</legend>
        {kinds.map((kind) => (
          <label key={kind} className="flex items-center gap-2">
            <input type="checkbox" name="kinds" value={kind} defaultChecked={(rule?.kinds ?? usual).includes(kind)} />
            {tCode("alert", kind)}
          </label>
        ))}
      </fieldset>
      <Select label={t("rules.channel")} value={channel} onChange={(value) => setChannel(value as AlertRule["channel"])}>
        {rules.mail && <option value="EMAIL">{t("rules.channel.EMAIL")}</option>}
        <option value="WEBHOOK">{t("rules.channel.WEBHOOK")}</option>
      </Select>
      {!rules.mail && <p className="text-sm text-muted">{t("rules.no_mail")}</p>}
      <Field
        key={channel}
        label={t(channel === "EMAIL" ? "rules.address" : "rules.url")}
        hint={channel === "WEBHOOK" ? t("rules.webhook_hint") : undefined}
        name="target"
        type={channel === "EMAIL" ? "email" : "url"}
        defaultValue={rule?.channel === channel ? rule.target : ""}
        maxLength={512}
        required
      />
      <Field label={t("rules.group")} name="machine_group" defaultValue={rule?.machine_group ?? ""} maxLength={100} />
      {channel === "EMAIL" && (
        <Select label={t("rules.language")} value={speaks} onChange={setSpeaks}>
          <option value="en">English</option>
          <option value="zh-CN">简体中文</option>
        </Select>
      )}
      <fieldset>
        <legend className="mb-1 font-medium">{t("rules.quiet", { zone: rules.timezone })}</legend>
        <div className="grid grid-cols-2 gap-3">
          <Field label={t("rules.quiet_from")} name="quiet_from" type="time" defaultValue={clockOf(rule?.quiet_from ?? 0)} required />
          <Field label={t("rules.quiet_to")} name="quiet_to" type="time" defaultValue={clockOf(rule?.quiet_to ?? 0)} required />
        </div>
        <p className="mt-1 text-sm text-muted">{t("rules.quiet_hint")}</p>
      </fieldset>
      <label className="flex items-center gap-2">
        <input type="checkbox" name="tell_resolved" defaultChecked={rule?.tell_resolved ?? true} />
        {t("rules.resolved")}
      </label>
      <label className="flex items-center gap-2">
        <input type="checkbox" name="enabled" defaultChecked={rule?.enabled ?? true} />
        {t("rules.enabled")}
      </label>
      <ErrorNote error={save.error} />
      <Button type="submit" look="primary" disabled={save.isPending}>
        {rule ? t("app.save") : label}
      </Button>
    </form>
  );
}
