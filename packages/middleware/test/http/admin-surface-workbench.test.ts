/** The workbench: every check that registering runs, in its order, without any effect. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { operator } from "../support/admin-stage.js";
import { faults, faulty, strictClaims, strictProvider } from "../support/id-jag-faults.js";
import { bare, type Members } from "../support/issuer.js";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld({ provider: strictProvider });
});

const attempt = (assertion: string) => stage.auth.admin.tryIdJag(assertion);
const valid = (claims: Members = {}) => stage.idp.mint({ claims: { ...strictClaims, ...claims } });
const order = [
  ...[
    "form",
    "typ",
    "crit",
    "kid",
    "iss",
    "alg",
    "signature",
    "aud",
    "exp",
    "nbf",
    "iat",
    "lifetime",
    "sub",
    "jti",
  ],
  ...[
    "client_id",
    "cnf",
    "authorization_details",
    "tenant",
    "resource",
    "scope",
    "address",
    "policy",
    "auth_time",
  ],
  ...["suspension", "revocation", "ceiling", "replay"],
];

/** Runs it and asserts that nothing was stored, created or logged. */
async function withoutTrace(assertion: string) {
  const before = { stored: await stage.snapshot(), logs: [...stage.logs] };
  const result = await attempt(assertion);
  expect({ stored: await stage.snapshot(), logs: stage.logs }).toEqual(before);
  return result;
}

describe("a good ID-JAG", () => {
  test("passes every check in the order, leaves no trace, and still registers, once", async () => {
    const assertion = valid();
    for (let times = 0; times < 3; times += 1) {
      const { checks, header, payload, would } = await withoutTrace(` ${assertion}\n`);
      expect(checks).toEqual(order.map((name) => ({ name, outcome: "passed", refusal: null })));
      expect(header).toMatchObject({ typ: "oauth-id-jag+jwt" });
      expect(payload).toMatchObject({ sub: "person-1" });
      expect(would).toBe("create_user");
    }
    expect((await registerBy(stage, assertion)).status).toBe(200);
    const { checks, would } = await withoutTrace(assertion);
    expect(checks.at(-1)).toEqual({
      name: "replay",
      outcome: "failed",
      refusal: { error: "replay_detected", description: expect.any(String) },
    });
    expect(would).toBeNull();
    expect((await withoutTrace(valid())).would).toBe("sign_in");
  });

  test("of somebody with an account here would ask them, of a stranger without provisioning be refused", async () => {
    const open = await providerWorld();
    const alice = open.idp.mint({ claims: { email: "alice@example.com" } });
    expect((await open.auth.admin.tryIdJag(alice)).would).toBe("step_up");
    const closed = await providerWorld({ provider: { jit: false } });
    const { would, checks } = await closed.auth.admin.tryIdJag(closed.idp.mint());
    expect(would).toBe("refuse_unknown");
    expect(checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(checks.slice(-2).map(({ outcome }) => outcome)).toEqual(["not_reached", "not_reached"]);
  });
});

describe("a faulty one", () => {
  const steps = [...new Set(faults.map(({ step }) => step))];

  test.each(steps)(
    "fails the check registering fails, and no later one is reached: step %i",
    async (step) => {
      for (const fault of faults.filter((candidate) => candidate.step === step)) {
        const assertion = faulty(stage.idp, [fault]);
        const { checks, would } = await withoutTrace(assertion);
        const { body } = await registerBy(stage, assertion);
        const failed = checks.findIndex(({ outcome }) => outcome === "failed");
        expect({ what: fault.what, refusal: checks[failed]?.refusal }).toEqual({
          what: fault.what,
          refusal: { error: body.error, description: body.error_description },
        });
        expect(checks.slice(0, failed).every(({ outcome }) => outcome === "passed")).toBe(true);
        expect(checks.slice(failed + 1).every(({ outcome }) => outcome === "not_reached")).toBe(true);
        expect(would).toBeNull();
      }
    },
  );

  test("every check of the token itself fails for some fault", async () => {
    const failed = new Set<string>();
    for (const fault of faults) {
      const { checks } = await attempt(faulty(stage.idp, [fault]));
      failed.add(checks.find(({ outcome }) => outcome === "failed")?.name ?? "");
    }
    for (const name of ["tenant", "aud_sub"]) {
      const { checks } = await attempt(valid({ [name]: "x" }));
      expect(checks.find(({ outcome }) => outcome === "failed")?.name).toBe("tenant");
    }
    const { checks } = await attempt(valid({ resource: "https://elsewhere.example" }));
    expect(checks.find(({ outcome }) => outcome === "failed")?.name).toBe("resource");
    const token = order.slice(0, order.indexOf("suspension"));
    expect(
      token.filter((name) => !failed.has(name)).filter((name) => !["tenant", "resource"].includes(name)),
    ).toEqual([]);
  });

  test("that is no JWT shows no members", async () => {
    expect(await withoutTrace("nonsense")).toMatchObject({ header: null, payload: null, would: null });
  });
});

describe("what is asked after the token", () => {
  const failing = async (claims: Members = {}) =>
    (await attempt(valid(claims))).checks.find(({ outcome }) => outcome === "failed");

  test("a suspension, a revocation, a ceiling", async () => {
    const { body } = await registerBy(stage, valid());
    await stage.auth.admin.suspend(body.id, operator);
    expect(await failing()).toMatchObject({
      name: "suspension",
      refusal: { error: "registration_suspended" },
    });
    await stage.auth.admin.resume(body.id, operator);
    expect(await failing({ scope: "made.up" })).toMatchObject({ name: "ceiling" });
    await stage.auth.admin.revoke(body.id, operator);
    expect(await failing()).toMatchObject({ name: "revocation", refusal: { error: "assertion_revoked" } });
  });

  test("keys that cannot be had are the signature's failure", async () => {
    stage.idp.answers.set("/.well-known/jwks.json", bare(503));
    expect(await failing()).toMatchObject({
      name: "signature",
      refusal: { error: "temporarily_unavailable", description: expect.any(String) },
    });
  });

  test("a disabled provider", async () => {
    await stage.auth.admin.setProviderDisabled(stage.idp.issuer, true, operator);
    expect(await failing()).toMatchObject({ name: "iss", refusal: { error: "issuer_not_enabled" } });
  });
});
