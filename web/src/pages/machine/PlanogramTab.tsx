import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api } from "../../api/client";
import { useFailures } from "../../api/machine";
import { usePlanogram } from "../../api/planogram";
import { useMay } from "../../api/session";
import type { Channel, ChannelGood, GoodRow, List, MachineInfo, PlanogramChange } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { layersOf } from "../../lib/selection";
import { stage, stageAll, staging, type Staged } from "../../lib/staging";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Views } from "../../ui/FilterBar";
import { Empty, Loading } from "../../ui/Page";
import { ApplyBar } from "./ApplyBar";
import { CabinetGrid } from "./CabinetGrid";
import type { Overlay } from "./ChannelCell";
import { HeatLegend } from "./Failures";
import { PlanogramFiles } from "./PlanogramFiles";
import { SelectionPanel } from "./SelectionPanel";
import { TestDialog } from "./TestDialog";

const overlays: Overlay[] = ["stock", "fault", "failures", "price"];
const none: Staged = new Map();

/** The machine as it looks. Edits are staged here and applied together. */
export function PlanogramTab({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const may = useMay();
  const planogram = usePlanogram(m.machine_no);
  const goods = useQuery({ queryKey: ["/goods", "all"], queryFn: ({ signal }) => api.get<List<GoodRow>>("/goods", { limit: 200 }, signal) });
  const [overlay, setOverlay] = useState<Overlay>("stock");
  const failures = useFailures(m.machine_no, overlay === "failures");
  const [staged, setStaged] = useState<Staged>(none);
  const [brought, setBrought] = useState<ChannelGood[]>([]);
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [testing, setTesting] = useState<Channel | null>(null);
  const layers = useMemo(() => (planogram.data ? layersOf(planogram.data) : []), [planogram.data]);
  const all = layers.flat();
  const chosen = all.filter((c) => selected.has(c.product_id));

  if (!planogram.data) {
    return planogram.isPending ? <Loading /> : <ErrorNote error={planogram.error} onRetry={() => void planogram.refetch()} />;
  }
  if (all.length === 0) return <Empty text={t("planogram.no_channels")} />;

  const edit = (channels: Channel[], patch: (channel: Channel) => Omit<PlanogramChange, "product_id">) => {
    if (may("edit_planogram")) setStaged((before) => channels.reduce((next, c) => stage(next, c, patch(c)), before));
  };
  const test = (channel: Channel | undefined) => channel && may("test_dispense") && setTesting(channel);
  const stocked: ChannelGood[] = [...(goods.data?.items ?? []), ...brought];
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_19rem]">
      <div className="min-w-0">
        <div className="mb-3 flex flex-wrap items-center gap-3">
          <Views
            label={t("planogram.overlay")}
            value={overlay}
            views={overlays.map((value) => ({ value, label: t(`planogram.overlay.${value}`) }))}
            onChange={(value) => setOverlay(value as Overlay)}
          />
          <Button onClick={() => setSelected(new Set(all.map((c) => c.product_id)))}>{t("planogram.select_all")}</Button>
        </div>
        <PlanogramFiles
          m={m}
          onStage={(more) => {
            const known = new Set(stocked.map((g) => g.id));
            setBrought([...brought, ...more.goods.filter((g) => !known.has(g.id))]);
            setStaged(stageAll(staged, all, more.changes));
          }}
        />
        {overlay === "failures" && (failures.data ? <HeatLegend /> : failures.isPending ? <Loading /> : <ErrorNote error={failures.error} onRetry={() => void failures.refetch()} />)}
        {planogram.data.cabinets.map((cabinet) => (
          <CabinetGrid
            key={cabinet.addr}
            cabinet={cabinet}
            currency={planogram.data.currency}
            layers={layers}
            goods={stocked}
            overlay={overlay}
            failures={failures.data}
            staged={staged}
            selected={selected}
            onSelect={setSelected}
            onQuantity={(n) => edit(chosen, () => ({ quantity: n }))}
            onFill={() => edit(chosen, (c) => ({ quantity: staging(c, staged, stocked).capacity }))}
            onTest={() => test(chosen[0])}
          />
        ))}
        <p className="text-sm text-muted max-lg:hidden">{t("planogram.keys")}</p>
      </div>
      <SelectionPanel m={m} channels={chosen} currency={planogram.data.currency} goods={stocked} staged={staged} failures={overlay === "failures" ? failures.data : undefined} onEdit={edit} onTest={test} />
      {staged.size > 0 && <ApplyBar m={m} channels={all} goods={stocked} staged={staged} onDone={() => setStaged(none)} />}
      {testing && <TestDialog m={m} channel={testing} onClose={() => setTesting(null)} />}
    </div>
  );
}
