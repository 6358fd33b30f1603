import { Client, type ClientOptions } from "../src/index.js";
import { Payload } from "../src/signature/payload.js";

/** An answer of the platform as the test scripts it, or what happens instead of one. */
export type Scripted = { status?: number; answer?: unknown; text?: string; headers?: Record<string, string> } | Error;

export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  redirect: RequestRedirect | undefined;
  body: unknown;
  /** The verified payload as JSON values, without sign and timestamp; undefined if there was none. */
  payload: Record<string, unknown> | undefined;
}

export const ok = (data: unknown): Scripted => ({ answer: { code: 0, message: "ok", data } });
export const refusal = (code: number, data: object = {}, status = 200): Scripted => ({ status, answer: { code, message: "no", data } });
export const broken = new TypeError("fetch failed");

/** A client whose platform answers as scripted, one answer per attempt. */
export function clientOf(script: Scripted[], options: Partial<ClientOptions> = {}) {
  const received: Received[] = [];
  const waits: number[] = [];
  const fake = async (url: string, init: RequestInit): Promise<Response> => {
    const body = init.body ? (JSON.parse(init.body as string) as Record<string, unknown>) : undefined;
    received.push({
      method: init.method!,
      path: url.replace("https://platform.example/api/openapi/v1", ""),
      headers: init.headers as Record<string, string>,
      redirect: init.redirect,
      body,
      payload: typeof body?.payload === "string" ? payloadOf(init.body as string) : undefined,
    });
    const next = script.shift();
    if (!next) throw new Error("a call too many");
    if (next instanceof Error) throw next;
    const text = next.text ?? JSON.stringify(next.answer);
    return new Response(text, { status: next.status ?? 200, headers: next.headers ?? {} });
  };
  const client = new Client({
    baseUrl: "https://platform.example/",
    appId: "vm0123456789abcdef",
    appSecret: "0123456789abcdef0123456789abcdef",
    appKey: "kva",
    now: () => 1_714_353_655_999,
    random: () => 0,
    sleep: async (ms) => void waits.push(ms),
    fetch: fake as unknown as typeof fetch,
    ...options,
  });
  return { client, received, waits, script };
}

function payloadOf(body: string): Record<string, unknown> {
  const payload = Payload.fromEnvelope(body);
  if (!payload.verify("kva") || !payload.withinWindow(1_714_353_655, 1)) throw new Error("signed wrongly");
  const values: Record<string, unknown> = {};
  for (const [name, value] of payload.members) {
    if (name === "sign" || name === "timestamp") continue;
    if (value.kind !== "string") throw new Error(`${name} is not sent as a string`);
    values[name] = value.text;
  }
  return values;
}
