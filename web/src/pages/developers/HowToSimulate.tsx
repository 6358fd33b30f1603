import { useState } from "react";
import { useMachines } from "../../api/machine";
import { useLanguage } from "../../i18n/language";
import { Copy } from "../../ui/Copy";
import { ErrorNote } from "../../ui/ErrorNote";
import { Select } from "../../ui/Field";

/** How to run a machine of the merchant on one's own computer, where the platform runs none. */
export function HowToSimulate() {
  const { t, language } = useLanguage();
  const [chosen, setChosen] = useState("");
  const machines = useMachines();
  const rows = machines.data?.items ?? [];
  const no = chosen || rows[0]?.machine_no || "16400001";
  const command = `export VENDLANE_APP_KEY=… VENDLANE_MACHINE_PASSWORD=…
vendlane simulate --server tcp://${window.location.hostname}:1883 \\
  --machines 1 --first-machine-no ${no} --fault jam=0.1`;
  return (
    <section className="card flex max-w-3xl flex-col gap-4 p-4">
      <p>{t("simulator.elsewhere")}</p>
      <ErrorNote error={machines.error} />
      {rows.length > 0 && (
        <Select label={t("simulator.machine")} value={no} onChange={setChosen} className="max-w-md">
          {rows.map((m) => (
            <option key={m.machine_no} value={m.machine_no}>
              {m.machine_no} · {m.name}
            </option>
          ))}
        </Select>
      )}
      <div>
        <Copy text={command} name={t("simulator.command")} />
        <pre className="overflow-x-auto rounded-md bg-ground p-3 text-sm" tabIndex={0}>
          {command}
        </pre>
      </div>
      <p className="text-muted">{t("simulator.secrets")}</p>
      <p>
        <a href={language === "en" ? "/docs/simulator" : "/docs/simulator.zh-CN"} target="_blank" rel="noreferrer" className="text-brand-strong underline">
          {t("simulator.docs")}
        </a>
      </p>
    </section>
  );
}
