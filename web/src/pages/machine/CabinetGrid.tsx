import { useRef, type KeyboardEvent, type MouseEvent } from "react";
import type { Cabinet, Channel, ChannelFailures, ChannelGood } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { beside, between, type Direction } from "../../lib/selection";
import { staging, type Staged } from "../../lib/staging";
import { ChannelCell, type Overlay } from "./ChannelCell";

interface Props {
  cabinet: Cabinet;
  currency: string;
  /** The layers of the whole machine: arrows go from cabinet to cabinet. */
  layers: Channel[][];
  goods: ChannelGood[];
  overlay: Overlay;
  /** By product; undefined while nobody knows. */
  failures: ReadonlyMap<number, ChannelFailures> | undefined;
  staged: Staged;
  selected: ReadonlySet<number>;
  onSelect: (selected: ReadonlySet<number>) => void;
  onQuantity: (n: number) => void;
  onFill: () => void;
  onTest: () => void;
}

/** Digits belong to one number if they follow each other within this time. */
const typingPause = 1_200;
const directions = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

export const cellId = (productId: number) => `channel-${productId}`;

export function CabinetGrid(props: Props) {
  const { cabinet, layers, selected, onSelect } = props;
  const { t } = useLanguage();
  const anchor = useRef(0);
  const typed = useRef({ text: "", at: 0 });
  const first = layers[0]?.[0]?.product_id ?? 0;
  const current = [...selected].at(-1) ?? first;

  const go = (to: number, extend: boolean) => {
    if (!extend || !anchor.current) anchor.current = to;
    onSelect(new Set([...(extend ? between(layers, anchor.current, to) : []).filter((id) => id !== to), to]));
    document.getElementById(cellId(to))?.focus();
    typed.current.text = "";
  };
  const toggle = (id: number) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    anchor.current = id;
    onSelect(next);
  };
  const type = (digit: string) => {
    const now = performance.now();
    const before = now - typed.current.at < typingPause ? typed.current.text : "";
    typed.current = { text: (before + digit).slice(-3), at: now };
    props.onQuantity(Number(typed.current.text));
  };
  const onKey = (event: KeyboardEvent, id: number) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (directions.includes(key)) go(beside(layers, id, key as Direction), event.shiftKey);
    else if (key === "Enter") go(id, false);
    else if (key === " ") toggle(id);
    else if (key === "Escape") onSelect(new Set());
    else if (/^\d$/.test(key)) type(key);
    else if (key.toLowerCase() === "f") props.onFill();
    else if (key.toLowerCase() === "t") props.onTest();
    else return;
    event.preventDefault();
  };
  const onPointer = (event: MouseEvent, id: number) => {
    if (event.ctrlKey || event.metaKey) toggle(id);
    else go(id, event.shiftKey);
  };
  return (
    <section className="mb-5">
      <h2 className="mb-2">{t("planogram.cabinet", { n: cabinet.name || cabinet.addr })}</h2>
      <div role="grid" aria-multiselectable aria-label={t("planogram.cabinet", { n: cabinet.name || cabinet.addr })} className="card flex flex-col gap-2 overflow-x-auto p-3">
        {cabinet.rows.map((row) => (
          <div key={row.x} role="row" className="flex gap-2">
            {row.channels.map((c) => (
              <ChannelCell
                key={c.channel_id}
                channel={c}
                holding={staging(c, props.staged, props.goods)}
                changed={props.staged.has(c.product_id)}
                currency={props.currency}
                overlay={props.overlay}
                failures={props.failures}
                selected={selected.has(c.product_id)}
                current={c.product_id === current}
                onKeyDown={(event) => onKey(event, c.product_id)}
                onMouseDown={(event) => onPointer(event, c.product_id)}
                onMouseEnter={(event) => event.buttons === 1 && anchor.current && go(c.product_id, true)}
              />
            ))}
          </div>
        ))}
      </div>
    </section>
  );
}
