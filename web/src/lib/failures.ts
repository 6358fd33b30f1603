import type { ChannelFailures } from "../api/types";

/** How often a channel fails, from never; "unused" has dispensed nothing. */
export const heats = ["unused", "none", "few", "some", "many"] as const;
export type Heat = (typeof heats)[number];

/** Deliveries that failed, or of which nobody knows. */
export const failedOf = (channel: ChannelFailures) => channel.failed + channel.unknown;

export function heatOf(channel: ChannelFailures | undefined): Heat {
  if (!channel) return "unused";
  const share = failedOf(channel) / channel.deliveries;
  if (share === 0) return "none";
  return share < 0.05 ? "few" : share < 0.2 ? "some" : "many";
}
