/** What `login_hint` may be, at both endpoints that take one (PROTOCOL sections 3 and 4.2). */
import { domainToASCII } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openPage, type Person, register, startClaim } from "../support/world.js";
import { expectAgentRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld();
});
afterEach(() => stage.close());

const local64 = "l".repeat(64);
/** 64 + 1 + 189 characters: the longest address there is. */
const host189 = `${"h".repeat(60)}.${"h".repeat(60)}.${"h".repeat(60)}.exampl`;

const good: [string, string][] = [
  ["an address", "alice@example.com"],
  ["an address in capitals", "ALICE@EXAMPLE.COM"],
  ["an address with space around it", "  alice@example.com\t\r\n"],
  ["a tagged address", "alice+notes@example.com"],
  ["an address with dots, dashes and an apostrophe", "al.ice-o'neil_1@mail.sub-domain.example.com"],
  ["a local part of other letters", "jürgen@example.com"],
  ["a host of other letters", "alice@bücher.example"],
  ["a host in punycode", "alice@xn--bcher-kva.example"],
  ["a top-level domain of other letters", "alice@example.рф"],
  ["a host whose script needs combining marks", "alice@उदाहरण.भारत"],
  ["an address of 254 characters", `${local64}@${host189}`],
];

/** In lower case, the host in the ASCII form mail is delivered to. */
function asDelivered(hint: string): string {
  const [local = "", host = ""] = hint.trim().normalize("NFC").toLowerCase().split("@");
  return `${local}@${domainToASCII(host)}`;
}

const bad: [string, string][] = [
  ["an empty text", ""],
  ["only space", "   "],
  ["a name", "alice"],
  ["a phone number", "+15550100"],
  ["an address without a local part", "@example.com"],
  ["an address without a host", "alice@"],
  ["a host without a dot", "alice@localhost"],
  ["two at-signs", "alice@bob@example.com"],
  ["a local part of 65 characters", `${local64}l@example.com`],
  ["an address of 255 characters", `${local64}@${host189}x`],
  ["a host label of 64 characters", `alice@${"h".repeat(64)}.example`],
  ["a host that starts with a dot", "alice@.example.com"],
  ["a host with an empty label", "alice@example..com"],
  ["a host that ends with a dot", "alice@example.com."],
  ["a host label that ends with a dash", "alice@example-.com"],
  ["an address literal", "alice@[192.0.2.1]"],
  ["space inside", "alice smith@example.com"],
  ["a second mail header", "alice@example.com\r\nBcc: mallory@example.com"],
  ["a bare line feed", "alice\n@example.com"],
  ["a NUL", "alice\u0000@example.com"],
  ["a second recipient", "alice@example.com,mallory@example.com"],
  ["a second recipient after a semicolon", "alice@example.com;mallory@example.com"],
  ["a display name", "Alice <alice@example.com>"],
  ["a quoted local part", '"alice"@example.com'],
  ["a route", "@relay.example:alice@example.com"],
  ["a right-to-left override", "alice\u202E@example.com"],
  ["an isolate", "alice@exa\u2066mple.com"],
  ["a zero-width joiner", "ali\u200Dce@example.com"],
  ["a soft hyphen", "ali\u00ADce@example.com"],
  ["a byte order mark inside", "ali\uFEFFce@example.com"],
  ["a URL", "mailto:alice@example.com"],
  ["a host that begins with a combining mark", "alice@\u0301example.com"],
];

describe("a login_hint at registration", () => {
  test.each(good)("may be %s", async (_what, hint) => {
    expect((await register.serviceAuth(stage, { login_hint: hint })).status).toBe(200);
    expect(await stage.rows("claim_attempts")).toMatchObject([{ login_hint: asDelivered(hint) }]);
  });

  test.each(bad)("may not be %s", async (_what, hint) => {
    const before = await stage.snapshot();
    const response = await register.serviceAuth(stage, { login_hint: hint });
    expectAgentRefusal(response, 400, "invalid_login_hint");
    expect(await stage.snapshot()).toEqual(before);
    expect((await register.serviceAuth(stage)).status).toBe(200);
  });

  test.each<[string, string, number]>([
    ["her own address in capitals", "Alice@Example.COM", 200],
    ["her own address with space around it", " alice@example.com ", 200],
    ["a tag of her address", "alice+x@example.com", 403],
    ["an address that only looks like hers", "аlice@example.com", 403],
    ["an address that ends with hers", "malice@example.com", 403],
    ["an address that begins with hers", "alice@example.com.example", 403],
  ])("that is %s opens the page for alice with %s", async (_what, hint, status) => {
    const { body } = await register.serviceAuth(stage, { login_hint: hint });
    const page = await openPage(stage, body.claim.verification_uri, "alice" satisfies Person);
    expect(page.status).toBe(status);
  });
});

describe("a login_hint at the start of a claim", () => {
  test.each(good)("may be %s", async (_what, hint) => {
    const { body } = await register.anonymous(stage);
    expect((await startClaim(stage, body.claim_token, { login_hint: hint })).status).toBe(200);
  });

  test.each(bad)("may not be %s", async (_what, hint) => {
    const { body } = await register.anonymous(stage);
    const before = await stage.snapshot();
    const response = await startClaim(stage, body.claim_token, { login_hint: hint });
    expectAgentRefusal(response, 400, "invalid_login_hint");
    expect(await stage.snapshot()).toEqual(before);
    expect((await startClaim(stage, body.claim_token)).status).toBe(200);
  });
});
