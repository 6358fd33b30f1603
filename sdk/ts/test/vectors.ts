import { readFileSync } from "node:fs";

/** Reads a file of the folder api of the repository. */
export function api<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../api/${name}`, import.meta.url), "utf8")) as T;
}
