/** Owns the logger used when the host gives none: warnings and errors only, one JSON line each on standard error. */
import type { Logger } from "../ports.js";

/** Errors have no members JSON would show. */
function readable(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { name, message, stack, ...(cause === undefined ? {} : { cause }) };
}

function write(level: string, fields: object, message: string): void {
  process.stderr.write(`${JSON.stringify({ level, message, ...fields }, readable)}\n`);
}

export const quietLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};
