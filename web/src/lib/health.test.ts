import { expect, test } from "vitest";
import { clockOff, diskTone, nodeTone, queueTone } from "./health";

const now = 1_714_353_655_000;

test.each([
  ["commands", 0, 0, "ok"], ["commands", 3, 10_000, "info"], ["callbacks", 3, 61_000, "warn"], ["callbacks_dead", 0, 0, "ok"],
] as const)("%s: %i waiting for %i ms", (queue, waiting, age, want) => {
  expect(queueTone({ queue, waiting, since: now - age }, now)).toBe(want);
});

test("what was given up needs somebody", () => {
  expect(queueTone({ queue: "callbacks_dead", waiting: 1, since: 0 }, now)).toBe("warn");
});

test.each([[50, "ok"], [9, "warn"], [1, "bad"]])("%i %% of a disk free", (free, want) => {
  expect(diskTone({ free, total: 100 })).toBe(want);
});

test("a node is silent before it is taken for dead", () => {
  expect([2_000, 8_000].map((age) => nodeTone({ id: "a", started_at: 1, seen_at: now - age }, now))).toEqual(["ok", "warn"]);
});

test("clocks that are a little apart agree", () => {
  expect([3_000, 90_000, -90_000].map((ahead) => clockOff(now, now + ahead))).toEqual([0, 90, 90]);
});
