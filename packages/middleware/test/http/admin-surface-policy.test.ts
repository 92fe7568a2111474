/** Changing the policy of a provider operators added: it holds at once, says what changed, and overwrites nobody. */

import { beforeEach, describe, expect, test } from "@jest/globals";
import type { TrustedProvider } from "../../src/protocol/provider.js";
import { byOperator, operator } from "../support/admin-stage.js";
import { ecKey, json, type Members, publicJwk, type TestIssuer, testIssuer } from "../support/issuer.js";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";

let stage: ProviderWorld;
let other: TestIssuer;
let entry: TrustedProvider;
beforeEach(async () => {
  stage = await providerWorld();
  other = await testIssuer(stage.clock);
  const added = await admin().saveProvider({ issuer: other.issuer, name: "Other AI" }, operator);
  entry = (added as { provider: TrustedProvider }).provider;
});

const admin = () => stage.auth.admin;
/** What is to be saved, the rest as it is. */
const given = (change: Partial<TrustedProvider>, of = entry) => {
  const { source: _source, disabledAt: _disabledAt, ...policy } = { ...of, ...change };
  return policy;
};
const change = (difference: Partial<TrustedProvider>, seen = entry) =>
  admin().saveProvider(given(difference, seen), operator, seen);
let people = 0;
const come = (claims: object = {}) => {
  people += 1;
  const person = { sub: `person-${people}`, email: `person-${people}@example.org` };
  return registerBy(stage, other.mint({ claims: { ...person, ...claims } }));
};
const changes = async () =>
  (await stage.rows("audit_events"))
    .filter(({ type }) => type === "provider.changed")
    .map(({ detail, ...row }) => ({ ...row, detail: JSON.parse(String(detail)) }));

describe("what is changed holds for the next ID-JAG", () => {
  test.each<[string, Partial<TrustedProvider>, string]>([
    ["domains", { allowedEmailDomains: ["partner.example"] }, "policy_not_met"],
    ["methods", { requiredAmr: ["mfa"] }, "policy_not_met"],
    ["algorithms", { algorithms: ["EdDSA"] }, "invalid_assertion"],
    ["how long ago the sign-in may be", { maxAuthAgeSeconds: 1 }, "login_required"],
    ["people without an account", { jit: false }, "account_not_found"],
  ])("%s", async (_what, difference, refusal) => {
    expect((await come()).status).toBe(200);
    expect(await change(difference)).toEqual({
      provider: { ...entry, ...difference },
      changed: Object.keys(difference),
    });
    expect((await come()).body.error).toBe(refusal);
    await change(entry, { ...entry, ...difference });
    expect((await come()).status).toBe(200);
  });

  test("domains, in the letters people write them in", async () => {
    await change({ allowedEmailDomains: ["bücher.example", "xn--mnchen-3ya.example"] });
    for (const domain of ["bücher.example", "xn--bcher-kva.example", "München.example"])
      expect((await come({ email: `anna@${domain}` })).status).toBe(200);
    expect((await come({ email: "anna@bucher.example" })).body.error).toBe("policy_not_met");
  });

  test("client ids and scopes", async () => {
    expect((await come({ client_id: "agents" })).body.error).toBe("invalid_client_id");
    await change({ clientIds: ["agents"], scopes: ["api.read"] });
    const { body } = await come({ client_id: "agents" });
    expect((await stage.auth.findRegistration(body.id))?.scopes).toEqual(["api.read"]);
  });

  test("the place of the keys: those of the place before count no more", async () => {
    expect((await come()).status).toBe(200);
    const moved = ecKey("moved");
    other.answers.set("/moved", json({ keys: [publicJwk(moved)] }));
    await change({ jwksUri: `${other.issuer}/moved` });
    expect((await come()).body.error).toBe("invalid_signature");
    const { sub, email } = { sub: "person-moved", email: "moved@example.org" };
    const good = other.mint({ key: moved, claims: { sub, email } });
    expect((await registerBy(stage, good)).status).toBe(200);
    expect((await admin().findProvider(other.issuer))?.keys).toMatchObject([{ kid: "moved" }]);
  });

  test("on an instance that has used the provider before", async () => {
    const second = await providerWorld({ ...stage });
    const there = (claims: Members) => registerBy(second, other.mint({ claims }));
    expect((await there({ sub: "one", email: "one@example.org" })).status).toBe(200);
    await change({ requiredAmr: ["mfa"] });
    expect((await there({ sub: "two", email: "two@example.org" })).body.error).toBe("policy_not_met");
  });

  test("and does not enable what is disabled", async () => {
    await admin().setProviderDisabled(other.issuer, true, operator);
    const disabledAt = stage.clock.now();
    expect(await change({ name: "Renamed" })).toMatchObject({ provider: { name: "Renamed", disabledAt } });
    expect((await come()).body.error).toBe("issuer_not_enabled");
  });
});

describe("the audit log", () => {
  test("has who, why, and each part before and after", async () => {
    await change({ name: "Renamed", scopes: ["api.read"], jit: false });
    expect(await changes()).toEqual([
      expect.objectContaining({
        ...byOperator,
        registration_id: null,
        detail: {
          reason: "looks wrong",
          iss: other.issuer,
          changed: ["name", "jit", "scopes"],
          nameBefore: "Other AI",
          nameAfter: "Renamed",
          jitBefore: true,
          jitAfter: false,
          scopesBefore: null,
          scopesAfter: ["api.read"],
        },
      }),
    ]);
  });

  test("has no key that stands in an address, and is bounded", async () => {
    const jwksUri = `${other.issuer}/keys?token=key-of-the-keys`;
    await change({ jwksUri, clientIds: Array.from({ length: 50 }, (_, index) => `c${index}`.repeat(200)) });
    const [{ detail }] = (await changes()) as [{ detail: Record<string, string[]> }];
    expect(JSON.stringify(detail)).not.toContain("key-of-the-keys");
    expect(detail.jwksUriAfter).toBe(`${other.issuer}/keys?…`);
    expect(detail.clientIdsAfter).toHaveLength(21);
    expect(detail.clientIdsAfter?.at(-1)).toBe("and 30 more");
    expect(JSON.stringify(detail).length).toBeLessThan(6000);
  });

  test("has nothing where nothing changed", async () => {
    const before = await stage.snapshot();
    expect(await change({ algorithms: [...entry.algorithms].reverse() })).toEqual({
      provider: entry,
      changed: [],
    });
    expect(await stage.snapshot()).toEqual(before);
  });
});

describe("what is refused, and changes nothing", () => {
  test("an entry that is not as it was seen; of twenty at once one is taken", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) => change({ name: `Editor ${number}` })),
    );
    const winners = answers.flatMap((answer) => ("provider" in answer ? [answer.provider.name] : []));
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => "overtaken" in answer)).toHaveLength(19);
    expect((await admin().findProvider(other.issuer))?.provider.name).toBe(winners[0]);
    expect(await changes()).toHaveLength(1);
    const before = await stage.snapshot();
    expect(await change({ jit: false })).toEqual({ overtaken: true });
    expect(await stage.snapshot()).toEqual(before);
  });

  test.each<[string, () => Promise<unknown>, unknown]>([
    ["a bad value", () => change({ maxAuthAgeSeconds: 0 }), [{ field: "maxAuthAgeSeconds" }]],
    ["another issuer", () => change({ issuer: "https://elsewhere.example" }), [{ field: "issuer" }]],
    [
      "an entry of the options",
      async () => {
        const view = await admin().findProvider(stage.idp.issuer);
        const seen = view?.provider as TrustedProvider;
        return admin().saveProvider(given({ name: "Mine" }, seen), operator, seen);
      },
      [{ field: "issuer", message: "comes from the options and is changed there" }],
    ],
  ])("%s", async (_what, call, problems) => {
    const before = await stage.snapshot();
    expect(await call()).toMatchObject({ problems });
    expect(await stage.snapshot()).toEqual(before);
  });

  test("an entry nobody has", async () => {
    const seen = { ...entry, issuer: "https://nobody.example" };
    const before = await stage.snapshot();
    expect(await change({ name: "Of nobody" }, seen)).toEqual({ overtaken: true });
    expect(await stage.snapshot()).toEqual(before);
  });
});
