import { MalformedError } from "../errors.js";
import { compareUtf8, utf8 } from "./bytes.js";
import type { JsonObject, JsonValue } from "./json.js";
import { md5 } from "./md5.js";

/**
 * How names and texts are written in the canonical string (signing.md §3). The platform and this
 * client sign in the raw form; "escaped" is form-urlencoded, "escaped-java" its dialect in Java.
 */
export type Form = "raw" | "escaped" | "escaped-java";

/** Every form that a received signature may have. */
export const forms: readonly Form[] = ["raw", "escaped", "escaped-java"];

/** One name=text of the canonical string. */
export type Pair = readonly [name: string, text: string];

/** How long all names and texts may be together: nesting repeats the names above a value. */
const maxFlat = 1 << 20;

/** The pairs of an object that are signed, in their order (signing.md §3, steps 1 to 4). */
export function flatten(object: JsonObject): Pair[] {
  const pairs: Pair[] = [];
  let size = 0;
  const add = (name: string, value: JsonValue): void => {
    switch (value.kind) {
      case "null":
        return;
      case "object":
        value.members.forEach((member, key) => add(`${name}[${key}]`, member));
        return;
      case "array":
        value.items.forEach((item, i) => add(`${name}[${i}]`, item));
        return;
    }
    if (!counts(value.text)) return;
    size += name.length + value.text.length;
    if (size > maxFlat) throw new MalformedError("flattened names and texts are too long");
    pairs.push([name, value.text]);
  };
  object.members.forEach((value, name) => name !== "sign" && add(name, value));
  return sorted(pairs);
}

/** Tells whether a text enters the signature at all (signing.md §3, step 3). */
export function counts(text: string): boolean {
  return text !== "" && text !== "NULL";
}

/** Orders pairs by the bytes of their unescaped names. */
export function sorted(pairs: Pair[]): Pair[] {
  return pairs.sort(([a], [b]) => compareUtf8(a, b));
}

/** The string that is hashed (signing.md §3). It ends with the key: as secret as the key itself. */
export function canonical(pairs: readonly Pair[], form: Form, key: string): string {
  const write = form === "raw" ? (text: string) => text : (text: string) => escape(text, form);
  return `${pairs.map(([name, text]) => `${write(name)}=${write(text)}`).join("&")}&key=${key}`;
}

/** The signature: 32 upper-case hex digits. */
export function sign(pairs: readonly Pair[], form: Form, key: string): string {
  return md5(utf8(canonical(pairs, form, key)));
}

function escape(text: string, form: Form): string {
  const java = form === "escaped-java";
  return encodeURIComponent(text).replace(/%20|[!'()*~]/g, (c) => {
    if (c === "%20") return "+";
    if (c === (java ? "*" : "~")) return c;
    return `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
