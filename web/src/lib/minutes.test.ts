import { expect, test } from "vitest";
import { clockOf, minuteOf } from "./minutes";

test.each([
  [0, "00:00"],
  [7 * 60 + 5, "07:05"],
  [1439, "23:59"],
])("%i is %s", (minute, clock) => {
  expect(clockOf(minute)).toBe(clock);
  expect(minuteOf(clock)).toBe(minute);
});

test("an empty field is midnight", () => expect(minuteOf("")).toBe(0));
