/**
 * Owns the one way to the host's logger. Every line of this service passes here, so that it holds what is written in
 * one form, no secret even where the words are somebody else's, and so that a logger that throws breaks nothing.
 */
import type { Logger } from "../ports.js";
import { withoutSecrets } from "../protocol/redaction.js";

const deepest = 4;
const longestList = 20;

/** Errors have no members JSON would show; pino shows them under one name only. */
function describeError(error: Error, depth: number): object {
  const { name, message, stack, cause } = error;
  const code: unknown = "code" in error ? error.code : undefined;
  return {
    name,
    message: withoutSecrets(message),
    ...(typeof code === "string" ? { code: withoutSecrets(code) } : {}),
    ...(stack === undefined ? {} : { stack: withoutSecrets(stack) }),
    ...(cause === undefined ? {} : { cause: presentable(cause, depth + 1) }),
  };
}

// Errors of another realm, such as a test's or a worker's, are no `instanceof Error` of ours.
const isError = (value: object): value is Error =>
  value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

function presentable(value: unknown, depth: number): unknown {
  if (typeof value === "string") return withoutSecrets(value);
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
  if (depth > deepest) return "[more]";
  if (isError(value)) return describeError(value, depth);
  if (Array.isArray(value)) return value.slice(0, longestList).map((item) => presentable(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, presentable(member, depth + 1)]),
  );
}

/** What may be logged of these fields. */
export function redacted(fields: object): object {
  return presentable(fields, 0) as object;
}

/** The host's logger, safe to be given anything. */
export function createLog(target: Logger): Logger {
  const to = (level: keyof Logger) => (fields: object, message: string) => {
    try {
      target[level](redacted(fields), message);
    } catch {
      // Whoever cannot log is the host's to notice: a request must not fail for it.
    }
  };
  return { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
}
