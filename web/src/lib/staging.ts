import type { Channel, ChannelGood, PlanogramChange } from "../api/types";

/** Changes that wait to be applied, by product. */
export type Staged = ReadonlyMap<number, PlanogramChange>;

/** What a channel holds, with what is staged for it. */
export interface Holding {
  good: ChannelGood | null;
  on_sale: boolean;
  quantity: number;
  capacity: number;
}

type Patch = Omit<PlanogramChange, "product_id">;

/**
 * Adds changes of one channel. What would leave the channel as it is falls out;
 * quantities stay between 0 and the capacity.
 */
export function stage(staged: Staged, channel: Channel, patch: Patch): Staged {
  const next = new Map(staged);
  const change: PlanogramChange = { ...staged.get(channel.product_id), ...patch, product_id: channel.product_id };
  if (change.quantity !== undefined) change.quantity = Math.min(Math.max(0, change.quantity), change.capacity ?? channel.capacity);
  if (change.capacity === channel.capacity) delete change.capacity;
  if (change.quantity === channel.quantity) delete change.quantity;
  if (change.on_sale === channel.on_sale) delete change.on_sale;
  if (change.good_id === (channel.good?.id ?? 0)) delete change.good_id;
  if (Object.keys(change).length > 1) next.set(channel.product_id, change);
  else next.delete(channel.product_id);
  return next;
}

/** Adds what the server made of a file or of another machine. */
export function stageAll(staged: Staged, channels: Channel[], changes: PlanogramChange[]): Staged {
  const byProduct = new Map(channels.map((c) => [c.product_id, c]));
  return changes.reduce((next, change) => {
    const channel = byProduct.get(change.product_id);
    return channel ? stage(next, channel, change) : next;
  }, staged);
}

/** A channel as it will be once the staged changes are applied. */
export function staging(channel: Channel, staged: Staged, goods: ChannelGood[]): Holding {
  const change = staged.get(channel.product_id);
  return {
    good: change?.good_id === undefined ? channel.good : (goods.find((g) => g.id === change.good_id) ?? null),
    on_sale: change?.on_sale ?? channel.on_sale,
    quantity: change?.quantity ?? channel.quantity,
    capacity: change?.capacity ?? channel.capacity,
  };
}
