/** `WWW-Authenticate` values: always one legal line, completed at most once (BRR-13, RFC 9110 section 11.6.1). */
import { validateHeaderValue } from "node:http";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { buildChallenge, completeChallenges } from "../../src/protocol/challenge.js";

const anyText = fc.string({ unit: "binary" });
const nasty = fc.constantFrom('"', "\\", "\r\n", "\0", "é", "😀", '", error="x', "scope=", ",", "=");
const text = fc.array(fc.oneof(anyText, nasty), { maxLength: 4 }).map((parts) => parts.join(""));
const metadataUrl = "https://notes.example/.well-known/oauth-protected-resource";

/** Scheme and parameters of a challenge whose every parameter is a quoted string without escapes. */
function parse(challenge: string): [string, Record<string, string>] {
  const [, scheme, rest] = /^([A-Za-z]+) (.*)$/.exec(challenge) as RegExpExecArray;
  const pair = /^([a-z_]+)="([^"\\]*)"(?:, |$)/;
  const parameters: Record<string, string> = {};
  let left = rest as string;
  while (left !== "") {
    const [whole, name, value] = pair.exec(left) as RegExpExecArray;
    parameters[name as string] = value as string;
    left = left.slice((whole as string).length);
  }
  return [scheme as string, parameters];
}

describe("a challenge", () => {
  test("is one legal header line with exactly its parameters, whatever their text", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("Bearer", "AgentAuth"),
        text,
        text,
        fc.boolean(),
        (scheme, error, words, both) => {
          const challenge = buildChallenge(scheme, { error, error_description: both ? words : undefined });
          expect(() => validateHeaderValue("WWW-Authenticate", challenge)).not.toThrow();
          expect(challenge).toMatch(/^[\x20-\x7E]*$/);
          const [parsed, parameters] = parse(challenge);
          expect(parsed).toBe(scheme);
          expect(Object.keys(parameters)).toEqual(both ? ["error", "error_description"] : ["error"]);
          expect(parameters.error).toHaveLength(error.length);
        },
      ),
    );
  });

  test("leaves legal text as it is", () => {
    const words = "Exchange your identity assertion again; if that fails, register anew.";
    expect(parse(buildChallenge("Bearer", { error_description: words }))[1].error_description).toBe(words);
  });
});

describe("completing the host's challenges", () => {
  const parameter = `resource_metadata="${metadataUrl}"`;
  const challenges = fc.array(
    fc.oneof(
      text,
      fc.constantFrom(
        "Bearer",
        "bearer",
        "BEARER realm=x",
        'Bearer realm="x", error="invalid_token"',
        'Basic realm="Bearer"',
        'Basic realm="a, Bearer b"',
        'Basic realm="x", Bearer',
        'Basic realm="x", Bearer scope="y"',
        "Negotiate",
        "Bearer, Basic",
        'Bearer realm="a\\"b"',
        `Bearer ${parameter}`,
        'Bearer realm="resource_metadata=1"',
        "BearerX",
        "",
      ),
    ),
    { maxLength: 4 },
  );

  test("is idempotent: a second time changes nothing", () => {
    fc.assert(
      fc.property(challenges, (existing) => {
        const once = completeChallenges(existing, metadataUrl);
        expect(completeChallenges(once, metadataUrl)).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });

  test("keeps every challenge of the host, and adds at most one", () => {
    fc.assert(
      fc.property(challenges, (existing) => {
        const given = [...existing];
        const completed = completeChallenges(existing, metadataUrl);
        expect(existing).toEqual(given);
        expect([existing.length, existing.length + 1]).toContain(completed.length);
        expect(completed.join("\n")).toContain("resource_metadata");
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, string[], string[]]>([
    ["none", [], [`Bearer ${parameter}`]],
    ["a bare Bearer", ["Bearer"], [`Bearer ${parameter}`]],
    ["Bearer with parameters", ['Bearer realm="x"'], [`Bearer ${parameter}, realm="x"`]],
    ["Bearer before another", ["Bearer, Basic"], [`Bearer ${parameter}, Basic`]],
    ["Bearer after another", ['Basic realm="x", Bearer'], [`Basic realm="x", Bearer ${parameter}`]],
    ["another scheme", ['Basic realm="x"'], [`Bearer ${parameter}`, 'Basic realm="x"']],
    [
      "another scheme that only speaks of it",
      ['Basic realm="Bearer"'],
      [`Bearer ${parameter}`, 'Basic realm="Bearer"'],
    ],
    ["Bearer on the second line", ["Basic", "Bearer"], ["Basic", `Bearer ${parameter}`]],
    ["ours", [`Bearer ${parameter}`], [`Bearer ${parameter}`]],
    ["somebody else's metadata", ['Bearer resource_metadata="x"'], ['Bearer resource_metadata="x"']],
    [
      "a realm that only mentions it",
      ['Bearer realm="resource_metadata=1"'],
      [`Bearer ${parameter}, realm="resource_metadata=1"`],
    ],
  ])("with %s", (_what, existing, expected) => {
    expect(completeChallenges(existing, metadataUrl)).toEqual(expected);
  });
});
