import { CallbackRejectedError, MalformedError } from "./errors.js";
import { decodeBase64, encodeBase64, equalInConstantTime, utf8 } from "./signature/bytes.js";
import { Payload } from "./signature/payload.js";

/**
 * What callbacks are checked with. With a webhookSecret the Standard Webhooks headers must be right; with
 * an appKey the member "sign" must be; with both, both. At least one is needed, and the webhookSecret is
 * the better one: its signature covers every byte and the time of the attempt.
 */
export interface CallbackOptions {
  /** whsec_… */
  readonly webhookSecret?: string;
  readonly appKey?: string;
  /** Accepted age of an attempt in seconds, both directions; 300 if left out (consume.md §9.4). */
  readonly toleranceS?: number;
  /**
   * Without a webhookSecret only the time of the event is signed, and the last attempt comes some 33 hours
   * after it (consume.md §9.5): accepted age of an event in seconds; two days if left out.
   */
  readonly eventToleranceS?: number;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A verified callback (consume.md §9.2). */
export interface Callback {
  /** The same on every attempt; do the work once per id. Undefined without a webhookSecret: then it is not signed. */
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
  constructor(private readonly options: CallbackOptions) {
    if (options.webhookSecret === undefined && !options.appKey) throw new TypeError("webhookSecret or appKey is needed");
    if (options.webhookSecret !== undefined) webhookKey(options.webhookSecret); // fails now rather than at the first callback
  }

  /**
   * Verifies a request by its headers and the bytes of its body as they arrived. Throws
   * CallbackRejectedError if it was not signed by the platform or is too old, MalformedError if it is
   * signed and cannot be understood.
   */
  async verify(headers: CallbackHeaders, body: string | Uint8Array): Promise<Callback> {
    const { webhookSecret, appKey, eventToleranceS = 172_800 } = this.options;
    const bytes = typeof body === "string" ? utf8(body) : body;
    const id = webhookSecret === undefined ? undefined : await this.verifyWebhook(headers, bytes, webhookSecret);
    const payload = Payload.parse(bytes);
    if (appKey !== undefined && !payload.verify(appKey)) throw new CallbackRejectedError("sign is wrong");
    if (webhookSecret === undefined && !payload.withinWindow(this.now(), eventToleranceS)) {
      throw new CallbackRejectedError("timestamp is missing or too far off");
    }
    return read(id, payload);
  }

  /** Returns the webhook-id of a request with a right signature (consume.md §9.4). */
  private async verifyWebhook(headers: CallbackHeaders, body: Uint8Array, secret: string): Promise<string> {
    const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => header(headers, name));
    if (!id || !timestamp || !signatures) throw new CallbackRejectedError("a webhook header is missing");
    const key = await crypto.subtle.importKey("raw", webhookKey(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const start = utf8(`${id}.${timestamp}.`);
    const signed = new Uint8Array(start.length + body.length);
    signed.set(start);
    signed.set(body, start.length);
    const want = `v1,${encodeBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)))}`;
    if (!signatures.split(" ").map((given) => equalInConstantTime(given, want)).includes(true)) {
      throw new CallbackRejectedError("no webhook-signature is right");
    }
    const { toleranceS = 300 } = this.options;
    if (!/^[0-9]{1,12}$/.test(timestamp) || Math.abs(this.now() - Number(timestamp)) > toleranceS) {
      throw new CallbackRejectedError("webhook-timestamp is too far off");
    }
    return id;
  }

  private now(): number {
    return Math.floor((this.options.now ?? Date.now)() / 1000);
  }
}

function webhookKey(secret: string): Uint8Array<ArrayBuffer> {
  const key = secret.startsWith("whsec_") ? decodeBase64(secret.slice("whsec_".length)) : new Uint8Array();
  if (key.length === 0) throw new TypeError("webhookSecret must be whsec_ and base64");
  return key;
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
    const value = Number(text(name));
    return Number.isSafeInteger(value) ? value : missing(name);
  };
  return {
    id,
    success: text("deliver_status") === "1",
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
