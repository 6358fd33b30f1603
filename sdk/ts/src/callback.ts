import { CallbackRejectedError, MalformedError } from "./errors.js";
import { decodeBase64, encodeBase64, equalInConstantTime, utf8 } from "./signature/bytes.js";
import { Payload } from "./signature/payload.js";

/**
 * What callbacks are checked with. With webhookSecrets the Standard Webhooks headers must be right; with
 * appKeys the member "sign" must be; with both, both. At least one is needed, and a webhook secret is the
 * better one: its signature covers every byte and the time of the attempt. One of a kind is enough, but
 * while a secret is changed there may be two.
 */
export interface CallbackOptions {
  /** whsec_… */
  readonly webhookSecrets?: readonly string[];
  readonly appKeys?: readonly string[];
  /** Accepted age of an attempt in seconds, and how far clocks may differ; 300 if left out (consume.md §9.4). */
  readonly toleranceS?: number;
  /**
   * Without webhookSecrets only the time of the event is signed, and a dead letter may be sent again a month
   * later (consume.md §9.5): accepted age of an event in seconds; 32 days if left out.
   */
  readonly eventToleranceS?: number;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A verified callback (consume.md §9.2). */
export interface Callback {
  /** The same on every attempt; do the work once per id. Undefined without webhookSecrets: then it is not signed. */
  readonly id: string | undefined;
  /** True if the goods dropped. */
  readonly success: boolean;
  /** Missing in the message of an order that expired unpaid. */
  readonly delivery_id: string | undefined;
  readonly order_id: number;
  readonly record_id: number;
  readonly trade_id: string;
  readonly machine_no: string;
  /** "" after a success (errors.md §3.3). */
  readonly error_msg: string;
  /** State of the channel, if the machine told it (errors.md §3.1). */
  readonly floor_status: string | undefined;
  /** Unix seconds of the event. */
  readonly timestamp: number;
  /** Everything that was received. */
  readonly payload: Payload;
}

/** Headers of a request: of fetch, or of Node's http module. */
export type CallbackHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>;

/** Verifies what is posted to a notify_url. */
export class CallbackVerifier {
  private readonly webhookKeys: Uint8Array<ArrayBuffer>[];
  private readonly appKeys: readonly string[];

  constructor(private readonly options: CallbackOptions) {
    this.webhookKeys = (options.webhookSecrets ?? []).map(webhookKey);
    this.appKeys = options.appKeys ?? [];
    if (this.appKeys.includes("")) throw new TypeError("an AppKey is empty");
    if (this.webhookKeys.length + this.appKeys.length === 0) throw new TypeError("webhookSecrets or appKeys are needed");
  }

  /**
   * Verifies a request by its headers and the bytes of its body as they arrived. Throws
   * CallbackRejectedError if it was not signed by the platform or is too old, MalformedError if it
   * cannot be understood.
   */
  async verify(headers: CallbackHeaders, body: string | Uint8Array): Promise<Callback> {
    const { toleranceS = 300, eventToleranceS = 32 * 86_400 } = this.options;
    const bytes = typeof body === "string" ? utf8(body) : body;
    const signedByHeaders = this.webhookKeys.length > 0;
    const id = signedByHeaders ? await this.verifyWebhook(headers, bytes, toleranceS) : undefined;
    const payload = Payload.parse(bytes);
    if (this.appKeys.length > 0 && !payload.verify(...this.appKeys)) throw new CallbackRejectedError("sign is wrong");
    const callback = read(id, payload);
    if (!signedByHeaders && !this.within(callback.timestamp, eventToleranceS, toleranceS)) {
      throw new CallbackRejectedError("timestamp is too far off");
    }
    return callback;
  }

  /** Returns the webhook-id of a request with a right signature (consume.md §9.4). */
  private async verifyWebhook(headers: CallbackHeaders, body: Uint8Array, tolerance: number): Promise<string> {
    const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => header(headers, name));
    if (!id || !timestamp || !signatures) throw new CallbackRejectedError("a webhook header is missing");
    const start = utf8(`${id}.${timestamp}.`);
    const signed = new Uint8Array(start.length + body.length);
    signed.set(start);
    signed.set(body, start.length);
    const wanted = await Promise.all(this.webhookKeys.map((key) => signature(key, signed)));
    const matches = signatures.split(" ").flatMap((given) => wanted.map((want) => equalInConstantTime(given, want)));
    if (!matches.includes(true)) throw new CallbackRejectedError("no webhook-signature is right");
    if (!/^[0-9]{1,12}$/.test(timestamp) || !this.within(Number(timestamp), tolerance, tolerance)) {
      throw new CallbackRejectedError("webhook-timestamp is too far off");
    }
    return id;
  }

  /** Tells whether a time is at most `age` seconds old, and not more than `ahead` in the future. */
  private within(timestamp: number, age: number, ahead: number): boolean {
    const passed = Math.floor((this.options.now ?? Date.now)() / 1000) - timestamp;
    return passed <= age && passed >= -ahead;
  }
}

function webhookKey(secret: string): Uint8Array<ArrayBuffer> {
  const key = secret.startsWith("whsec_") ? decodeBase64(secret.slice("whsec_".length)) : new Uint8Array();
  if (key.length === 0) throw new TypeError("a webhook secret is whsec_ and base64");
  return key;
}

/** One signature of Standard Webhooks. */
async function signature(secret: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `v1,${encodeBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)))}`;
}

function header(headers: CallbackHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = headers[name];
  return Array.isArray(value) ? undefined : value;
}

function read(id: string | undefined, payload: Payload): Callback {
  const optional = (name: string): string | undefined => {
    const value = payload.members.get(name);
    return value?.kind === "string" || value?.kind === "number" ? value.text : undefined;
  };
  const text = (name: string): string => optional(name) ?? missing(name);
  const number = (name: string): number => {
    const value = text(name);
    return /^[0-9]{1,15}$/.test(value) && Number(value) > 0 ? Number(value) : missing(name);
  };
  const status = text("deliver_status");
  if (status !== "0" && status !== "1") missing("deliver_status");
  if (text("method") !== "device.delivery.response") missing("method");
  if (!payload.withinWindow(0, 0)) missing("timestamp");
  return {
    id,
    success: status === "1",
    delivery_id: optional("delivery_id"),
    order_id: number("order_id"),
    record_id: number("record_id"),
    trade_id: text("trade_id"),
    machine_no: text("machine_no"),
    error_msg: text("error_msg"),
    floor_status: optional("floor_status"),
    timestamp: number("timestamp"),
    payload,
  };
}

function missing(name: string): never {
  throw new MalformedError(`a callback without a usable ${name}`);
}
