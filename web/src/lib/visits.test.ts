import { expect, test } from "vitest";
import { Visits } from "./visits";

function memory(): Storage {
  const items = new Map<string, string>();
  return { getItem: (k: string) => items.get(k) ?? null, setItem: (k: string, v: string) => void items.set(k, v) } as unknown as Storage;
}

const line = { product_id: 31, expected: 3, counted: 3, removed: 0, added: 7 };

test("a draft outlives the page, and belongs to one member", () => {
  const storage = memory();
  new Visits(1, 1, storage).draft("100", { 31: line });
  expect(new Visits(1, 1, storage).read().drafts).toEqual({ "100": { 31: line } });
  expect(new Visits(2, 1, storage).read().drafts).toEqual({});
  expect(new Visits(1, 2, storage).read().drafts).toEqual({});
});

test("an empty draft is none", () => {
  const visits = new Visits(1, 1, memory());
  visits.draft("100", { 31: line });
  visits.draft("100", {});
  expect(visits.read().drafts).toEqual({});
});

test("a finished visit waits under one key until it is applied", () => {
  const storage = memory();
  const visits = new Visits(1, 1, storage);
  visits.draft("100", { 31: line });
  const key = visits.finish({ machine_no: "100", machine_name: "Lobby", lines: [line] });
  const kept = new Visits(1, 1, storage).read();
  expect(kept).toEqual({ drafts: {}, waiting: [{ key, machine_no: "100", machine_name: "Lobby", lines: [line] }] });
  expect(key).toMatch(/^[0-9A-Za-z-]{16,64}$/);
  visits.refuse(key, "60001");
  expect(visits.read().waiting[0]?.refusal).toBe("60001");
  visits.drop(key);
  expect(visits.read().waiting).toEqual([]);
});

test("reading twice gives the same object, changing tells", () => {
  const visits = new Visits(1, 1, memory());
  let told = 0;
  const stop = visits.subscribe(() => told++);
  expect(visits.read()).toBe(visits.read());
  visits.draft("100", { 31: line });
  stop();
  visits.draft("100", {});
  expect(told).toBe(1);
});
