/** Owns opaque secrets. Pure: random bytes come in as an argument. */
import { createHash } from "node:crypto";
import type { Hashed } from "./model.js";

/** Random bytes in an opaque secret: 192 bits. */
export const secretBytes = 24;

/** SHA-256, base64url. Enough for secrets of 192 bits, far too little for passwords. */
export function hashSecret(secret: string): Hashed {
  return createHash("sha256").update(secret).digest("base64url") as Hashed;
}
