// Prints what the first visit loads, and fails above the bound.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const bound = 200 * 1024;
const dist = new URL("../dist/", import.meta.url);
let total = 0;
for (const name of readdirSync(dist).sort()) {
  const size = gzipSync(readFileSync(new URL(name, dist))).length;
  total += size;
  console.log(`${name.padEnd(12)} ${(size / 1024).toFixed(1)} KiB gzip`);
}
console.log(`first load   ${(total / 1024).toFixed(1)} of ${bound / 1024} KiB gzip`);
if (total > bound) process.exit(1);
