import { expect, test } from "vitest";
import { rangeOf } from "./chosen";

test("a range goes either way, and is one row where its start is gone", () => {
  const keys = ["a", "b", "c", "d"];
  expect(rangeOf(keys, "b", "d")).toEqual(["b", "c", "d"]);
  expect(rangeOf(keys, "d", "b")).toEqual(["b", "c", "d"]);
  expect(rangeOf(keys, "c", "c")).toEqual(["c"]);
  expect(rangeOf(keys, "z", "c")).toEqual(["c"]);
});
