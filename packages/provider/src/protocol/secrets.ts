/** Owns opaque secrets and their comparison. Pure: random bytes come in as an argument. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Hashed } from "./model.js";

/** Random bytes in an opaque secret: 192 bits. */
export const secretBytes = 24;

/** SHA-256, base64url. Enough for secrets of 192 bits, far too little for passwords. */
export function hashSecret(secret: string): Hashed {
  return createHash("sha256").update(secret).digest("base64url") as Hashed;
}

/** The one constant-time comparison of two strings. */
export function equalInConstantTime(left: string, right: string): boolean {
  const a = createHash("sha256").update(left).digest();
  const b = createHash("sha256").update(right).digest();
  return timingSafeEqual(a, b);
}
