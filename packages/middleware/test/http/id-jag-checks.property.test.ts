/** Mutations of a valid ID-JAG, by the hundred: always refused, always by the check that is meant (PROTOCOL section 3). */
import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { casesOf } from "../support/database.js";
import { strictClaims, strictProvider } from "../support/id-jag-faults.js";
import { type Members, sealed } from "../support/issuer.js";
import {
  expectNamed,
  type ProviderWorld,
  providerWorld,
  type RefusalName,
  registerBy,
} from "../support/issuer-world.js";
import { issuer } from "../support/world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld({ provider: strictProvider });
});

const now = 1_767_225_600;
type Verdict = RefusalName | "accepted";
const isDate = (value: unknown): value is number => typeof value === "number" && value >= 0;
const isText = (value: unknown) => typeof value === "string" && value !== "" && value.length <= 255;
const when = (good: boolean, refusal: RefusalName): Verdict => (good ? "accepted" : refusal);

/** PROTOCOL section 3 once more: what one changed claim leads to while the others are good. `undefined`: left out. */
const claimVerdicts: Record<string, (value: unknown) => Verdict> = {
  iss: () => "issuer_not_enabled",
  aud: (value) =>
    when(
      value === issuer || (Array.isArray(value) && value.length === 1 && value[0] === issuer),
      "audience_mismatch",
    ),
  exp: (value) => {
    if (isDate(value) && value + 60 <= now) return "credential_expired";
    return when(isDate(value) && value > now && value - now <= 600, "invalid_assertion");
  },
  nbf: (value) => when(value === undefined || (isDate(value) && value <= now + 60), "invalid_assertion"),
  iat: (value) => when(isDate(value) && value <= now + 60 && now + 300 - value <= 600, "invalid_assertion"),
  sub: (value) => when(isText(value), "invalid_assertion"),
  jti: (value) => when(isText(value), "invalid_assertion"),
  client_id: (value) => when(value === "agent-1", "invalid_client_id"),
  cnf: (value) => when(value === undefined, "invalid_assertion"),
  authorization_details: (value) => when(value === undefined, "invalid_assertion"),
  email: (value) => when(value === undefined, "missing_verified_email"),
  email_verified: (value) => when(value === true, "missing_verified_email"),
  amr: (value) => when(Array.isArray(value) && value.includes("mfa"), "policy_not_met"),
  auth_time: (value) => when(isDate(value) && value <= now + 60 && now - value <= 3600, "login_required"),
};
const headerVerdicts: Record<string, (value: unknown) => Verdict> = {
  typ: () => "invalid_assertion",
  crit: (value) => when(value === undefined, "invalid_assertion"),
  alg: () => "invalid_assertion",
  kid: (value) =>
    value === undefined ? "accepted" : isText(value) ? "invalid_signature" : "invalid_assertion",
};

const values = fc.oneof(
  fc.jsonValue(),
  fc.constant(undefined),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.double(),
  fc.integer({ min: now - 5000, max: now + 5000 }),
  fc.integer({ min: now - 5000, max: now + 5000 }).map(String),
  fc.constantFrom(issuer, [issuer, issuer], [issuer], true, "true", "mfa", ["mfa"], "", "__proto__"),
);
/** What arrives: JSON has no NaN, no infinity and no negative zero. */
const arriving = (value: unknown) =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? "null");

async function expectVerdict(header: Members, claims: Members, verdict: Verdict): Promise<void> {
  const jti = claims.jti;
  const { idp } = stage;
  const before = await stage.snapshot();
  const parts = idp.parts({ header, claims: { ...strictClaims, ...claims } });
  const response = await registerBy(stage, sealed(parts.header, parts.claims, parts.key));
  if (verdict === "accepted") {
    expect(response.status).toBe(200);
    return;
  }
  expectNamed(response, verdict);
  expect(await stage.snapshot()).toEqual(before);
  if (!isText(jti)) return;
  const good = await registerBy(stage, idp.mint({ claims: { ...strictClaims, jti } }));
  expect({ jti, status: good.status }).toEqual({ jti, status: 200 });
}

describe("any one mutation", () => {
  let count = 0;
  const freshJti = () => `jti-${++count}`;

  test.each(Object.keys(claimVerdicts))("of the claim %s is answered by its own check", async (name) => {
    const verdictOf = claimVerdicts[name] as (value: unknown) => Verdict;
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const verdict = verdictOf(arriving(value));
        // What the jti and the address decide beyond their form is not asked here.
        if (verdict === "accepted" && name !== "aud" && name !== "exp" && name !== "auth_time") return;
        await expectVerdict({}, { jti: freshJti(), [name]: value }, verdict);
      }),
      { numRuns: casesOf(25) },
    );
  });

  test.each(Object.keys(headerVerdicts))("of the header %s is answered by its own check", async (name) => {
    const verdictOf = headerVerdicts[name] as (value: unknown) => Verdict;
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        await expectVerdict({ [name]: value }, { jti: freshJti() }, verdictOf(arriving(value)));
      }),
      { numRuns: casesOf(25) },
    );
  });

  test("of the text, after it was signed, is refused and burns nothing", async () => {
    const token = stage.idp.mint({ claims: { ...strictClaims, jti: "the-one" } });
    const possible = ["invalid_assertion", "invalid_signature", "issuer_not_enabled"];
    const before = await stage.snapshot();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom("A", "_", "-", "z", "9", ".", "=", " ", "é", "\u0000", ""),
        async (position, character) => {
          const mutant = token.slice(0, position) + character + token.slice(position + 1);
          if (mutant === token) return;
          const response = await registerBy(stage, mutant);
          expect(possible).toContain(response.body.error);
          expectNamed(response, response.body.error as RefusalName);
        },
      ),
      { numRuns: casesOf(200) },
    );
    expect(await stage.snapshot()).toEqual(before);
    expect((await registerBy(stage, token)).status).toBe(200);
  });
});

describe("any subject and jti of the right form", () => {
  test("are names like any other: kept apart, and never a failure of ours", async () => {
    const open = await providerWorld();
    const names = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(names, names, async (sub, jti) => {
        const response = await registerBy(open, open.idp.mint({ claims: { sub, jti } }));
        if ((sub + jti).includes("\0")) {
          expectNamed(response, "invalid_assertion");
          return;
        }
        expect([200, 400]).toContain(response.status);
        if (response.status === 400) {
          expectNamed(response, "replay_detected");
          return;
        }
        const stored = (await open.rows("delegations")).filter(({ subject }) => subject === sub);
        expect(stored).toHaveLength(1);
      }),
      { numRuns: casesOf(60) },
    );
  });

  test("lone surrogates and NULs cannot be stored as they are, so they are no names", async () => {
    for (const name of ["sub", "jti"])
      for (const value of ["\ud800", "a\udfff", "\ude00\ud83d", "\0", "a\0b"]) {
        const before = await stage.snapshot();
        expectNamed(
          await registerBy(stage, stage.idp.mint({ claims: { ...strictClaims, [name]: value } })),
          "invalid_assertion",
        );
        expect(await stage.snapshot()).toEqual(before);
      }
  });
});
