/**
 * Keeps what tests have logged, for `log-scan.mjs` to search once all of them have run. Written at once and line by
 * line, one file per process: workers get in nobody's way, and one that dies loses nothing.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";

/** What of a response is watched; structural, because hosts of both Express versions use it. */
interface Answer {
  end: (...parameters: never[]) => unknown;
}

export interface RecordedLog {
  /** As a logger was given it. */
  line(level: string, fields: object, message: string): void;
  /** A value that must be in no line of any test. */
  secret(value: string): void;
  /** First middleware of an app: notes the codes the service hands out, which must be in no line of this log. */
  watchAnswers(request: unknown, response: Answer, next: () => void): void;
}

/** Errors have no members JSON would show, and what they say is what leaks. */
function whole(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (Object.prototype.toString.call(value) !== "[object Error]") return value;
  const { name, message, stack, cause, ...rest } = value as Error;
  return { name, message, stack, cause, ...rest };
}

/** Codes that agents are given to show, and codes on pages for people to read out. */
const codes = [/"user_code":"([0-9][0-9 -]*)"/g, /class="reveal-digits"[^>]*>([0-9][0-9 -]*)</g];

/** One log, such as that of one world: its codes are looked for in its own lines only, because six digits repeat. */
export function recordedLog(): RecordedLog {
  const folder = process.env.AGENT_AUTH_TEST_LOGS;
  if (folder === undefined)
    throw new Error("AGENT_AUTH_TEST_LOGS is not set: the reporter log-scan.mjs sets it.");
  const file = join(folder, `${process.pid}.ndjson`);
  const log = randomUUID();
  const write = (record: object) => appendFileSync(file, `${JSON.stringify({ log, ...record }, whole)}\n`);
  return {
    line: (level, fields, message) => write({ line: { level, message, fields } }),
    secret: (value) => write({ secret: value }),
    watchAnswers(_request, response, next) {
      const { end } = response;
      response.end = function (this: Answer, ...parameters: unknown[]) {
        const [body] = parameters;
        const text = typeof body === "string" || Buffer.isBuffer(body) ? body.toString() : "";
        for (const pattern of codes)
          for (const [, code = ""] of text.matchAll(pattern)) write({ code: code.replace(/[ -]/g, "") });
        return end.apply(this, parameters as never[]);
      };
      next();
    },
  };
}
