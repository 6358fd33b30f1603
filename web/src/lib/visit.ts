import type { Channel, MachineRow, VisitLine } from "../api/types";

/** What was done in a visit that goes on, by product. */
export type Lines = Record<number, VisitLine>;

type Patch = Partial<Pick<VisitLine, "counted" | "removed" | "added">>;

/** The line of a channel, as it begins: what the page shows is expected to be there. */
const begin = (channel: Channel): VisitLine => ({
  product_id: channel.product_id,
  expected: channel.quantity,
  counted: channel.quantity,
  removed: 0,
  added: 0,
});

/**
 * What the channel will hold. The line moves the stock: what is sold after it was
 * begun is taken from both.
 */
export function levelOf(channel: Channel, line: VisitLine | undefined): number {
  if (!line) return channel.quantity;
  const level = channel.quantity + line.counted - line.expected - line.removed + line.added;
  return Math.min(Math.max(0, level), Math.max(channel.capacity, channel.quantity));
}

const isIdle = (l: VisitLine) => l.counted === l.expected && l.removed === 0 && l.added === 0;

/** A channel as it is once the visits that are still on the phone have arrived. */
export function afterVisits(channel: Channel, visits: { lines: VisitLine[] }[]): Channel {
  const lines = visits.flatMap((v) => v.lines).filter((l) => l.product_id === channel.product_id);
  return lines.reduce((c, l) => ({ ...c, quantity: levelOf(c, l) }), channel);
}

/** Changes the line of a channel; one that does nothing is left out. */
export function edit(lines: Lines, channel: Channel, patch: Patch): Lines {
  const line = { ...begin(channel), ...lines[channel.product_id], ...patch };
  line.counted = Math.min(Math.max(0, line.counted), channel.capacity);
  line.removed = Math.min(Math.max(0, line.removed), line.counted);
  // The stock moves by what was sold since: as many more fit.
  const room = channel.capacity - levelOf(channel, { ...line, added: 0 });
  line.added = Math.min(Math.max(0, line.added), Math.max(0, room));
  const next = { ...lines, [channel.product_id]: line };
  if (isIdle(line)) delete next[channel.product_id];
  return next;
}

/** Puts in as many pieces as fit. */
export const fill = (lines: Lines, channel: Channel): Lines => edit(lines, channel, { added: channel.capacity });

export interface Summary {
  channels: number;
  added: number;
  removed: number;
  /** Pieces found beyond those expected, and missing ones. */
  surplus: number;
  missing: number;
}

export function summaryOf(lines: VisitLine[]): Summary {
  const sum = (of: (l: VisitLine) => number) => lines.reduce((total, l) => total + of(l), 0);
  return {
    channels: lines.length,
    added: sum((l) => l.added),
    removed: sum((l) => l.removed),
    surplus: sum((l) => Math.max(0, l.counted - l.expected)),
    missing: sum((l) => Math.max(0, l.expected - l.counted)),
  };
}

/** The machines that need somebody most, first: faults, what is sold out, what is low. */
export function byNeed(machines: MachineRow[]): MachineRow[] {
  const low = (m: MachineRow) => (m.capacity ? 1 - m.stock / m.capacity : 0);
  return machines.toSorted((a, b) => b.faulty - a.faulty || b.sold_out - a.sold_out || low(b) - low(a) || a.name.localeCompare(b.name));
}

/** The number of a machine in what somebody typed, or in the text of its QR code. */
export function machineNoOf(text: string): string {
  const part = /\/(?:p|field)\/([^/?#\s]+)/.exec(text)?.[1];
  try {
    return part ? decodeURIComponent(part) : text.trim();
  } catch {
    return text.trim(); // no link of ours
  }
}
