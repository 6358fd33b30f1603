import type { Tone } from "../ui/Status";

const tones: Record<string, Tone> = {
  // Outcomes of orders.
  UNPAID: "off", WAITING: "wait", DISPENSING: "wait", DISPENSED: "ok", FAILED: "bad", TIMEOUT: "warn", REFUNDED: "info", CLOSED: "off",
  // States of records.
  WAITING_PICKED_UP: "wait", IS_DELIVERING: "wait", IS_SUCCESS: "ok", IS_PICKED_UP: "ok", IS_FAILED: "bad", IS_TIMEOUT: "warn", IS_REFUND: "info",
  // States of deliveries, callbacks and pickup codes.
  PENDING: "wait", SENT: "wait", SUCCESS: "ok", PICKED_UP: "ok", DELIVERED: "ok", DEAD: "bad",
  UNUSED: "info", USED: "ok", EXPIRED: "off", CANCELLED: "off",
  // States of batches and jobs.
  RUNNING: "wait", DONE: "ok", ACCEPTED: "wait", ACKNOWLEDGED: "info", STOPPED: "off",
};

/** How a state looks; one that is new looks neutral. */
export const toneOf = (state: string): Tone => tones[state] ?? "off";
