import { useState } from "react";
import { Link, useParams } from "wouter";
import { useMachine } from "../../api/machine";
import { usePlanogram } from "../../api/planogram";
import { useVisits } from "../../api/visits";
import type { Channel } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { layersOf } from "../../lib/selection";
import { afterVisits, fill, summaryOf, type Lines } from "../../lib/visit";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { MachineState } from "../../ui/MachineState";
import { Loading, Page } from "../../ui/Page";
import { Status } from "../../ui/Status";
import { works } from "../machine/ChannelCell";
import { ChannelCard } from "./ChannelCard";
import { FaultCard } from "./FaultCard";
import { FinishDialog } from "./FinishDialog";
import { SummaryList } from "./SummaryList";
import { WaitingVisits } from "./WaitingVisits";

/** One machine: its faults, then its channels layer by layer. */
export function FieldVisit() {
  const { t } = useLanguage();
  const { no = "" } = useParams();
  const { visits, kept, applied } = useVisits();
  const machine = useMachine(no);
  const planogram = usePlanogram(no);
  const [finishing, setFinishing] = useState(false);
  const [finished, setFinished] = useState("");
  const m = machine.data;
  const waiting = kept.waiting.filter((w) => w.machine_no === no && !w.refusal);
  const layers = planogram.data ? layersOf(planogram.data).map((layer) => layer.map((c) => afterVisits(c, waiting))) : [];
  const all = layers.flat();
  const faulty = all.filter((c) => c.floor_status !== works);
  const lines = kept.drafts[no] ?? {};
  const set = (next: Lines) => visits.draft(no, next);

  if (!m || !planogram.data) {
    return (
      <Page title={no}>
        <ErrorNote error={machine.error ?? planogram.error} onRetry={() => void Promise.all([machine.refetch(), planogram.refetch()])} />
        {(machine.isPending || planogram.isPending) && <Loading />}
        <Link href="/field" className="text-brand-strong underline">
          {t("field.back")}
        </Link>
      </Page>
    );
  }
  const result = applied.get(finished);
  return (
    <Page title={m.name || m.machine_no}>
      <div className="mx-auto flex max-w-2xl flex-col gap-4">
        <div className="flex flex-wrap items-center gap-2">
          <Link href="/field" className="text-brand-strong underline">
            {t("field.back")}
          </Link>
          <MachineState online={m.is_online} lastSeenAt={m.last_heartbeat_at} />
          {planogram.error && <Status tone="warn">{t("field.no_connection")}</Status>}
        </div>
        <WaitingVisits />
        {result && (
          <section className="card p-4" role="status" data-visit={result.id}>
            <h2>{t("field.applied")}</h2>
            <SummaryList summary={summaryOf(result.lines)} />
          </section>
        )}
        {faulty.length > 0 && (
          <section className="flex flex-col gap-2">
            <h2>{t("field.faults")}</h2>
            {faulty.map((c) => (
              <FaultCard key={c.product_id} m={m} channel={c} />
            ))}
          </section>
        )}
        <Button look="primary" className="min-h-12" onClick={() => set(all.reduce((next: Lines, c) => fill(next, c), lines))}>
          {t("field.fill_all")}
        </Button>
        {layers.map((layer, i) => (
          <section key={layer[0]?.product_id} className="flex flex-col gap-2">
            <h2>{t("models.layer_n", { n: i + 1 })}</h2>
            {layer.map((c: Channel) => (
              <ChannelCard key={c.product_id} m={m} channel={c} lines={lines} onChange={set} />
            ))}
          </section>
        ))}
        <div className="sticky bottom-0 z-20 border-t border-line bg-ground py-3">
          <Button look="primary" className="min-h-12 w-full" onClick={() => setFinishing(true)}>
            {t("field.finish", { n: Object.keys(lines).length })}
          </Button>
        </div>
      </div>
      {finishing && (
        <FinishDialog
          m={m}
          lines={Object.values(lines)}
          onFinish={() => {
            setFinished(visits.finish({ machine_no: no, machine_name: m.name, lines: Object.values(lines) }));
            setFinishing(false);
          }}
          onClose={() => setFinishing(false)}
        />
      )}
    </Page>
  );
}
