import { MalformedError } from "../errors.js";
import { fromUtf8 } from "./bytes.js";

/** Bounds of a payload (signing.md §2.3): bytes, and levels with the object itself as the first. */
const maxSize = 64 * 1024;
const maxDepth = 8;

/** A JSON value. The text of a number is the one of the message, because it is signed as it was typed. */
export type JsonValue =
  | { kind: "string" | "number" | "boolean"; text: string }
  | { kind: "null" }
  | { kind: "array"; items: JsonValue[] }
  | JsonObject;

export interface JsonObject {
  kind: "object";
  members: Map<string, JsonValue>;
}

/**
 * Reads exactly one JSON object by the rules of signing.md §2.3: UTF-8 without byte-order mark,
 * bounded size and depth, no member name twice. JSON.parse can do neither the last nor keep the
 * texts of numbers. Throws MalformedError.
 */
export function parseObject(text: Uint8Array): JsonObject {
  if (text.length > maxSize) throw new MalformedError(`longer than ${maxSize} bytes`);
  return new Parser(fromUtf8(text)).whole();
}

const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const stringPattern = /"((?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*)"/y;
const spacePattern = /[ \t\n\r]*/y;
const wordPattern = /true|false|null/y;
const halfPair = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): JsonObject {
    this.space();
    if (this.text[this.at] !== "{") this.fail("object expected");
    const object = this.object(1);
    this.space();
    if (this.at < this.text.length) this.fail("text after the object");
    return object;
  }

  private object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.elements("}", depth, () => {
      const name = this.string();
      if (members.has(name)) this.fail("duplicate member name");
      this.space();
      if (this.text[this.at] !== ":") this.fail("colon expected");
      this.at++;
      this.space();
      members.set(name, this.value(depth));
    });
    return { kind: "object", members };
  }

  private array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.elements("]", depth, () => items.push(this.value(depth)));
    return { kind: "array", items };
  }

  /** Reads a container from its opening bracket to its closing one. */
  private elements(closing: string, depth: number, element: () => void): void {
    if (depth > maxDepth) this.fail("nested too deeply");
    this.at++;
    this.space();
    if (this.text[this.at] === closing) {
      this.at++;
      return;
    }
    for (;;) {
      element();
      this.space();
      const c = this.text[this.at];
      this.at++;
      if (c === closing) return;
      if (c !== ",") this.fail("comma or closing bracket expected");
      this.space();
    }
  }

  private value(depth: number): JsonValue {
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth + 1);
      case "[":
        return this.array(depth + 1);
      case '"':
        return { kind: "string", text: this.string() };
    }
    const number = this.match(numberPattern);
    if (number !== undefined) return { kind: "number", text: number };
    const word = this.match(wordPattern) ?? this.fail("value expected");
    return word === "null" ? { kind: "null" } : { kind: "boolean", text: word };
  }

  private string(): string {
    const quoted = this.match(stringPattern) ?? this.fail("string expected");
    const text = JSON.parse(quoted) as string;
    if (halfPair.test(text)) this.fail("half a surrogate pair");
    return text;
  }

  private space(): void {
    this.match(spacePattern);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Never quotes the input, which may hold codes. */
  private fail(what: string): never {
    throw new MalformedError(`${what} at character ${this.at}`);
  }
}
