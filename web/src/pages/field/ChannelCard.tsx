import { Minus, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useMay } from "../../api/session";
import type { Channel, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { edit, fill, levelOf, type Lines } from "../../lib/visit";
import { Button } from "../../ui/Button";
import { TestDialog } from "../machine/TestDialog";

interface Props {
  m: MachineInfo;
  channel: Channel;
  lines: Lines;
  onChange: (lines: Lines) => void;
}

/** One channel: full in one tap, or piece by piece. */
export function ChannelCard({ m, channel, lines, onChange }: Props) {
  const { t } = useLanguage();
  const may = useMay();
  const [testing, setTesting] = useState(false);
  const line = lines[channel.product_id];
  const level = levelOf(channel, line);
  const change = (patch: Parameters<typeof edit>[2]) => onChange(edit(lines, channel, patch));
  return (
    <article className="card flex flex-col gap-2 p-3" aria-label={t("planogram.channel", { name: channel.name })}>
      <div className="flex items-center gap-3">
        <span className="w-10 text-lg font-bold">{channel.name}</span>
        <span className="min-w-0 grow truncate">{channel.good?.name ?? t("planogram.empty")}</span>
        <span className="text-lg font-semibold tabular-nums" data-level={level}>
          {level}/{channel.capacity}
        </span>
      </div>
      <div className="flex items-center gap-2">
        <Button look={level < channel.capacity ? "primary" : "plain"} className="min-h-12 grow" onClick={() => onChange(fill(lines, channel))}>
          {t("planogram.fill")}
        </Button>
        <Stepper label={t("field.added")} value={line?.added ?? 0} onChange={(added) => change({ added })} />
      </div>
      <details>
        <summary className="py-1 text-sm text-brand-strong">{t("field.other")}</summary>
        <div className="flex flex-col gap-2 pt-2">
          <Row label={t("field.counted")}>
            <Stepper label={t("field.counted")} value={line?.counted ?? channel.quantity} onChange={(counted) => change({ counted })} />
          </Row>
          <Row label={t("field.removed")}>
            <Stepper label={t("field.removed")} value={line?.removed ?? 0} onChange={(removed) => change({ removed })} />
          </Row>
          {may("test_dispense") && <Button onClick={() => setTesting(true)}>{t("planogram.test")}</Button>}
        </div>
      </details>
      {testing && <TestDialog m={m} channel={channel} onClose={() => setTesting(false)} />}
    </article>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-center justify-between gap-2">
      <span aria-hidden>{label}</span>
      {children}
    </div>
  );
}

/** A number that two thumbs can set. */
function Stepper({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  const { t } = useLanguage();
  return (
    <span role="group" aria-label={label} className="inline-flex items-center gap-1">
      <Button className="size-12 px-0" aria-label={t("field.less")} disabled={value === 0} onClick={() => onChange(value - 1)}>
        <Minus size={18} aria-hidden />
      </Button>
      <output className="w-9 text-center text-lg tabular-nums">{value}</output>
      <Button className="size-12 px-0" aria-label={t("field.more_of")} onClick={() => onChange(value + 1)}>
        <Plus size={18} aria-hidden />
      </Button>
    </span>
  );
}
