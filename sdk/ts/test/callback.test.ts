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

const both = { webhookSecret, appKey: "kva", now: at(attempt) };

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
    const result = new CallbackVerifier({ webhookSecret, now: at(attempt + age) }).verify(headers, new TextEncoder().encode(body));
    if (accepted) expect((await result).order_id).toBe(60);
    else await expect(result).rejects.toBeInstanceOf(CallbackRejectedError);
  });

  test("is accepted by its sign alone, without an id", async () => {
    const verifier = new CallbackVerifier({ appKey: "kva", now: at(event + 172_800) });
    expect(await verifier.verify(headers, body)).toMatchObject({ id: undefined, record_id: 78 });
    const late = new CallbackVerifier({ appKey: "kva", now: at(event + 172_801) });
    await expect(late.verify({}, body)).rejects.toBeInstanceOf(CallbackRejectedError);
  });

  test("may have new members, and lack a delivery", async () => {
    const expiry = { deliver_status: "0", error_msg: "Order Expired", machine_no: "1", order_id: 54, record_id: 70, timestamp: "1714116942", trade_id: "t", new: "x" };
    const verifier = new CallbackVerifier({ appKey: "kva", now: at(1714116942) });
    expect(await verifier.verify({}, seal(expiry, "kva"))).toMatchObject({ delivery_id: undefined, order_id: 54 });
    await expect(verifier.verify({}, seal({ timestamp: "1714116942" }, "kva"))).rejects.toBeInstanceOf(MalformedError);
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
    ["another secret", headers, body, { ...both, webhookSecret: "whsec_AAAA" }],
    ["another AppKey", headers, body, { ...both, appKey: "kvb" }],
    ["wrong sign", {}, body.replace("424A", "424B"), { appKey: "kva", now: at(event) }],
  ];
  test.each(cases)("%s", async (_name, given, text, options) => {
    await expect(new CallbackVerifier(options).verify(given, text)).rejects.toBeInstanceOf(CallbackRejectedError);
  });

  test("not an object", async () => {
    await expect(new CallbackVerifier({ appKey: "kva" }).verify({}, "[]")).rejects.toBeInstanceOf(MalformedError);
  });
});

test("a verifier needs a key it can use", () => {
  expect(() => new CallbackVerifier({})).toThrow(TypeError);
  expect(() => new CallbackVerifier({ webhookSecret: "AAEC" })).toThrow(TypeError);
  expect(() => new CallbackVerifier({ webhookSecret: "", appKey: "kva" })).toThrow(TypeError);
});
