/** Owns the one place that draws random bytes. */
import { randomBytes } from "node:crypto";
import type { Random } from "../ports.js";

export const systemRandom: Random = { bytes: (length) => randomBytes(length) };
