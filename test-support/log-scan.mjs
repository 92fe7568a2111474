// Jest reporter: when all tests have run, searches everything they logged (`recorded-log.ts`) for what must never be
// logged, and fails the run when it finds some. Also fails when nothing was recorded, which would find nothing.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const patterns = {
  "an opaque token": /(?<![A-Za-z0-9])(?:at|ct|cat|rt|cml|cmd|cmm)_[\w-]{16,}/,
  "a signed token": /(?<![\w-])eyJ[\w-]{8,}/,
  "a form token or a cookie": /(?<!\d)\d{9,12}\.[\w-]{43}(?![\w-])/,
  "an e-mail address": /[\p{L}\p{N}._+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u,
  credentials: /\b(?:Bearer|Basic) +[\w.~+/-]{8,}|:\/\/(?!\[credentials\]@)[^/?#\s"@]+@/i,
};

/** A code as people write it: 123456, 123-456, 123 456. */
const codePattern = (code) => new RegExp(`(?<![\\w])${code.slice(0, 3)}[ -]?${code.slice(3)}(?![\\w])`);

/**
 * Records are `{log, line: {level, message, fields}}`, `{log, code}` and `{log, secret}`. Answers one sentence per
 * finding; each names the line's message and what it holds, and shows the line.
 */
export function findLeaks(records) {
  const secrets = [...new Set(records.flatMap(({ secret }) => secret ?? []))];
  const codesOf = new Map();
  for (const { log, code } of records)
    if (code !== undefined) codesOf.set(log, (codesOf.get(log) ?? new Set()).add(code));

  return records.flatMap(({ log, line }) => {
    if (line === undefined) return [];
    const text = JSON.stringify(line);
    const found = Object.entries(patterns).flatMap(([what, pattern]) => (pattern.test(text) ? [what] : []));
    if (secrets.some((secret) => text.includes(secret))) found.push("a secret of the host's");
    for (const code of codesOf.get(log) ?? []) if (codePattern(code).test(text)) found.push("a code");
    const isAboutRequest = line.fields?.route !== undefined;
    if (isAboutRequest && line.fields.requestId === undefined) found.push("a request, and no requestId");
    return found.map((what) => `"${line.message}" holds ${what}: ${text}`);
  });
}

export function readRecords(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ndjson"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"))
    .map((text) => JSON.parse(text));
}

const longestReport = 20;
/** Tests of this folder cannot run without logging something. */
const logging = /[/\\]middleware[/\\]test[/\\]http[/\\]/;

export default class LogScan {
  #failure;

  /** Makes the folder into which tests record what they log. Workers start later and inherit the environment. */
  onRunStart() {
    const results = fileURLToPath(new URL("../.test-results", import.meta.url));
    mkdirSync(results, { recursive: true });
    process.env.AGENT_AUTH_TEST_LOGS = mkdtempSync(join(results, "logs-"));
  }

  onRunComplete(_contexts, { testResults }) {
    const folder = process.env.AGENT_AUTH_TEST_LOGS;
    if (folder === undefined) return;
    const records = readRecords(folder);
    const leaks = findLeaks(records);
    const mustHaveLogged = testResults.some(
      ({ testFilePath, numPassingTests }) => logging.test(testFilePath) && numPassingTests > 0,
    );
    if (leaks.length > 0) this.#fail([`Secrets were logged; the lines are in ${folder}`, ...leaks]);
    else if (mustHaveLogged && !records.some(({ line }) => line !== undefined))
      this.#fail(["Nothing that was logged was recorded, so it could not be searched for secrets."]);
    if (leaks.length === 0) rmSync(folder, { recursive: true, force: true });
  }

  #fail(sentences) {
    const shown = sentences.slice(0, longestReport);
    const rest = sentences.length - shown.length;
    this.#failure = new Error([...shown, ...(rest > 0 ? [`… and ${rest} more`] : [])].join("\n"));
    process.stderr.write(`\n${this.#failure.message}\n`);
  }

  /** What jest asks to learn whether the run is good. */
  getLastError() {
    return this.#failure;
  }
}
