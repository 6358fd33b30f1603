import { expect, test } from "vitest";
import type { ChannelFailures } from "../api/types";
import { heatOf } from "./failures";

const channel = (deliveries: number, failed: number, unknown: number): ChannelFailures => ({
  product_id: 1, channel_name: "A1", deliveries, failed, unknown, reasons: [],
});

test.each([
  [40, 0, 0, "none"], [100, 4, 0, "few"], [100, 4, 1, "some"], [100, 19, 0, "some"], [100, 10, 10, "many"], [1, 0, 1, "many"],
])("of %i deliveries %i failed and %i are unknown: %s", (deliveries, failed, unknown, want) => {
  expect(heatOf(channel(deliveries, failed, unknown))).toBe(want);
});

test("a channel without deliveries neither fails nor works", () => {
  expect(heatOf(undefined)).toBe("unused");
});
