import { Route, Switch, useParams } from "wouter";
import { address } from "../../api/client";
import { machinePath, useMachine } from "../../api/machine";
import { useMay } from "../../api/session";
import type { MachineInfo, Permission } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ErrorNote } from "../../ui/ErrorNote";
import { MachineState } from "../../ui/MachineState";
import { Loading, Page } from "../../ui/Page";
import { Status } from "../../ui/Status";
import { Tabs } from "../../ui/Tabs";
import { UptimeStrip } from "../../ui/UptimeStrip";
import { MachineCodes } from "./MachineCodes";
import { MachineEvents } from "./MachineEvents";
import { MachineOrders } from "./MachineOrders";
import { MachineSettings } from "./MachineSettings";
import { ModelLink } from "./ModelLink";
import { PlanogramTab } from "./PlanogramTab";
import { TestTab } from "./TestTab";

const tabs = ["planogram", "events", "orders", "codes", "settings", "test"] as const;
const needs: Partial<Record<(typeof tabs)[number], Permission>> = { orders: "see_sales", codes: "see_sales", test: "test_dispense" };

export function MachinePage() {
  const { t } = useLanguage();
  const may = useMay();
  const { no = "" } = useParams();
  const base = `/machines/${no}`;
  const machine = useMachine(no);
  const m = machine.data;
  if (!m) {
    return (
      <Page title={no}>
        <ErrorNote error={machine.error} onRetry={() => void machine.refetch()} />
        {machine.isPending && <Loading />}
      </Page>
    );
  }
  return (
    <Page title={m.name || m.machine_no}>
      <Header m={m} />
      <Tabs
        label={t("machine.tabs")}
        tabs={tabs
          .filter((tab) => may(needs[tab] ?? "see"))
          .map((tab) => ({ href: tab === "planogram" ? base : `${base}/${tab}`, label: t(`tab.${tab}`) }))}
      />
      <Switch>
        <Route path="/machines/:no/events">
          <MachineEvents m={m} />
        </Route>
        <Route path="/machines/:no/orders">
          <MachineOrders m={m} />
        </Route>
        <Route path="/machines/:no/codes">
          <MachineCodes m={m} />
        </Route>
        <Route path="/machines/:no/settings">
          <MachineSettings m={m} />
        </Route>
        <Route path="/machines/:no/test">
          <TestTab m={m} />
        </Route>
        <Route>
          <PlanogramTab key={m.machine_no} m={m} />
        </Route>
      </Switch>
    </Page>
  );
}

function Header({ m }: { m: MachineInfo }) {
  const { t, tCode } = useLanguage();
  const facts = [
    [t("machine.number"), m.machine_no],
    [t("machine.model"), m.model && <ModelLink key="model" m={m} />],
    [t("machines.group"), m.machine_group],
    [t("machine.address"), m.address],
    [t("machine.zone"), m.timezone],
    [t("machines.signal"), [m.network_type, m.network_rssi].filter(Boolean).join(" ")],
  ].filter(([, value]) => value);
  return (
    <section className="card mb-4 grid gap-4 p-4 lg:grid-cols-[1fr_minmax(16rem,28rem)_auto]">
      <div className="flex flex-col gap-2">
        <div className="flex flex-wrap items-center gap-2">
          <MachineState online={m.is_online} lastSeenAt={m.last_heartbeat_at} />
          <Status tone={m.status === "OPERATIONAL" ? "ok" : "warn"}>{tCode("machine_status", m.status)}</Status>
          {m.faulty > 0 && <Status tone="bad">{t("machines.faulty", { n: m.faulty })}</Status>}
          {m.sold_out > 0 && <Status tone="warn">{t("machines.sold_out", { n: m.sold_out })}</Status>}
        </div>
        <dl className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
          {facts.map(([name, value]) => (
            <div key={String(name)} className="flex gap-1.5">
              <dt className="text-muted">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      <div>
        <p className="mb-1 text-sm text-muted">{t("machine.uptime")}</p>
        <UptimeStrip hours={m.uptime} zone={m.timezone} />
      </div>
      <a href={`/p/${encodeURIComponent(m.machine_no)}`} target="_blank" rel="noreferrer" className="flex items-center gap-2 text-sm font-medium text-brand-strong underline lg:flex-col">
        <img src={address(`${machinePath(m.machine_no)}/qr`)} alt="" width={112} height={112} />
        {t("machine.pickup_page")}
      </a>
    </section>
  );
}
