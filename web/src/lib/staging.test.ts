import { expect, test } from "vitest";
import type { Channel } from "../api/types";
import { stage, stageAll, staging, type Staged } from "./staging";

const cola = { id: 5, name: "Cola", thumb: "", price: 100 };
const water = { id: 6, name: "Water", thumb: "", price: 200 };
const channel: Channel = {
  channel_id: 1, name: "A1", motor: 0, x: 0, y: 0, is_auxiliary: false, product_id: 31, good: cola, quantity: 3, capacity: 10,
  on_sale: true, floor_status: "1", reserved_codes: 0,
};
const none: Staged = new Map();

test("a change is staged and shown", () => {
  const staged = stage(stage(none, channel, { quantity: 8 }), channel, { good_id: 6 });
  expect([...staged.values()]).toEqual([{ product_id: 31, quantity: 8, good_id: 6 }]);
  expect(staging(channel, staged, [cola, water])).toEqual({ good: water, on_sale: true, quantity: 8, capacity: 10 });
  expect(none.size).toBe(0);
});

test("going back to what it was leaves nothing to apply", () => {
  expect(stage(stage(none, channel, { quantity: 8 }), channel, { quantity: 3 }).size).toBe(0);
  expect(stage(stage(none, channel, { on_sale: false }), channel, { on_sale: true }).size).toBe(0);
  expect(stage(none, channel, { good_id: 5 }).size).toBe(0);
});

test.each([[99, 10], [-4, 0]])("the quantity %i becomes %i", (wanted, want) => {
  expect(stage(none, channel, { quantity: wanted }).get(31)?.quantity).toBe(want);
});

test("a good can be taken out", () => {
  expect(staging(channel, stage(none, channel, { good_id: 0 }), [cola])).toEqual({ good: null, on_sale: true, quantity: 3, capacity: 10 });
});

test("a file may bring room for what it brings", () => {
  const staged = stageAll(stage(none, channel, { on_sale: false }), [channel], [{ product_id: 31, quantity: 12, capacity: 12 }, { product_id: 99, quantity: 1 }]);
  expect([...staged.values()]).toEqual([{ product_id: 31, quantity: 12, capacity: 12, on_sale: false }]);
  expect(staging(channel, staged, [cola])).toMatchObject({ quantity: 12, capacity: 12 });
});
