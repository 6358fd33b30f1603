import type { PlatformHealth } from "../api/types";
import type { Tone } from "../ui/Status";

// Times are in milliseconds.
/** What is due goes out at once: longer than this, something hinders it. */
const slowAfter = 60_000;
/** Nodes give a sign of life every 2 s, and are taken for dead after 10. */
const silentAfter = 6_000;
/** Less is the way of the answer. */
const clockTolerance = 5_000;

export function queueTone(q: PlatformHealth["queues"][number], now: number): Tone {
  if (q.waiting === 0) return "ok";
  return q.queue === "callbacks_dead" || now - q.since > slowAfter ? "warn" : "info";
}

export const nodeTone = (node: PlatformHealth["nodes"][number], now: number): Tone => (now - node.seen_at > silentAfter ? "warn" : "ok");

export function diskTone({ free, total }: NonNullable<PlatformHealth["disk"]>): Tone {
  const share = total > 0 ? free / total : 0;
  return share < 0.02 ? "bad" : share < 0.1 ? "warn" : "ok";
}

/** How far the clocks of server and browser are apart, in seconds; 0 if they agree. */
export function clockOff(server: number, browser: number): number {
  const apart = Math.abs(browser - server);
  return apart > clockTolerance ? Math.round(apart / 1000) : 0;
}
