import { describe, expect, test } from "vitest";
import { CallbackRejectedError, CallbackVerifier, MalformedError, seal } from "../src/index.js";

// The vector of consume.md §9.4.
const webhookSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const headers = {
  "webhook-id": "msg_2f9c1d7e4b6a48d0",
  "webhook-timestamp": "1714373697",
  "webhook-signature": "v1,JZMqfvqBaINtNJFygWBm7jeKVbYLsV39ZACvvbBAT1w=",
};
const body =
  '{"deliver_status":"0","delivery_id":"5121763043809673","error_msg":"Slave Comm Error","floor_status":"3","machine_no":"16327129","method":"device.delivery.response","order_id":60,"record_id":78,"sign":"424AE1E683C52BDD26B2BC4E25D1F3B5","timestamp":"1714373692","trade_id":"800a7e9500d345c8987d3aafa412c77d"}';
const attempt = 1714373697;
const event = 1714373692;
const at = (seconds: number) => () => seconds * 1000;

const both = { webhookSecrets: [webhookSecret], appKeys: ["kva"], now: at(attempt) };

describe("a callback of the platform", () => {
  test.each([
    ["plain headers", headers],
    ["Headers", new Headers(headers)],
    ["two signatures, ours second", { ...headers, "webhook-signature": `v1,AAAA ${headers["webhook-signature"]}` }],
  ])("is read: %s", async (_name, given) => {
    const { payload, ...callback } = await new CallbackVerifier(both).verify(given, body);
    expect(payload.members.size).toBe(11);
    expect(callback).toEqual({
      id: "msg_2f9c1d7e4b6a48d0",
      success: false,
      delivery_id: "5121763043809673",
      order_id: 60,
      record_id: 78,
      trade_id: "800a7e9500d345c8987d3aafa412c77d",
      machine_no: "16327129",
      error_msg: "Slave Comm Error",
      floor_status: "3",
      timestamp: event,
    });
  });

  test.each([
    [300, true],
    [-300, true],
    [301, false],
    [-301, false],
  ])("is accepted %d s after the attempt: %s", async (age, accepted) => {
    const result = new CallbackVerifier({ webhookSecrets: [webhookSecret], now: at(attempt + age) }).verify(headers, new TextEncoder().encode(body));
    if (accepted) expect((await result).order_id).toBe(60);
    else await expect(result).rejects.toBeInstanceOf(CallbackRejectedError);
  });

  test.each([
    [32 * 86_400, true],
    [-300, true],
    [32 * 86_400 + 1, false],
    [-301, false],
  ])("is accepted by its sign alone, without an id, %d s after the event: %s", async (age, accepted) => {
    const result = new CallbackVerifier({ appKeys: ["kva"], now: at(event + age) }).verify(headers, body);
    if (accepted) expect(await result).toMatchObject({ id: undefined, record_id: 78 });
    else await expect(result).rejects.toBeInstanceOf(CallbackRejectedError);
  });

  test("is accepted with either of two secrets, and either of two AppKeys", async () => {
    const other = "whsec_AAAA";
    for (const webhookSecrets of [[webhookSecret, other], [other, webhookSecret]]) {
      for (const appKeys of [["kva", "kvb"], ["kvb", "kva"]]) {
        const verifier = new CallbackVerifier({ webhookSecrets, appKeys, now: at(attempt) });
        expect((await verifier.verify(headers, body)).order_id).toBe(60);
      }
    }
  });

  const expiry = {
    deliver_status: "0",
    error_msg: "Order Expired",
    machine_no: "1",
    method: "device.delivery.response",
    order_id: 54,
    record_id: 70,
    timestamp: "1714116942",
    trade_id: "t",
    new: "x",
  };
  const verifier = new CallbackVerifier({ appKeys: ["kva"], now: at(1714116942) });

  test("may have new members, and lack a delivery", async () => {
    expect(await verifier.verify({}, seal(expiry, "kva"))).toMatchObject({ delivery_id: undefined, order_id: 54, success: false });
  });

  test.each([
    ["deliver_status", "2"],
    ["method", "other"],
    ["order_id", "x"],
    ["order_id", ""],
    ["order_id", "0"],
    ["record_id", "0x4e"],
    ["record_id", "7.8"],
    ["timestamp", "1714116942000"],
  ])("cannot be understood with %s %s", async (name, value) => {
    await expect(verifier.verify({}, seal({ ...expiry, [name]: value }, "kva"))).rejects.toBeInstanceOf(MalformedError);
  });
});

describe("a callback is rejected", () => {
  const cases: [string, Record<string, string>, string, object][] = [
    ["changed body", headers, body.replace("60", "61"), both],
    ["changed id", { ...headers, "webhook-id": "msg_x" }, body, both],
    ["changed time", { ...headers, "webhook-timestamp": "1714373698" }, body, both],
    ["no headers, though a webhookSecret is known", {}, body, both],
    ["no signature", { ...headers, "webhook-signature": "" }, body, both],
    ["another version", { ...headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,") }, body, both],
    ["another secret", headers, body, { ...both, webhookSecrets: ["whsec_AAAA"] }],
    ["another AppKey", headers, body, { ...both, appKeys: ["kvb"] }],
    ["wrong sign", {}, body.replace("424A", "424B"), { appKeys: ["kva"], now: at(event) }],
  ];
  test.each(cases)("%s", async (_name, given, text, options) => {
    await expect(new CallbackVerifier(options).verify(given, text)).rejects.toBeInstanceOf(CallbackRejectedError);
  });

  test("not an object", async () => {
    await expect(new CallbackVerifier({ appKeys: ["kva"] }).verify({}, "[]")).rejects.toBeInstanceOf(MalformedError);
  });
});

test("a verifier needs a key it can use", () => {
  expect(() => new CallbackVerifier({})).toThrow(TypeError);
  expect(() => new CallbackVerifier({ webhookSecrets: ["AAEC"] })).toThrow(TypeError);
  expect(() => new CallbackVerifier({ webhookSecrets: [""], appKeys: ["kva"] })).toThrow(TypeError);
  expect(() => new CallbackVerifier({ webhookSecrets: [webhookSecret], appKeys: [""] })).toThrow(TypeError);
});
