import { describe, expect, test } from "vitest";
import { Client, type ClientOptions, ErrorCode, OrderStatus } from "../src/index.js";
import { clientOf, ok } from "./server.js";
import { api } from "./vectors.js";

test("error codes are those of the platform", () => {
  const codes = api<{ code: number }[]>("errors.json").map((e) => e.code);
  expect(Object.values(ErrorCode).sort((a, b) => a - b)).toEqual(codes);
});

test.each<Partial<Record<keyof ClientOptions, string | undefined>>>([
  { baseUrl: "" },
  { baseUrl: undefined },
  { baseUrl: "platform.example" },
  { baseUrl: "https://platform.example?a=b" },
  { appId: undefined },
  { appSecret: "" },
  { appKey: undefined },
])("a client is not made with %j", (change) => {
  const options = { baseUrl: "https://platform.example", appId: "vm", appSecret: "s", appKey: "kva", ...change };
  expect(() => new Client(options as ClientOptions)).toThrow(TypeError);
});

const no = "16327129";
const url = "https://merchant.example/notify?a=1&b=2";
const trade_id = "3f2a58ad69b74e86b8a1a3da6fd75cc1";

// [call, verb, path, payload]
const endpoints: [string, (c: Client) => Promise<unknown>, string, string, Record<string, string> | undefined][] = [
  ["ping", (c) => c.ping(), "POST", "/ping", undefined],
  ["machines", (c) => c.machines(), "POST", "/rent/machines", undefined],
  ["machine", (c) => c.machine(no), "POST", "/rent/machines/16327129", undefined],
  ["products", (c) => c.products(no), "POST", "/products", { machine_no: no }],
  [
    "products, filtered",
    (c) => c.products(no, { page: 2, per_page: 5, category_id: 3, cabinet_name: "B", select_all: true }),
    "POST",
    "/products",
    { machine_no: no, page: "2", per_page: "5", category_id: "3", cabinet_name: "B", select_all: "1" },
  ],
  ["floors", (c) => c.floors(no), "POST", "/floors", { machine_no: no }],
  ["categories", (c) => c.categories(no), "POST", "/categories", { machine_no: no }],
  ["banners", (c) => c.banners(no), "POST", "/banners", { machine_no: no }],
  [
    "issueCodes",
    (c) => c.issueCodes({ machine_no: no, product_id: 131, count: 2, code_length: 7, expired_at: "2024-12-31 23:59:59" }),
    "POST",
    "/pickup_codes",
    { method: "pickup_code.product.id", machine_no: no, product_id: "131", count: "2", code_length: "7", expired_at: "2024-12-31 23:59:59" },
  ],
  [
    "issueCodesForAll",
    (c) => c.issueCodesForAll({ machine_no: no, code_length: 8 }),
    "POST",
    "/pickup_codes",
    { method: "pickup_code.product.all", machine_no: no, code_length: "8" },
  ],
  ["cancelCode", (c) => c.cancelCode(no, 7), "PUT", "/pickup_codes", { method: "pickup_code.delete.id", machine_no: no, id: "7" }],
  ["cancelAllCodes", (c) => c.cancelAllCodes(no), "PUT", "/pickup_codes", { method: "pickup_code.delete.all", machine_no: no }],
  ["codes", (c) => c.codes(no, 131), "POST", "/products/131/pickup_code", { machine_no: no }],
  [
    "consume",
    (c) => c.consume({ machine_no: no, code: "5288640", product_id: 131, notify_url: url, trade_id }),
    "POST",
    "/consumes",
    { method: "event.consume.pickup_code", machine_no: no, code: "5288640", product_id: "131", notify_url: url, trade_id },
  ],
  ["order", (c) => c.order(no, 60), "POST", "/orders/60", { machine_no: no }],
  ["updateOrder", (c) => c.updateOrder(no, trade_id, OrderStatus.Refund), "PUT", `/orders/${trade_id}`, { machine_no: no, status: "2" }],
  [
    "deliver",
    (c) => c.deliver({ machine_no: no, order_id: 60, record_id: 78, force: true }),
    "POST",
    "/deliveries",
    { method: "device.delivery.put", machine_no: no, order_id: "60", record_id: "78", force: "1" },
  ],
  ["delivery", (c) => c.delivery(no, "5121763043809673"), "POST", "/deliveries/5121763043809673", { machine_no: no }],
  [
    "testDelivery",
    (c) => c.testDelivery({ machine_no: no, channel_name: "A20", notify_url: url }),
    "POST",
    "/deliveries/debug",
    { method: "device.delivery.put", machine_no: no, channel_name: "A20", notify_url: url },
  ],
  [
    "replenish",
    (c) => c.replenish(no, 131, 0),
    "POST",
    "/replenishments",
    { method: "replenishment.product.id", machine_no: no, product_id: "131", current_inventory: "0" },
  ],
  [
    "replenishCategory",
    (c) => c.replenishCategory({ machine_no: no, category_id: 3, current_inventory: 5, addr: 2 }),
    "POST",
    "/replenishments",
    { method: "replenishment.category.id", machine_no: no, category_id: "3", current_inventory: "5", addr: "2" },
  ],
  [
    "replenishAll",
    (c) => c.replenishAll(no, { cabinet_name: "A" }),
    "POST",
    "/replenishments",
    { method: "replenishment.machine.all", machine_no: no, cabinet_name: "A" },
  ],
];

describe("endpoints", () => {
  test.each(endpoints)("%s", async (_name, call, method, path, payload) => {
    const { client, received } = clientOf([ok({})]);
    await call(client);
    expect(received).toMatchObject([{ method, path, payload, redirect: "error" }]); // the secret stays here
    expect(received[0]!.headers).toMatchObject({ Appid: "vm0123456789abcdef", AppSecret: "0123456789abcdef0123456789abcdef" });
  });

  test("every operation of openapi.yaml is there", async () => {
    const yaml = (await import("node:fs")).readFileSync(new URL("../../../api/openapi.yaml", import.meta.url), "utf8");
    const paths = [...yaml.matchAll(/^  (\/\S+):$/gm)].map((m) => m[1]!.replace(/\{\w+\}/g, "X"));
    const called = new Set([...endpoints.map((e) => e[3]), "/orders"]);
    const known = (path: string) => [...called].some((c) => new RegExp(`^${path.replace(/X/g, "[^/]+")}$`).test(c));
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !known(path))).toEqual([]);
  });

  test.each(["", "..", "a/b", "a?b"])("a number that is none never becomes another path: %j", async (bad) => {
    const { client, received } = clientOf([]);
    for (const call of [client.machine(bad), client.order(no, bad), client.updateOrder(no, bad, 1), client.delivery(no, bad)]) {
      await expect(call).rejects.toBeInstanceOf(TypeError);
    }
    expect(received).toEqual([]);
  });

  test("createOrder sends its lines bare", async () => {
    const { client, received } = clientOf([ok({ order_id: 54 })]);
    const order = { machine_no: no, notify_url: url, trade_id, products: [{ product_id: 121, quantity: 2 }] };
    expect(await client.createOrder(order)).toEqual({ order_id: 54 });
    expect(received).toMatchObject([{ method: "POST", path: "/orders", body: order }]);
  });

  test("no product at all is an empty page", async () => {
    const { client } = clientOf([ok([])]);
    expect(await client.products(no)).toEqual({ data: [], total: 0, current_page: 1, last_page: 1, per_page: 10 });
  });

  test("a delivery has its id in every answer", async () => {
    const { client } = clientOf([ok({ state: "SUCCESS" })]);
    expect(await client.delivery(no, "5121763043809673")).toEqual({ delivery_id: "5121763043809673", state: "SUCCESS" });
  });
});
