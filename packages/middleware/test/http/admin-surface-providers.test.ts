/** The trust list as operators change it, and what that does to the next ID-JAG. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { byOperator, operator } from "../support/admin-stage.js";
import { bare, ecKey, json, publicJwk, type TestIssuer, testIssuer } from "../support/issuer.js";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { callApi, exchange, issuer as us } from "../support/world.js";

let stage: ProviderWorld;
let other: TestIssuer;
beforeEach(async () => {
  stage = await providerWorld();
  other = await testIssuer(stage.clock);
});

const admin = () => stage.auth.admin;
const entry = () => ({ issuer: other.issuer, name: "Other AI" });
const by = async (idp: TestIssuer, claims: object = {}) =>
  registerBy(
    stage,
    idp.mint({
      claims: {
        email: `${Math.floor((await stage.rows("audit_events")).length)}@example.org`,
        sub: "new",
        ...claims,
      },
    }),
  );
const lastAudit = async () => {
  const { detail, ...row } = (await stage.rows("audit_events")).at(-1) ?? {};
  return { ...row, detail: JSON.parse(String(detail)) };
};
/** Counts are written after the answer. */
const counts = async (issuer: string) => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return admin().queries?.providerCounts({ issuer, days: 1, now: stage.clock.now() });
};

describe("saveProvider", () => {
  test("makes the next ID-JAG of the issuer good, with the policy it was given", async () => {
    expect((await by(other)).body.error).toBe("issuer_not_enabled");
    const saved = await admin().saveProvider({ ...entry(), requiredAmr: ["mfa"] }, operator);
    expect(saved).toMatchObject({
      provider: { ...entry(), source: "database", disabledAt: null, jit: true },
    });
    expect(await lastAudit()).toMatchObject({
      type: "provider.added",
      ...byOperator,
      detail: { iss: other.issuer, reason: "looks wrong" },
    });
    expect((await by(other)).body.error).toBe("policy_not_met");
  });

  test.each<[string, object, string[]]>([
    ["our own issuer", { issuer: us }, ["issuer"]],
    ["no URL", { issuer: "example" }, ["issuer"]],
    ["credentials in the URL", { issuer: "https://a:b@idp.example" }, ["issuer"]],
    ["no name", { name: " " }, ["name"]],
    ["a bad place of keys", { jwksUri: "ftp://idp.example/keys" }, ["jwksUri"]],
    ["an unknown scope", { scopes: ["api.admin"] }, ["scopes"]],
    ["an unknown algorithm", { algorithms: ["HS256"] }, ["algorithms"]],
    ["no domain", { allowedEmailDomains: [] }, ["allowedEmailDomains"]],
    ["too long an age", { maxAuthAgeSeconds: 9_999_999 }, ["maxAuthAgeSeconds"]],
    ["an unknown member", { source: "options" }, ["source"]],
    ["two at once", { name: "", jit: "yes" }, ["name", "jit"]],
  ])("refuses %s by its field, and stores nothing", async (_what, change, fields) => {
    const before = await stage.snapshot();
    const answer = await admin().saveProvider({ ...entry(), ...change } as never, operator);
    expect("problems" in answer && answer.problems.map(({ field }) => field)).toEqual(fields);
    expect(await stage.snapshot()).toEqual(before);
  });

  test("does not replace an entry of the options", async () => {
    const answer = await admin().saveProvider({ issuer: stage.idp.issuer, name: "Mine" }, operator);
    expect(answer).toEqual({
      problems: [{ field: "issuer", message: "comes from the options and is changed there" }],
    });
    expect(await stage.rows("providers")).toEqual([]);
  });

  test("adds an issuer once, whoever else adds it at the same moment", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        admin().saveProvider({ ...entry(), name: `Adder ${number}` }, operator),
      ),
    );
    expect(answers.filter((answer) => "provider" in answer)).toHaveLength(1);
    expect(answers.filter((answer) => "problems" in answer)[0]).toEqual({
      problems: [{ field: "issuer", message: "is trusted already: change its entry instead" }],
    });
    expect((await stage.rows("audit_events")).filter(({ type }) => type === "provider.added")).toHaveLength(
      1,
    );
  });
});

describe("setProviderDisabled", () => {
  test.each(["database", "options"] as const)(
    "stops new ID-JAGs of an entry from %s, not agents",
    async (source) => {
      const idp = source === "options" ? stage.idp : other;
      if (source === "database") await admin().saveProvider(entry(), operator);
      const { body } = await by(idp);
      const { body: tokens } = await exchange(stage, body.identity_assertion);
      expect(await admin().setProviderDisabled(idp.issuer, true, operator)).toBe(true);
      expect(await lastAudit()).toMatchObject({ type: "provider.disabled", ...byOperator });
      expect(await admin().setProviderDisabled(idp.issuer, true, operator)).toBe(false);
      expect((await by(idp)).body.error).toBe("issuer_not_enabled");
      expect((await callApi(stage, tokens.access_token)).status).toBe(200);
      expect(await admin().queries?.countByIssuer(idp.issuer, 10)).toBe(1);
      const view = await admin().findProvider(idp.issuer);
      expect(view?.provider).toMatchObject({ source, disabledAt: stage.clock.now() });
      expect(
        (await admin().listProviders()).filter(({ provider }) => provider.issuer === idp.issuer),
      ).toEqual([view]);
      expect(await admin().setProviderDisabled(idp.issuer, false, operator)).toBe(true);
      expect(await lastAudit()).toMatchObject({ type: "provider.enabled", ...byOperator });
      expect((await by(idp)).status).toBe(200);
    },
  );

  test("of an entry from the options holds for an instance that starts later, and takes no policy from the row", async () => {
    await admin().setProviderDisabled(stage.idp.issuer, true, operator);
    const later = await providerWorld({
      idp: stage.idp,
      clock: stage.clock,
      provider: { requiredAmr: ["mfa"] },
      database: stage.database,
    });
    expect((await registerBy(later, stage.idp.mint())).body.error).toBe("issuer_not_enabled");
    await later.auth.admin.setProviderDisabled(stage.idp.issuer, false, operator);
    expect((await registerBy(later, stage.idp.mint())).body.error).toBe("policy_not_met");
  });

  test("of an entry from the options leaves nothing that is trusted once the options drop it", async () => {
    for (const disabled of [true, false])
      expect(await admin().setProviderDisabled(stage.idp.issuer, disabled, operator)).toBe(true);
    expect((await by(stage.idp)).status).toBe(200);
    const dropped = { idp: stage.idp, clock: stage.clock, provider: null };
    const later = await providerWorld({ ...dropped, database: stage.database });
    expect((await registerBy(later, stage.idp.mint())).body.error).toBe("issuer_not_enabled");
    expect(await later.auth.admin.listProviders()).toEqual([]);
  });

  test("answers false for issuers nobody knows", async () => {
    const before = await stage.snapshot();
    for (const disabled of [true, false])
      expect(await admin().setProviderDisabled(other.issuer, disabled, operator)).toBe(false);
    expect(await admin().findProvider(other.issuer)).toBeNull();
    expect(await stage.snapshot()).toEqual(before);
  });
});

describe("what is shown of keys", () => {
  test("is what is cached, and asks nobody", async () => {
    const { issuer, key } = stage.idp;
    expect(await admin().findProvider(issuer)).toMatchObject({
      keys: [],
      fetchedAt: null,
      fetchFailure: null,
    });
    expect(stage.idp.asked).toEqual([]);
    await by(stage.idp);
    expect(await admin().findProvider(issuer)).toMatchObject({
      keys: [{ kid: key.kid, algorithm: "ES256", kty: "EC", firstSeenAt: stage.clock.now() }],
      fetchedAt: stage.clock.now(),
      fetchFailure: null,
    });
    stage.idp.answers.set("/.well-known/jwks.json", bare(503));
    stage.clock.advance(60);
    await registerBy(stage, stage.idp.mint({ header: { kid: "new" }, key: ecKey("new") }));
    expect(await admin().findProvider(issuer)).toMatchObject({
      keys: [{ kid: key.kid }],
      fetchFailure: "The answer was 503.",
    });
  });

  test("inspectProvider fetches, keeps nothing and trusts nobody", async () => {
    const found = await admin().inspectProvider(other.issuer, null);
    expect(found).toEqual({
      jwksUri: other.jwksUri,
      keys: [{ kid: other.key.kid, algorithm: "ES256", kty: "EC", firstSeenAt: stage.clock.now() }],
      problem: null,
    });
    expect(stage.logs.filter(({ level }) => level === "warn")).toEqual([]);
    expect((await by(other)).body.error).toBe("issuer_not_enabled");
    await admin().saveProvider(entry(), operator);
    expect((await admin().findProvider(other.issuer))?.keys).toEqual([]);
  });

  test("is bounded, however much a stranger publishes", async () => {
    const keys = Array.from({ length: 100 }, (_, number) =>
      publicJwk(other.key, { kid: `${number}${"k".repeat(300)}` }),
    );
    other.answers.set("/.well-known/jwks.json", json({ keys }));
    const found = await admin().inspectProvider(other.issuer, null);
    expect(found.keys).toHaveLength(20);
    expect(found.keys[0]?.kid).toHaveLength(100);
  });

  test.each<[string, (idp: TestIssuer) => [string, string | null], string]>([
    ["no URL", () => ["nonsense", null], "issuer must be an absolute URL"],
    ["our own issuer", () => [us, null], "issuer must not be this service itself"],
    ["a file", (idp) => [idp.issuer, "file:///etc/passwd"], "jwksUri must be an https URL"],
    ["a missing document", (idp) => [idp.issuer, `${idp.issuer}/none`], "The answer was 404."],
    ["a document that is no key set", (idp) => [idp.issuer, `${idp.issuer}/text`], "is not a key set"],
  ])("inspectProvider says what is wrong with %s", async (_what, ask, problem) => {
    other.answers.set("/text", json({ hello: "world" }));
    const [issuer, jwksUri] = ask(other);
    const found = await admin().inspectProvider(issuer, jwksUri);
    expect(found).toMatchObject({ jwksUri: null, keys: [] });
    expect(found.problem).toContain(problem);
  });

  test("inspectProvider goes to public addresses only, unless the options say otherwise", async () => {
    const guarded = await providerWorld({
      provider: null,
      options: { dangerouslyAllowPrivateNetwork: false },
    });
    const found = await guarded.auth.admin.inspectProvider("https://127.0.0.1:1", null);
    expect(found).toEqual({ jwksUri: null, keys: [], problem: expect.stringContaining("not public") });
  });
});

describe("outcomes", () => {
  test("of trusted issuers are counted after the answer, strangers are not", async () => {
    const { issuer } = stage.idp;
    expect((await by(stage.idp)).status).toBe(200);
    await by(stage.idp, { aud: "https://elsewhere.example" });
    await by(stage.idp, { aud: "https://elsewhere.example" });
    await by(other);
    expect((await counts(issuer))?.idJags).toEqual({
      accepted: 1,
      refused: [{ reason: "audience_mismatch", count: 2 }],
    });
    expect((await counts(other.issuer))?.idJags).toEqual({ accepted: 0, refused: [] });
    await stage.agent.post("/agent/event/notify").type("application/secevent+jwt").send(stage.idp.mint());
    expect((await counts(issuer))?.events).toMatchObject({ accepted: 0 });
  });
});
