import { describe, expect, test } from "vitest";
import { MalformedError } from "../src/errors.js";
import { decodeBase64, encodeBase64, utf8 } from "../src/signature/bytes.js";
import { md5 } from "../src/signature/md5.js";
import { envelope, type Members, Payload, seal } from "../src/signature/payload.js";
import { api } from "./vectors.js";

const signatures = api<{
  vectors: {
    name: string;
    key: string;
    payload_json: string;
    http_body?: string;
    mqtt_body?: string;
    canonical_r: string;
    canonical_e: string;
    canonical_e_java?: string;
    sign_r: string;
    sign_e: string;
    sign_e_java?: string;
  }[];
}>("vectors/signatures.json");

describe("signatures.json", () => {
  test("is whole", () => expect(signatures.vectors.length).toBeGreaterThan(40));
  test.each(signatures.vectors)("$name", (v) => {
    const payload = Payload.parse(v.payload_json);
    const wanted = [
      ["raw", v.canonical_r, v.sign_r],
      ["escaped", v.canonical_e, v.sign_e],
      ["escaped-java", v.canonical_e_java ?? v.canonical_e, v.sign_e_java ?? v.sign_e],
    ] as const;
    for (const [form, canonical, sign] of wanted) {
      expect(payload.canonical(form, v.key)).toBe(canonical);
      expect(payload.sign(form, v.key)).toBe(sign);
    }
    if (v.http_body) expect(Payload.fromEnvelope(v.http_body)).toEqual(payload);
    if (v.mqtt_body) expect(Payload.parse(decodeBase64(v.mqtt_body))).toEqual(payload);
  });
});

interface Malformed {
  name: string;
  payload_json?: string;
  payload_base64?: string;
}
const negative = api<{
  verification: { name: string; key: string; payload_json: string; server_time: number; window_s: number; code: number }[];
  malformed_payloads: Malformed[];
  malformed_bodies: { name: string; body: string }[];
  accepted_bodies: { name: string; body: string; payload_json: string }[];
}>("vectors/negative.json");

describe("negative.json", () => {
  test.each(negative.verification)("verification: $name", (v) => {
    const payload = Payload.parse(v.payload_json);
    const code = !payload.verify(v.key) ? 10015 : !payload.withinWindow(v.server_time, v.window_s) ? 10016 : 0;
    expect(code).toBe(v.code);
  });
  test.each(negative.malformed_payloads)("malformed payload: $name", (v) => {
    const bytes = v.payload_base64 ? decodeBase64(v.payload_base64) : utf8(v.payload_json!);
    expect(() => Payload.parse(bytes)).toThrow(MalformedError);
    expect(() => Payload.fromEnvelope(`{"payload":"${encodeBase64(bytes)}"}`)).toThrow(MalformedError);
  });
  test.each(negative.malformed_bodies)("malformed body: $name", (v) => {
    expect(() => Payload.fromEnvelope(v.body)).toThrow(MalformedError);
  });
  test.each(negative.accepted_bodies)("accepted body: $name", (v) => {
    expect(Payload.fromEnvelope(v.body)).toEqual(Payload.parse(v.payload_json));
  });
});

const base64 = api<{ cases: { name: string; text: string; hex?: string; refused?: boolean }[] }>("vectors/base64.json");

describe("base64.json", () => {
  test.each(base64.cases)("$name", (v) => {
    if (v.refused) expect(() => decodeBase64(v.text)).toThrow(MalformedError);
    else expect(Buffer.from(decodeBase64(v.text)).toString("hex")).toBe(v.hex);
  });
});

const sealed = api<{ messages: { name: string; kind: string; key: string; members_json: string; body: string }[] }>("vectors/sealed.json");

describe("sealed.json", () => {
  test.each(sealed.messages)("$name", (v) => {
    const members: Record<string, string | bigint> = {};
    for (const [name, value] of Payload.parse(v.members_json).members) {
      if (value.kind === "number") members[name] = BigInt(value.text);
      else if (value.kind === "string" && (value.text !== "" || v.kind !== "mqtt")) members[name] = value.text;
    }
    const write: Record<string, (m: Members) => string> = {
      callback: (m) => seal(m, v.key),
      http: (m) => envelope(m, v.key),
      mqtt: (m) => encodeBase64(utf8(seal(m, v.key))),
    };
    expect(write[v.kind]!(members)).toBe(v.body);
  });
});

test("a payload is bounded before it is read", () => {
  const nested = `{"${"n".repeat(30_000)}":[${"1,".repeat(15_000)}1]}`;
  expect(() => Payload.parse(`{"a":"${"x".repeat(64 * 1024)}"}`)).toThrow(/longer than/);
  expect(() => Payload.parse(nested)).toThrow(/flattened/);
});

test("what is sealed is what the receiver reads, also for half a surrogate pair", () => {
  expect(Payload.parse(seal({ "a\ud800": "b\udc00", sign: "replaced" }, "kva")).verify("kva")).toBe(true);
});

test("an empty key matches nothing", () => {
  expect(Payload.parse(seal({ a: "1" }, "")).verify("")).toBe(false);
});

test("md5 at the edges of its blocks", async () => {
  const { createHash } = await import("node:crypto");
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const bytes = new Uint8Array(length).fill(0xa5);
    expect(md5(bytes)).toBe(createHash("md5").update(bytes).digest("hex").toUpperCase());
  }
});
