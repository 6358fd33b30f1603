import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../../api/client";
import { useMay } from "../../api/session";
import { simulatorPath } from "../../api/simulator";
import type { List, VirtualCommand, VirtualMachine } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { DataTable } from "../../ui/DataTable";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { MachineName } from "../../ui/MachineName";
import { Loading } from "../../ui/Page";
import { Status, type Tone } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { FaultForm } from "./FaultForm";
import { HowToSimulate } from "./HowToSimulate";

/** Virtual machines tell of themselves only when they are asked. */
const askEvery = 2_000;

const tones: Record<VirtualMachine["condition"], Tone> = { starting: "wait", online: "ok", offline: "bad", off: "off", failed: "bad" };

export function Simulator() {
  const { t, tCode } = useLanguage();
  const may = useMay();
  const machines = useQuery({
    queryKey: [simulatorPath],
    queryFn: ({ signal }) => api.get<List<VirtualMachine>>(simulatorPath, {}, signal),
    refetchInterval: askEvery,
  });
  if (!machines.data) return machines.isPending ? <Loading /> : <ErrorNote error={machines.error} onRetry={() => void machines.refetch()} />;
  if (machines.data.items.length === 0) return <HowToSimulate />;
  return (
    <>
      <p className="mb-4 max-w-3xl">{t("simulator.lead")}</p>
      <ErrorNote error={machines.error} onRetry={() => void machines.refetch()} />
      <DataTable
        label={t("dev.tab.simulator")}
        rows={machines.data.items}
        rowKey={(m) => m.machine_no}
        columns={[
          {
            label: t("simulator.machine"),
            width: "minmax(9rem,1fr)",
            cell: (m) => <MachineName no={m.machine_no} name={m.name} />,
          },
          {
            label: t("simulator.state"),
            width: "minmax(8rem,1fr)",
            cell: (m) => (
              <>
                <Status tone={tones[m.condition] ?? "off"}>{tCode("condition", m.condition)}</Status>
                {m.trouble && <span className="block text-sm break-words text-muted">{m.trouble}</span>}
              </>
            ),
          },
          { label: t("simulator.faults"), width: "minmax(10rem,1.5fr)", cell: (m) => <Faults m={m} /> },
          { label: t("simulator.last"), width: "minmax(13rem,2fr)", cell: (m) => <Last last={m.last} /> },
          {
            label: t("simulator.change"),
            width: "9rem",
            cell: (m) =>
              may("manage_keys") && (
                <DialogButton
                  title={t("simulator.set_title", { machine: m.name || m.machine_no })}
                  aria-label={t("simulator.set_title", { machine: m.name || m.machine_no })}
                  dialog={(close) => <FaultForm m={m} onDone={close} />}
                >
                  {t("simulator.set")}
                </DialogButton>
              ),
          },
        ]}
      />
    </>
  );
}

/** What goes wrong, and for how long. A rate of 1, which is always, needs no figure. */
function Faults({ m }: { m: VirtualMachine }) {
  const { t, tCode } = useLanguage();
  const faults = Object.entries(m.faults);
  if (faults.length === 0) return <Status tone="ok">{t("simulator.none")}</Status>;
  return (
    <>
      {faults.map(([name, value]) => (
        <span key={name} className="block">
          <Status tone="warn">{tCode("fault", name)}</Status> <span className="text-sm">{value.replace(/^1(@|$)/, "")}</span>
        </span>
      ))}
      <span className="text-sm text-muted">{m.runs > 0 ? t("simulator.runs_left", { n: m.runs }) : t("simulator.until_changed")}</span>
    </>
  );
}

function Last({ last }: { last: VirtualCommand | null }) {
  const { t, tCode } = useLanguage();
  if (!last) return t("app.none");
  const over = last.step === "finished" || last.step === "reported";
  return (
    <>
      {tCode("command_step", last.step)}
      {over && ` · ${t("simulator.dropped", { n: last.dropped })}`}
      {last.error_msg && ` · ${last.error_msg}`}
      <span className="block text-sm text-muted">
        <Time at={last.at} />{" "}
        {last.order_id > 0 && (
          <Link href={`/orders/${last.order_id}`} className="text-brand-strong underline">
            {t("order.title", { id: last.order_id })}
          </Link>
        )}
      </span>
    </>
  );
}
