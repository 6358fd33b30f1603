import { expect, test } from "vitest";
import { en, type Key } from "./en";
import { zh } from "./zh";

const keys = Object.keys(en) as Key[];
const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

test("both languages have the same keys", () => {
  expect(Object.keys(zh).sort()).toEqual([...keys].sort());
});

test.each(keys)("%s says the same in both languages", (key) => {
  expect(en[key].trim()).not.toBe("");
  expect(zh[key].trim()).not.toBe("");
  expect(holes(zh[key])).toEqual(holes(en[key]));
});
