// WebCrypto has no MD5, and node:crypto does not exist in a browser.

const shifts = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/** The additive constants of RFC 1321: the fractional parts of sines. */
const sines = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);

/** The MD5 of bytes as 32 upper-case hex digits (signing.md §3, step 7). */
export function md5(bytes: Uint8Array): string {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const words = new DataView(padded.buffer);
  words.setUint32(padded.length - 8, bytes.length << 3, true);
  words.setUint32(padded.length - 4, bytes.length >>> 29, true);

  const state: Block = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let at = 0; at < padded.length; at += 64) {
    const mixed = mix(state, words, at);
    state.forEach((word, i) => (state[i] = (word + mixed[i]!) | 0));
  }
  const out = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => out.setInt32(4 * i, word, true));
  return Array.from({ length: 16 }, (_, i) => out.getUint8(i).toString(16).padStart(2, "0")).join("").toUpperCase();
}

type Block = [number, number, number, number];

/** The 64 steps of one block of 64 bytes. */
function mix([a, b, c, d]: Block, words: DataView, at: number): Block {
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const [f, word] =
      round === 0 ? [(b & c) | (~b & d), i]
      : round === 1 ? [(d & b) | (~d & c), (5 * i + 1) & 15]
      : round === 2 ? [b ^ c ^ d, (3 * i + 5) & 15]
      : [c ^ (b | ~d), (7 * i) & 15];
    const sum = (a + f + sines[i]! + words.getUint32(at + 4 * word, true)) | 0;
    const shift = shifts[round]![i & 3]!;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [a, b, c, d];
}
