import { describe, expect, test, vi } from "vitest";
import { ApiError, type Client, NoAnswerError, VendlaneError } from "../src/index.js";
import { broken, clientOf, ok, refusal, type Scripted } from "./server.js";

const machine_no = "16327129";
const trade_id = "800a7e9500d345c8987d3aafa412c77d";
const notify_url = "https://merchant.example/notify";
const consume = (c: Client) => c.consume({ machine_no, code: "5288640", product_id: 131, notify_url, trade_id });
const createOrder = (c: Client) =>
  c.createOrder({ machine_no, notify_url, trade_id, products: [{ product_id: 131, quantity: 1 }] });

const order = { order_id: 60, trade_id, records: [{ id: 78, product_id: 131, quantity: 1 }] };
const used = refusal(10025, { order_id: 60 });
const exists = refusal(40002, { order_id: 60 });
const lost: [string, Scripted][] = [
  ["a broken connection", broken],
  ["code 500", refusal(500, { request_id: "r" }, 500)],
  ["a proxy's page", { status: 502, text: "<html>" }],
  ["half an answer", { text: '{"code":0,"mess' }],
];

describe("consume", () => {
  test.each(lost)("repeats after %s", async (_name, nothing) => {
    const { client, received, waits } = clientOf([nothing, nothing, ok(order)]);
    expect(await consume(client)).toEqual({ ...order, replayed: false });
    expect(received[1]).toEqual(received[0]);
    expect(waits).toEqual([500, 1000]);
  });

  test("takes a code used by its own trade_id for a success", async () => {
    const { client, received } = clientOf([broken, used, broken, ok(order)]);
    expect(await consume(client)).toEqual({ ...order, replayed: true });
    expect(received.map((r) => r.path)).toEqual(["/consumes", "/consumes", `/orders/${trade_id}`, `/orders/${trade_id}`]);
  });

  const foreign: [string, Scripted[]][] = [
    ["another trade_id used the code", [used, refusal(80002)]],
    ["its trade_id is another order", [used, ok({ ...order, order_id: 61 })]],
    ["it was used at the machine", [refusal(10025)]],
  ];
  test.each(foreign)("is refused if %s", async (_name, script) => {
    const { client } = clientOf(script);
    await expect(consume(client)).rejects.toMatchObject({ code: 10025, afterLostAnswer: false });
    expect(script).toEqual([]);
  });

  test("does not take a lost check for a refusal", async () => {
    const { client } = clientOf([used, broken, broken, broken, broken]);
    await expect(consume(client)).rejects.toBeInstanceOf(NoAnswerError);
  });

  test("does not repeat a refusal", async () => {
    const { client, received } = clientOf([refusal(10024)]);
    await expect(consume(client)).rejects.toMatchObject({ name: "ApiError", code: 10024 });
    expect(received.length).toBe(1);
  });

  test("does not repeat what something in between refused", async () => {
    const { client, received } = clientOf([{ status: 403, text: "<html>" }]);
    await expect(consume(client)).rejects.toMatchObject({ name: "NoAnswerError", httpStatus: 403 });
    expect(received.length).toBe(1);
  });

  test("makes all its attempts, with waits that are bounded", async () => {
    const { client, waits } = clientOf(Array(8).fill(broken), { attempts: 8 });
    await expect(consume(client)).rejects.toBeInstanceOf(NoAnswerError);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test("gives up after the last attempt", async () => {
    const { client, received } = clientOf([broken, broken, broken], { attempts: 3 });
    await expect(consume(client)).rejects.toMatchObject({ name: "NoAnswerError", cause: broken });
    expect(received.length).toBe(3);
  });
});

describe("createOrder", () => {
  test("takes the order of its own lost attempt", async () => {
    const { client } = clientOf([broken, exists, ok(order)]);
    expect(await createOrder(client)).toEqual({ order_id: 60 });
  });

  test("does not forget the lost attempt over a rate limit", async () => {
    const { client } = clientOf([broken, refusal(429, { retry_after: 1 }, 429), exists, ok(order)]);
    expect(await createOrder(client)).toEqual({ order_id: 60 });
  });

  const others: [string, Scripted[]][] = [
    ["on the first attempt", [exists]],
    ["for other lines", [broken, exists, ok({ ...order, records: [{ id: 1, product_id: 131, quantity: 2 }] })]],
    ["for fewer lines", [broken, exists, ok({ ...order, records: [] })]],
    ["for a pickup code", [broken, exists, ok({ ...order, pickup_code_id: 1 })]],
  ];
  test.each(others)("is refused if the trade_id exists %s", async (_name, script) => {
    const { client } = clientOf(script);
    await expect(createOrder(client)).rejects.toMatchObject({ code: 40002 });
    expect(script).toEqual([]);
  });
});

const once: [string, (c: Client) => Promise<unknown>][] = [
  ["issueCodes", (c) => c.issueCodes({ machine_no, product_id: 131 })],
  ["issueCodesForAll", (c) => c.issueCodesForAll({ machine_no })],
  ["cancelAllCodes", (c) => c.cancelAllCodes(machine_no)],
  ["deliver", (c) => c.deliver({ machine_no, order_id: 60, record_id: 78 })],
  ["testDelivery", (c) => c.testDelivery({ machine_no, channel_name: "A1", notify_url })],
  ["replenish", (c) => c.replenish(machine_no, 131, 1)],
  ["replenishCategory", (c) => c.replenishCategory({ machine_no, category_id: 1, current_inventory: 1 })],
  ["replenishAll", (c) => c.replenishAll(machine_no)],
];

describe("what must not be done twice", () => {
  test.each(once)("%s", async (_name, call) => {
    for (const nothing of [broken, refusal(500, {}, 500)]) {
      const { client, received } = clientOf([nothing]);
      await expect(call(client)).rejects.toBeInstanceOf(VendlaneError);
      expect(received.length).toBe(1);
    }
  });
});

describe("rate limits", () => {
  const busy = (retry_after: number) => refusal(429, { retry_after }, 429);

  test("are waited for as the platform asks, by every call", async () => {
    const { client, waits } = clientOf([busy(2), ok({})]);
    await client.replenishAll(machine_no);
    expect(waits).toEqual([2000]);
  });

  test("are an error if the wait is too long", async () => {
    const { client, waits } = clientOf([busy(300)]);
    await expect(client.ping()).rejects.toMatchObject({ code: 429, data: { retry_after: 300 } });
    expect(waits).toEqual([]);
  });
});

describe("a caller", () => {
  test("can give up during an attempt", async () => {
    const controller = new AbortController();
    const hang = (_url: string, init: RequestInit) =>
      new Promise((_resolve, reject) => {
        init.signal!.addEventListener("abort", () => reject(init.signal!.reason));
        controller.abort(new Error("enough"));
      });
    const { client } = clientOf([], { fetch: hang as unknown as typeof fetch });
    await expect(client.ping({ signal: controller.signal })).rejects.toThrow("enough");
  });

  test("can give up while the client waits", async () => {
    const controller = new AbortController();
    const { client, received } = clientOf([broken], {
      sleep: async () => {
        controller.abort(new Error("enough"));
        throw controller.signal.reason;
      },
    });
    await expect(client.ping({ signal: controller.signal })).rejects.toThrow("enough");
    expect(received.length).toBe(1);
  });

  test("waits on the clock of the computer otherwise, and can give that up", async () => {
    vi.useFakeTimers();
    try {
      const controller = new AbortController();
      const { client, received } = clientOf([broken, ok({}), broken], { sleep: undefined as never });
      const first = client.ping();
      await vi.advanceTimersByTimeAsync(499);
      expect(received.length).toBe(1);
      await vi.advanceTimersByTimeAsync(1);
      await first;
      const second = client.ping({ signal: controller.signal });
      await vi.advanceTimersByTimeAsync(1);
      controller.abort(new Error("enough"));
      await expect(second).rejects.toThrow("enough");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("learns that the time was over", async () => {
    const hang = (_url: string, init: RequestInit) =>
      new Promise((_resolve, reject) => init.signal!.addEventListener("abort", () => reject(init.signal!.reason)));
    const { client } = clientOf([], { fetch: hang as unknown as typeof fetch, timeoutMs: 1, attempts: 1 });
    await expect(client.ping()).rejects.toThrow("no answer in time");
    await expect(client.ping({ signal: new AbortController().signal })).rejects.toThrow("no answer in time");
  });

  test("gets a refusal without data as well", async () => {
    const { client } = clientOf([{ text: '{"code":429,"message":"no","data":null}' }], { attempts: 1 });
    await expect(client.ping()).rejects.toMatchObject({ name: "ApiError", code: 429, data: {} });
  });

  test("learns the id of the request", async () => {
    const { client } = clientOf([{ ...(refusal(10024) as object), headers: { "X-Request-Id": "r1" } }]);
    const error = await consume(client).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ requestId: "r1" });
  });
});
