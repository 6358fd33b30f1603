import type { Channel, Planogram } from "../api/types";

/** The channels that hold goods, layer by layer, over all cabinets. */
export function layersOf(planogram: Planogram): Channel[][] {
  return planogram.cabinets
    .flatMap((cabinet) => cabinet.rows)
    .map((row) => row.channels.filter((c) => c.product_id))
    .filter((layer) => layer.length > 0);
}

export type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End";

/** The product beside another one; the same where the machine ends. */
export function beside(layers: Channel[][], productId: number, direction: Direction): number {
  const y = layers.findIndex((row) => row.some((c) => c.product_id === productId));
  const row = layers[y];
  if (!row) return layers[0]?.[0]?.product_id ?? 0;
  const x = row.findIndex((c) => c.product_id === productId);
  const at = (layer: Channel[] | undefined, i: number) => layer?.[Math.min(Math.max(0, i), layer.length - 1)]?.product_id ?? productId;
  switch (direction) {
    case "ArrowLeft":
      return at(row, x - 1);
    case "ArrowRight":
      return at(row, x + 1);
    case "Home":
      return at(row, 0);
    case "End":
      return at(row, row.length - 1);
    case "ArrowUp":
    case "ArrowDown": {
      const other = layers[direction === "ArrowUp" ? y - 1 : y + 1];
      // Layers have different numbers of channels: keep the place by its share.
      return at(other, other ? Math.round((x / Math.max(1, row.length - 1)) * (other.length - 1)) : x);
    }
  }
}

/** Everything from one product to another, in reading order. */
export function between(layers: Channel[][], from: number, to: number): number[] {
  const all = layers.flat().map((c) => c.product_id);
  const [a, b] = [all.indexOf(from), all.indexOf(to)].sort((p, q) => p - q) as [number, number];
  return a < 0 ? [to] : all.slice(a, b + 1);
}
