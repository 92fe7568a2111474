/** Owns random bytes that repeat with their seed. For tests: anybody who knows the seed knows every secret. */
import { createHash } from "node:crypto";
import type { Random } from "../ports.js";

/** SHA-256 in counter mode over the seed. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  return {
    bytes(length) {
      const blocks: Buffer[] = [];
      for (let size = 0; size < length; size += 32) {
        blocks.push(createHash("sha256").update(`${seed}:${counter}`).digest());
        counter += 1;
      }
      return Buffer.concat(blocks).subarray(0, length);
    },
  };
}
