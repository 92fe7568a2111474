/** What must not be written down is taken out of the words of others, and nothing else is. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatMailLink } from "../../src/protocol/mail-links.js";
import { withoutSecrets } from "../../src/protocol/redaction.js";
import { formatRefreshToken } from "../../src/protocol/refresh-token.js";
import { formatSecret, secretBytes } from "../../src/protocol/secrets.js";

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const mail = { id: 17, template: "claim_link", attemptId: "clm_1", userId: null, createdAt: 1 } as const;
const secret = fc.oneof(
  ...(["access_token", "claim_token", "claim_attempt_token"] as const).map((purpose) =>
    bytes(secretBytes).map((random): string => formatSecret(purpose, 1_767_225_600_123, random)),
  ),
  bytes(32).map((key) => formatRefreshToken(key, `rtf_${"0a".repeat(16)}`, 12)),
  ...(["claim", "deny", "manage"] as const).map((purpose) =>
    bytes(32).map((key) => formatMailLink(key, purpose, mail)),
  ),
  bytes(40).map(
    (body) => `${Buffer.from('{"alg":"ES256"}').toString("base64url")}.${body.toString("base64url")}.c2ln`,
  ),
);
/** What stands around a value where others quote it. */
const around = fc.constantFrom(
  ["", ""],
  ["token ", " is bad"],
  ['{"token":"', '"}'],
  ["https://notes.example/agent/claim/", "/x"],
  ["(", ")"],
  ["\n", "\n"],
  ["Authorization: Bearer ", ""],
  ["x=", ";"],
);

describe("what must not be written down", () => {
  test("is none of our secrets, wherever it stands", () => {
    fc.assert(
      fc.property(secret, around, (value, [before = "", after = ""]) => {
        const kept = withoutSecrets(before + value + after);
        expect(kept).not.toContain(value);
        // Not a recognisable part of it either.
        expect(kept).not.toContain(value.slice(-20));
        expect(kept.endsWith(after)).toBe(true);
      }),
    );
  });

  test("is no mail address, in whatever script and form", () => {
    const odd = [
      "ålice@bücher.example",
      "alice@localhost",
      "a+b@xn--bcher-kva.example",
      "me@[192.0.2.1]",
      "用户@例え.jp",
    ];
    fc.assert(
      fc.property(
        fc.oneof(fc.emailAddress(), fc.constantFrom(...odd)),
        around,
        (address, [before = "", after = ""]) => {
          fc.pre(!/[/\\]/.test(address));
          const kept = withoutSecrets(before + address + after);
          expect(kept).not.toContain(address);
          expect(kept).toMatch(/\[(address|secret)\]/);
        },
      ),
    );
  });

  test.each([
    ["Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
    ["authorization=DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", "Kz~8mXK1"],
    ["postgres://agent:p4ss@db.example/x", "p4ss"],
    ["smtp://only-a-key@mail.example", "only-a-key"],
  ])("is no credential: %s", (text, credential) => {
    expect(withoutSecrets(text)).not.toContain(credential);
  });
});

test("what is behind the question mark of an address of the web is no log's business", () => {
  const text = 'fetch of "https://idp.example/keys?token=hunter2&x=1" failed (http://a.example/?b)';
  expect(withoutSecrets(text)).toBe(
    'fetch of "https://idp.example/keys?[query]" failed (http://a.example/?[query])',
  );
});

describe("everything else", () => {
  test.each([
    "SQLITE_BUSY: database is locked",
    "Error: no\n    at dispatch (/srv/app/node_modules/@agent-auth/middleware/dist/http/router.js:12:3)",
    "reg_0af1 has no attempt clm_0af2 in job_0af3",
    "https://agents.example-ai.com/.well-known/jwks.json answered 503",
    "at_work is a word, and so is cat_food",
    "",
  ])("is kept: %s", (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  test("is cut where it is longer than a log line should be", () => {
    expect(withoutSecrets("x".repeat(50_000))).toHaveLength(8000);
  });
});
