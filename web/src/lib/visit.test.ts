import { expect, test } from "vitest";
import type { Channel, MachineRow } from "../api/types";
import { afterVisits, byNeed, edit, fill, levelOf, machineNoOf, summaryOf } from "./visit";

const channel = (quantity: number): Channel => ({
  channel_id: 1, name: "A1", motor: 0, x: 0, y: 0, is_auxiliary: false, product_id: 31, good: null, quantity, capacity: 10,
  on_sale: true, floor_status: "1", reserved_codes: 0,
});

test("fill puts in what is missing, once", () => {
  const once = fill({}, channel(3));
  expect(once[31]).toEqual({ product_id: 31, expected: 3, counted: 3, removed: 0, added: 7 });
  expect(fill(once, channel(3))).toEqual(once);
  expect(levelOf(channel(3), once[31])).toBe(10);
});

test("what is sold afterwards is gone", () => {
  const lines = fill({}, channel(3));
  expect(levelOf(channel(2), lines[31])).toBe(9);
  expect(levelOf(channel(2), fill(lines, channel(2))[31])).toBe(10);
});

test("counted, removed and added together", () => {
  let lines = edit({}, channel(5), { counted: 4 });
  lines = edit(lines, channel(5), { removed: 2 });
  lines = fill(lines, channel(5));
  expect(lines[31]).toEqual({ product_id: 31, expected: 5, counted: 4, removed: 2, added: 8 });
  expect(summaryOf(Object.values(lines))).toEqual({ channels: 1, added: 8, removed: 2, surplus: 0, missing: 1 });
});

test("a visit that waits for a connection is not made again", () => {
  const waiting = [{ lines: Object.values(fill({}, channel(3))) }];
  const now = afterVisits(channel(2), waiting);
  expect(now.quantity).toBe(9);
  expect(fill({}, now)[31]).toEqual({ product_id: 31, expected: 9, counted: 9, removed: 0, added: 1 });
});

test("numbers stay possible", () => {
  expect(edit({}, channel(5), { counted: 99 })[31]?.counted).toBe(10);
  expect(edit({}, channel(5), { removed: 99 })[31]?.removed).toBe(5);
  expect(edit({}, channel(5), { added: 99 })[31]?.added).toBe(5);
  expect(edit({}, channel(5), { added: -1 })).toEqual({});
});

test("what does nothing is no line", () => {
  expect(edit(edit({}, channel(5), { added: 2 }), channel(5), { added: 0 })).toEqual({});
});

test("faults come first, then what is sold out, then what is low", () => {
  const machine = (name: string, faulty: number, sold_out: number, stock: number) => ({ name, faulty, sold_out, stock, capacity: 10 }) as MachineRow;
  const rows = [machine("full", 0, 0, 10), machine("low", 0, 0, 1), machine("out", 0, 1, 9), machine("broken", 1, 0, 10)];
  expect(byNeed(rows).map((m) => m.name)).toEqual(["broken", "out", "low", "full"]);
});

test.each([
  ["16327129", "16327129"],
  [" 16327129 ", "16327129"],
  ["https://vm.example/p/16327129?lang=en", "16327129"],
  ["http://vm.example/field/A%2D1", "A-1"],
  ["100%", "100%"],
  ["https://vend.example/p/%zz", "https://vend.example/p/%zz"],
])("%s is machine %s", (text, want) => expect(machineNoOf(text)).toBe(want));
