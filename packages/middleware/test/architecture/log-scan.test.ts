/** The search of everything that tests have logged would find what it looks for (`test-support/log-scan.mjs`). */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import LogScan, { findLeaks, readRecords } from "../../../../test-support/log-scan.mjs";
import { recordedLog } from "../../../../test-support/recorded-log.js";
import { csrfToken } from "../../src/http/page-security.js";
import { formatMailLink } from "../../src/protocol/mail-links.js";
import { formatRefreshToken } from "../../src/protocol/refresh-token.js";
import { formatSecret, secretBytes } from "../../src/protocol/secrets.js";

const key = Buffer.alloc(32, 7);
const random = Buffer.alloc(secretBytes, 9);
const mail = { id: 17, template: "claim_link", attemptId: "clm_1", userId: null, createdAt: 1 } as const;
const subject = { action: "settle_claim", person: "usr_1", about: "clm_1" } as const;

const secrets: Record<string, string> = {
  "access token": formatSecret("access_token", 1_767_225_600_123, random),
  "claim token": formatSecret("claim_token", 1_767_225_600_123, random),
  "secret of a claim page": formatSecret("claim_attempt_token", 1_767_225_600_123, random),
  "refresh token": formatRefreshToken(key, `rtf_${"0".repeat(32)}`, 3),
  "claim link of a mail": formatMailLink(key, "claim", mail),
  "manage link of a mail": formatMailLink(key, "manage", mail),
  "signed token": `${Buffer.from('{"alg":"ES256"}').toString("base64url")}.e30.c2ln`,
  "form token": csrfToken(key, subject, 1_800_000_000),
  "e-mail address": "alice@example.com",
  "e-mail address of another script": "ålice@bücher.example",
  "Authorization header": "Bearer mF_9.B5f-4.1JqM",
  "credentials of an SMTP server": "smtp://user:hunter2@mail.example",
};

const line = (fields: object, log = "one") => ({
  log,
  line: { level: "info", message: "request answered", fields },
});

describe("a line", () => {
  test.each(Object.entries(secrets))("is found when it holds a %s, wherever", (_what, secret) => {
    expect(findLeaks([line({ secret })])).not.toEqual([]);
    expect(findLeaks([line({ error: { message: `cannot read "${secret}", sorry` } })])).not.toEqual([]);
    expect(findLeaks([line({ list: [{ deep: [`?x=${secret}&y=1`] }] })])).not.toEqual([]);
  });

  test("is found when it holds a code handed out beside it, however it is written, and in no other log", () => {
    const code = { log: "one", code: "123456" };
    for (const text of ["123456", "123-456", "code 123 456."])
      expect(findLeaks([code, line({ text })])).toEqual([expect.stringContaining("holds a code")]);
    expect(findLeaks([line({ text: "123456" }), code])).toHaveLength(1);
    expect(findLeaks([code, line({ text: "123456" }, "other")])).toEqual([]);
    expect(findLeaks([code, line({ id: "reg_1234567", hash: "a123456b" })])).toEqual([]);
  });

  test("is found when it holds a secret of any host", () => {
    const secret = "a secret of some host, long enough for it";
    expect(findLeaks([{ log: "two", secret }, line({ text: `(${secret})` })])).toHaveLength(1);
  });

  test("about a request is found when it does not say which", () => {
    expect(findLeaks([line({ route: "token" })])).toHaveLength(1);
    expect(findLeaks([line({ route: "token", requestId: "req_1" })])).toEqual([]);
  });

  test("with nothing but what we write is let pass", () => {
    const fields = {
      requestId: `req_${"0af".repeat(10)}`,
      route: "claimPage",
      status: 303,
      durationMs: 12.5,
      registrationId: `reg_${"b".repeat(32)}`,
      issuer: "https://agents.example-ai.com",
      error: { stack: "Error: no\n at /srv/node_modules/@jest/core/build/index.js:12:3 (better-sqlite3)" },
    };
    expect(findLeaks([{ log: "one", code: "123456" }, line(fields)])).toEqual([]);
  });
});

describe("a run", () => {
  const folders = process.env.AGENT_AUTH_TEST_LOGS;
  let folder: string;
  let printed: ReturnType<typeof jest.spyOn>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
    process.env.AGENT_AUTH_TEST_LOGS = folder;
    printed = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterEach(() => {
    process.env.AGENT_AUTH_TEST_LOGS = folders;
    printed.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  });
  const ran = { testFilePath: "/x/packages/middleware/test/http/token.test.ts", numPassingTests: 3 };
  const finished = (testResults = [ran]) => {
    const scan = new LogScan();
    scan.onRunComplete(null, { testResults });
    return scan.getLastError()?.message;
  };

  test("is good when nothing leaked, and its records go away", () => {
    recordedLog().line("info", { status: 200 }, "request answered");
    expect(finished()).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });

  test("fails when something did: the line is shown, and the records stay", () => {
    const log = recordedLog();
    log.line("info", { status: 200 }, "request answered");
    log.line("warn", { error: new Error(`no such token: ${secrets["access token"]}`) }, "oh dear");
    expect(finished()).toContain('"oh dear" holds an opaque token');
    expect(readRecords(folder)).toHaveLength(2);
  });

  test("fails when a code that was handed out was logged, as JSON or on a page", () => {
    for (const body of ['{"user_code":"123456"}', '<span class="reveal-digits" x="y">123-456</span>']) {
      const log = recordedLog();
      const sent: unknown[] = [];
      const response = { end: (...parts: unknown[]) => sent.push(...parts) };
      log.watchAnswers({}, response, () => response.end(Buffer.from(body)));
      expect(sent).toEqual([Buffer.from(body)]);
      log.line("debug", { typed: "123456" }, "a guess");
    }
    expect(finished()).toMatch(/(holds a code[\s\S]*){2}/);
  });

  test("fails when nothing was recorded though tests ran that log, and only then", () => {
    const elsewhere = { ...ran, testFilePath: "/x/packages/middleware/test/protocol/state.test.ts" };
    expect(finished([elsewhere, { ...ran, numPassingTests: 0 }])).toBeUndefined();
    mkdirSync(folder);
    expect(finished([elsewhere, ran])).toContain("Nothing that was logged was recorded");
  });
});
