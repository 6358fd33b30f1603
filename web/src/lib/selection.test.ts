import { expect, test } from "vitest";
import type { Channel, Planogram } from "../api/types";
import { beside, between, layersOf } from "./selection";

const channel = (product_id: number, x: number, y: number) => ({ product_id, x, y, motor: 0 }) as Channel;
const planogram: Planogram = {
  currency: "CNY",
  cabinets: [
    { addr: 1, name: "A", floor_type: 1, lift: false, drop_detection: false, rows: [{ x: 0, channels: [channel(1, 0, 0), channel(2, 0, 1), channel(3, 0, 2)] }, { x: 1, channels: [channel(4, 1, 0), channel(0, 1, 1), channel(5, 1, 2)] }] },
    { addr: 2, name: "B", floor_type: 2, lift: false, drop_detection: false, rows: [{ x: 0, channels: [channel(0, 0, 0)] }, { x: 1, channels: [channel(6, 1, 0)] }] },
  ],
};
const layers = layersOf(planogram);

test("locks without a product cannot be selected", () => {
  expect(layers.map((row) => row.map((c) => c.product_id))).toEqual([[1, 2, 3], [4, 5], [6]]);
});

test.each([
  [2, "ArrowRight", 3], [3, "ArrowRight", 3], [1, "ArrowLeft", 1], [3, "ArrowDown", 5], [5, "ArrowUp", 3], [5, "ArrowDown", 6],
  [1, "ArrowUp", 1], [2, "Home", 1], [2, "End", 3], [99, "ArrowDown", 1],
] as const)("beside %i, %s, is %i", (from, direction, want) => {
  expect(beside(layers, from, direction)).toBe(want);
});

test("a range goes in reading order, from either end", () => {
  expect(between(layers, 2, 4)).toEqual([2, 3, 4]);
  expect(between(layers, 4, 2)).toEqual([2, 3, 4]);
  expect(between(layers, 99, 4)).toEqual([4]);
});
