import { MalformedError } from "../errors.js";

const encoder = new TextEncoder();
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** UTF-8 of a text; halves of surrogate pairs become U+FFFD. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text as its receiver will read it: halves of surrogate pairs become U+FFFD. */
export function wellFormed(text: string): string {
  return lenient.decode(encoder.encode(text));
}

/** Reads UTF-8; a byte-order mark stays. Throws MalformedError. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new MalformedError("not UTF-8");
  }
}

/** Orders by the bytes of the UTF-8 texts, which is not the order of UTF-16 units. */
export function compareUtf8(a: string, b: string): number {
  const [x, y] = [utf8(a), utf8(b)];
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] !== y[i]) return x[i]! - y[i]!;
  }
  return x.length - y.length;
}

/** Compares without telling by its duration where two texts differ. Their lengths are no secret. */
export function equalInConstantTime(a: string, b: string): boolean {
  const [x, y] = [utf8(a), utf8(b)];
  if (x.length !== y.length) return false;
  let difference = 0;
  for (let i = 0; i < x.length; i++) difference |= x[i]! ^ y[i]!;
  return difference === 0;
}

/** Standard alphabet, padded, no line breaks: what the platform and this client send. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * Decodes as leniently as signing.md §2.3 wants: standard or URL-safe alphabet (not both), padding
 * present and complete or absent, ASCII white space anywhere. Throws MalformedError.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/[ \t\n\v\f\r]/g, "");
  if (/[+/]/.test(digits) && /[-_]/.test(digits)) throw new MalformedError("base64 alphabets mixed");
  const unpadded = digits.replace(/=+$/, "");
  const padding = digits.length - unpadded.length;
  if (padding > 2 || (padding > 0 && digits.length % 4 !== 0)) throw new MalformedError("wrong base64 padding");
  if (!/^[A-Za-z0-9+/_-]*$/.test(unpadded) || unpadded.length % 4 === 1) throw new MalformedError("not base64");
  const binary = atob(unpadded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}
