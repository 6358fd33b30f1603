import type { Layout, LayoutBoard, LayoutChannel } from "../api/types";

/** The letter of a board: 1 is A. */
export const cabinetName = (addr: number) => String.fromCharCode(64 + addr);

/** Boards and motors there can be. */
export const maxBoards = 8;
const maxMotors = 100;

/** A channel and where it is in the list of its layout. */
interface Placed {
  index: number;
  channel: LayoutChannel;
}

export interface Layer {
  x: number;
  channels: Placed[];
}

/** The layers of a board from top to bottom, their channels from left to right. */
export function layersOfBoard(layout: Layout, addr: number): Layer[] {
  const layers = new Map<number, Placed[]>();
  layout.channels.forEach((channel, index) => {
    if (channel.addr === addr) layers.set(channel.x, [...(layers.get(channel.x) ?? []), { index, channel }]);
  });
  return [...layers].sort(([a], [b]) => a - b).map(([x, channels]) => ({ x, channels: channels.sort((a, b) => a.channel.y - b.channel.y) }));
}

/** A layout of one board with spring motors. */
export function blank(layers: number, perLayer: number, capacity: number): Layout {
  let layout: Layout = { boards: [board(1)], channels: [] };
  for (let i = 0; i < layers; i++) layout = addLayer(layout, 1, perLayer, capacity);
  return layout;
}

const board = (addr: number): LayoutBoard => ({ addr, floor_type: 1, lift: false, drop_detection: true });

/** Adds a board with one channel, at the first free address. */
export function addBoard(layout: Layout): Layout {
  const taken = new Set(layout.boards.map((b) => b.addr));
  for (let addr = 1; addr <= maxBoards; addr++) {
    if (!taken.has(addr)) return addLayer({ ...layout, boards: [...layout.boards, board(addr)] }, addr, 1, 10);
  }
  return layout;
}

export function removeBoard(layout: Layout, addr: number): Layout {
  return { boards: layout.boards.filter((b) => b.addr !== addr), channels: layout.channels.filter((c) => c.addr !== addr) };
}

/** Adds a layer below the others; motors go on from the last one. */
export function addLayer(layout: Layout, addr: number, count: number, capacity: number): Layout {
  const x = Math.max(-1, ...layout.channels.filter((c) => c.addr === addr).map((c) => c.x)) + 1;
  let next = layout;
  for (let i = 0; i < count; i++) next = addChannel(next, addr, x, capacity);
  return next;
}

/** Adds a channel at the right end of a layer, unless all motors are taken. */
export function addChannel(layout: Layout, addr: number, x: number, capacity: number): Layout {
  const here = layout.channels.filter((c) => c.addr === addr);
  const motors = new Set(here.map((c) => c.motor));
  const above = Math.max(-1, ...motors) + 1;
  const motor = above < maxMotors ? above : [...Array(maxMotors).keys()].find((m) => !motors.has(m));
  if (motor === undefined) return layout;
  const y = Math.max(-1, ...here.filter((c) => c.x === x).map((c) => c.y)) + 1;
  const channel = { addr, motor, name: `${cabinetName(addr)}${motor + 1}`, x, y, is_auxiliary: false, capacity };
  return { ...layout, channels: [...layout.channels, channel] };
}

export function changeChannel(layout: Layout, index: number, changes: Partial<LayoutChannel>): Layout {
  return { ...layout, channels: layout.channels.map((c, i) => (i === index ? { ...c, ...changes } : c)) };
}

export function removeChannel(layout: Layout, index: number): Layout {
  return { ...layout, channels: layout.channels.filter((_, i) => i !== index) };
}

/** Channels whose name or motor another one has: nobody could tell them apart. */
export function clashes(layout: Layout): { channel: string; what: "name" | "motor" }[] {
  const seen = new Set<string>();
  return layout.channels.flatMap((c) => {
    const twice = [
      { key: `name ${c.name}`, what: "name" as const },
      { key: `motor ${c.addr} ${c.motor}`, what: "motor" as const },
    ].filter(({ key }) => seen.has(key) || !seen.add(key));
    return twice.map(({ what }) => ({ channel: c.name, what }));
  });
}
