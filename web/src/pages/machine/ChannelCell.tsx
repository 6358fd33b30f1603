import { TriangleAlert } from "lucide-react";
import type { KeyboardEvent, MouseEvent } from "react";
import type { Channel, ChannelFailures } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { showMoney } from "../../lib/format";
import { heatOf } from "../../lib/failures";
import type { Holding } from "../../lib/staging";
import { Bar } from "../../ui/Bar";
import { cellId } from "./CabinetGrid";
import { CellFailures, heatLooks } from "./Failures";

export type Overlay = "stock" | "fault" | "failures" | "price";

/** The floor_status of a channel that works. */
export const works = "1";

interface Props {
  channel: Channel;
  holding: Holding;
  changed: boolean;
  currency: string;
  overlay: Overlay;
  failures: ReadonlyMap<number, ChannelFailures> | undefined;
  selected: boolean;
  /** Tab leads to this one of all cells. */
  current: boolean;
  onKeyDown: (event: KeyboardEvent) => void;
  onMouseDown: (event: MouseEvent) => void;
  onMouseEnter: (event: MouseEvent) => void;
}

export function ChannelCell({ channel: c, holding, changed, currency, overlay, failures, selected, current, ...events }: Props) {
  const { t, language } = useLanguage();
  if (!c.product_id) {
    return (
      <div role="gridcell" className="min-w-24 flex-1 rounded-md border border-dashed border-line bg-ground p-2 text-sm text-muted">
        {c.name}
      </div>
    );
  }
  const faulty = c.floor_status !== works;
  const heat = overlay === "failures" && failures ? heatLooks[heatOf(failures.get(c.product_id))][0] : undefined;
  const name = holding.good?.name ?? t("planogram.empty");
  return (
    <div
      id={cellId(c.product_id)}
      role="gridcell"
      tabIndex={current ? 0 : -1}
      aria-selected={selected}
      className={`min-w-24 flex-1 cursor-pointer rounded-md border p-2 text-sm select-none ${heat ?? background(overlay, faulty, holding)} ${selected ? "border-brand ring-2 ring-brand" : changed ? "border-dashed border-brand" : "border-line"}`}
      {...events}
    >
      <div className="flex items-center justify-between gap-1">
        <span className="font-semibold">{c.name}</span>
        {faulty && <TriangleAlert size={15} className="text-bad" role="img" aria-label={t("planogram.fault", { code: c.floor_status })} />}
        {changed && <span className="size-2 rounded-full bg-brand" aria-hidden />}
      </div>
      {holding.good?.thumb && <img src={holding.good.thumb} alt="" loading="lazy" className="mx-auto h-10 object-contain" />}
      <p className="line-clamp-2 leading-snug break-words" title={name}>
        {name}
      </p>
      {overlay === "price" ? (
        <p className="mt-1 font-medium tabular-nums">{holding.good ? showMoney(holding.good.price, currency, language) : t("app.none")}</p>
      ) : overlay === "failures" ? (
        failures && <CellFailures channel={failures.get(c.product_id)} />
      ) : overlay === "fault" ? (
        <p className="mt-1">{faulty ? t("planogram.fault", { code: c.floor_status }) : t("planogram.no_fault")}</p>
      ) : (
        <>
          <p className="mt-1 mb-1 font-medium tabular-nums">
            {holding.quantity}/{holding.capacity}
          </p>
          <Bar value={holding.quantity} total={holding.capacity} />
        </>
      )}
      {!holding.on_sale && <p className={`mt-1 text-xs ${heat ? "" : "text-muted"}`}>{t("planogram.off_sale")}</p>}
      {c.reserved_codes > 0 && overlay === "stock" && <p className="mt-1 text-xs text-muted">{t("planogram.reserved", { n: c.reserved_codes })}</p>}
    </div>
  );
}

function background(overlay: Overlay, faulty: boolean, holding: Holding): string {
  if (overlay === "fault") return faulty ? "bg-bad-soft" : "bg-ok-soft";
  if (overlay === "stock" && holding.good && holding.quantity === 0) return "bg-bad-soft";
  if (overlay === "stock" && holding.good && holding.quantity * 4 < holding.capacity) return "bg-warn-soft";
  return holding.on_sale ? "bg-white" : "bg-ground";
}
