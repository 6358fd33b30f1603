import type { KeyboardEvent } from "react";
import type { Chosen } from "../lib/chosen";

interface Props<K> {
  label: string;
  row: K;
  chosen: Chosen<K>;
}

/**
 * The box that selects a row. Space toggles it; up and down lead to the next one, with
 * Shift they select it as well; a click with Shift selects all in between.
 */
export function SelectBox<K>({ label, row, chosen }: Props<K>) {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const boxes = [...(event.currentTarget.closest("[role=table]")?.querySelectorAll<HTMLInputElement>("input[data-select]") ?? [])];
    boxes[boxes.indexOf(event.currentTarget) + step]?.focus();
    if (event.shiftKey) {
      if (!chosen.keys.has(row)) chosen.toggle(row);
      chosen.reachBeside(row, step);
    }
  };
  return (
    <input
      type="checkbox"
      data-select
      className="size-5"
      aria-label={label}
      checked={chosen.keys.has(row)}
      onChange={(event) => ((event.nativeEvent as MouseEvent).shiftKey ? chosen.reach(row) : chosen.toggle(row))}
      onKeyDown={onKeyDown}
    />
  );
}
