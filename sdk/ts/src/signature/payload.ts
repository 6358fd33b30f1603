import { MalformedError } from "../errors.js";
import { decodeBase64, encodeBase64, equalInConstantTime, utf8, wellFormed } from "./bytes.js";
import { canonical, counts, flatten, type Form, forms, type Pair, sign, sorted } from "./canonical.js";
import { type JsonValue, parseObject } from "./json.js";

/** What a signed message carries: texts, and integers where the contract has JSON numbers. */
export type Members = Readonly<Record<string, string | number | bigint>>;

/** A payload object as it was received, with what its signature covers. */
export class Payload {
  private constructor(
    /** Members by name; nested ones keep their structure. */
    readonly members: ReadonlyMap<string, JsonValue>,
    private readonly pairs: readonly Pair[],
  ) {}

  /** Reads the JSON text of a payload by the rules of signing.md §2.3. Throws MalformedError. */
  static parse(text: string | Uint8Array): Payload {
    const object = parseObject(typeof text === "string" ? utf8(text) : text);
    return new Payload(object.members, flatten(object));
  }

  /** Reads an HTTP body {"payload":"<base64>"} (signing.md §2.1). Throws MalformedError. */
  static fromEnvelope(body: string | Uint8Array): Payload {
    const outer = parseObject(typeof body === "string" ? utf8(body) : body);
    const payload = outer.members.get("payload");
    if (payload?.kind !== "string") throw new MalformedError('no string "payload"');
    return Payload.parse(decodeBase64(payload.text));
  }

  /** The string whose MD5 is the signature. As secret as the key: never log it. */
  canonical(form: Form, key: string): string {
    return canonical(this.pairs, form, key);
  }

  /** The signature of the payload in one form. */
  sign(form: Form, key: string): string {
    return sign(this.pairs, form, key);
  }

  /**
   * Tells whether the member "sign" is the signature in any form with any of the keys (signing.md §4,
   * steps 2 to 4). All of them are compared, in constant time. An empty key matches nothing.
   */
  verify(...keys: string[]): boolean {
    const given = this.members.get("sign");
    if (given?.kind !== "string" || !/^[0-9A-Fa-f]{32}$/.test(given.text)) return false;
    const upper = given.text.toUpperCase();
    const usable = keys.filter((key) => key !== "");
    return usable.flatMap((key) => forms.map((form) => equalInConstantTime(this.sign(form, key), upper))).includes(true);
  }

  /**
   * Tells whether "timestamp" is 10 digits and at most window seconds away from now (Unix seconds,
   * signing.md §4, step 5). Window 0 accepts every distance.
   */
  withinWindow(now: number, window: number): boolean {
    const given = this.members.get("timestamp");
    if ((given?.kind !== "string" && given?.kind !== "number") || !/^[0-9]{10}$/.test(given.text)) return false;
    return window === 0 || Math.abs(now - Number(given.text)) <= window;
  }
}

/**
 * Signs members in the raw form and returns compact JSON, sorted by name, with "sign" added
 * (signing.md §5). Empty texts stay in the JSON though they are not signed.
 */
export function seal(members: Members, key: string): string {
  const signed: Pair[] = [];
  const written: Pair[] = [];
  for (const [rawName, value] of Object.entries(members)) {
    if (rawName === "sign") continue;
    const [name, text] = [wellFormed(rawName), wellFormed(String(value))];
    if (counts(text)) signed.push([name, text]);
    written.push([name, typeof value === "string" ? JSON.stringify(text) : text]);
  }
  written.push(["sign", JSON.stringify(sign(sorted(signed), "raw", key))]);
  return `{${sorted(written).map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

/** Signs members and returns the HTTP body {"payload":"<base64>"} (signing.md §2.1). */
export function envelope(members: Members, key: string): string {
  return `{"payload":"${encodeBase64(utf8(seal(members, key)))}"}`;
}
