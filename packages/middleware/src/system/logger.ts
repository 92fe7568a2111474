/**
 * Owns the logger used when the host gives none: warnings and errors only, one JSON line each on standard error. Errors
 * come described (`log.ts`).
 */
import type { Logger } from "../ports.js";

function write(level: string, fields: object, message: string): void {
  process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`);
}

export const quietLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};
