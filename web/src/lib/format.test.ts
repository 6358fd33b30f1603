import { expect, test } from "vitest";
import { age, parseMoney, showBytes, showDuration, showMoney, showTime, utc } from "./format";

test("times are shown in the zone given, and in UTC", () => {
  const at = Date.UTC(2026, 0, 31, 18, 5, 7, 42);
  expect(showTime(at, "Asia/Shanghai", "en")).toContain("Feb 1, 2026");
  expect(showTime(at, "no such zone", "en", "clock")).toBe("18:05:07");
  expect(utc(at)).toBe("2026-01-31 18:05:07.042 UTC");
});

test.each([["1", 100], ["1.5", 150], ["12.34", 1234], ["0", 0], [" 2 ", 200], ["1.234", undefined], ["-1", undefined], ["", undefined], ["1e3", undefined]])(
  "the amount %j is %j",
  (text, want) => expect(parseMoney(text)).toBe(want),
);

test("money shows its currency if there is one", () => {
  expect(showMoney(1234, "CNY", "zh-CN")).toBe("¥12.34");
  expect(showMoney(1234, "", "en")).toBe("12.34");
});

test.each([[0, "0 B"], [999, "999 B"], [1_500, "1.5 KB"], [250_000_000, "250 MB"], [2_000_000_000_000_000, "2000 TB"]])("%i bytes are %s", (bytes, want) => {
  expect(showBytes(bytes)).toBe(want);
});

test("ages and durations use the biggest unit", () => {
  expect(age(59_999)).toEqual({ unit: "seconds", n: 59 });
  expect(age(60_000)).toEqual({ unit: "minutes", n: 1 });
  expect(age(3_600_000)).toEqual({ unit: "hours", n: 1 });
  expect(age(200_000_000)).toEqual({ unit: "days", n: 2 });
  expect(age(-5)).toEqual({ unit: "seconds", n: 0 });
  expect(showDuration(12)).toBe("12 ms");
  expect(showDuration(3400)).toBe("3.4 s");
});
