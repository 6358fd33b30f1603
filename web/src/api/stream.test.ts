import { expect, test } from "vitest";
import { eventParser } from "./stream";

const text = 'retry: 2000\nid: 7\nevent: ready\ndata: {}\n\n: beat\n\nid: 8\r\nevent: change\r\ndata: {"topic":\r\ndata: "orders"}\r\n\r\ndata:x\n\n';
const want = [
  { id: "7", event: "ready", data: "{}" },
  { id: "8", event: "change", data: '{"topic":\n"orders"}' },
  { id: "8", event: "message", data: "x" },
];

test("events are the same however the text is cut", () => {
  for (let size = 1; size <= text.length; size++) {
    const parse = eventParser();
    const got = [];
    for (let at = 0; at < text.length; at += size) got.push(...parse(text.slice(at, at + size)));
    expect(got).toEqual(want);
  }
});

test("an event that is not complete is none", () => {
  expect(eventParser()("event: change\ndata: {}\n")).toEqual([]);
});
