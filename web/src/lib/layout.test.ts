import { expect, test } from "vitest";
import { addBoard, addChannel, addLayer, blank, changeChannel, clashes, layersOfBoard, removeBoard, removeChannel } from "./layout";

const shown = (layout: ReturnType<typeof blank>, addr = 1) => layersOfBoard(layout, addr).map((l) => l.channels.map((p) => `${p.channel.name}/${p.channel.motor}`).join(" "));

test("a blank layout numbers its motors layer by layer", () => {
  expect(shown(blank(2, 3, 8))).toEqual(["A1/0 A2/1 A3/2", "A4/3 A5/4 A6/5"]);
  expect(blank(1, 1, 8).channels[0]).toEqual({ addr: 1, motor: 0, name: "A1", x: 0, y: 0, is_auxiliary: false, capacity: 8 });
});

test("boards, layers and channels come and go", () => {
  const two = addBoard(blank(1, 2, 8));
  expect(shown(two, 2)).toEqual(["B1/0"]);
  expect(removeBoard(two, 2)).toEqual(blank(1, 2, 8));
  const more = addChannel(addLayer(blank(1, 2, 8), 1, 1, 5), 1, 0, 5);
  expect(shown(more)).toEqual(["A1/0 A2/1 A4/3", "A3/2"]);
  expect(shown(removeChannel(more, 1))).toEqual(["A1/0 A4/3", "A3/2"]);
});

test("a board has no more than 100 motors, and its gaps are filled", () => {
  const full = blank(10, 10, 1);
  expect(addChannel(full, 1, 0, 1)).toBe(full);
  expect(shown(addChannel(removeChannel(full, 4), 1, 9, 1))[9]).toContain("A5/4");
});

test("names and motors that are there twice are named", () => {
  const layout = blank(1, 3, 8);
  expect(clashes(layout)).toEqual([]);
  expect(clashes(changeChannel(changeChannel(layout, 1, { name: "A1" }), 2, { motor: 0 }))).toEqual([
    { channel: "A1", what: "name" },
    { channel: "A3", what: "motor" },
  ]);
});
