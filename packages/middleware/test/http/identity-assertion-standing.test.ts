/** What limits a registration by ID-JAG: ceilings, operators, and what is switched on (PROTOCOL sections 2, 3, 8). */
import { describe, expect, test } from "@jest/globals";
import type { TrustedProvider } from "../../src/protocol/provider.js";
import { idJagTokenType } from "../support/issuer.js";
import { expectRefused, type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { closeAfterTest } from "../support/stages.js";
import { callApi, exchange, issuer, poll, type Response, submitPage, type World } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";

const alice = { email: "alice@example.com", sub: "alice-at-idp" };
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const posted = ({ agent }: World, body: object) => agent.post("/agent/identity").send(body);
const scopeOf = async (stage: World, assertion: string) => (await exchange(stage, assertion)).body.scope;

async function aliceLeaves(stage: ProviderWorld, scopes: string[]): Promise<Response> {
  const { body } = await registerBy(stage, stage.idp.mint({ claims: alice }));
  await submitPage(stage, body.claim.verification_uri, "alice", { userCode: body.claim.user_code, scopes });
  return poll(stage, body.claim_token);
}

describe("scopes", () => {
  test("the provider's ceiling holds for a new person", async () => {
    const stage = await providerWorld({ provider: { scopes: ["api.read"] } });
    const { body } = await registerBy(stage, stage.idp.mint());
    expect(body.scopes).toEqual(["api.read"]);
    expect(await scopeOf(stage, body.identity_assertion)).toBe("api.read");
    expectOauthRefusal(
      await exchange(stage, body.identity_assertion, { scope: "api.write" }),
      "invalid_scope",
    );
  });

  test("the provider's ceiling holds on the claim page, whatever is posted", async () => {
    const stage = await providerWorld({ provider: { scopes: ["api.read"] } });
    const stepUp = await registerBy(stage, stage.idp.mint({ claims: alice }));
    expect(stepUp.body.post_claim_scopes).toEqual(["api.read"]);
    const delivered = await aliceLeaves(stage, ["api.read", "api.write"]);
    expect(delivered.body.scope).toBe("api.read");
  });

  test("what a person unticked does not come back with the next ID-JAG", async () => {
    const stage = await providerWorld();
    const delivered = await aliceLeaves(stage, ["api.read"]);
    expect(delivered.body.scope).toBe("api.read");
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await registerBy(stage, stage.idp.mint({ claims: alice }));
      expect({ status, scopes: body.scopes }).toEqual({ status: 200, scopes: ["api.read"] });
      expect(await scopeOf(stage, body.identity_assertion)).toBe("api.read");
    }
    expect(await stage.rows("delegations")).toMatchObject([{ scope_ceiling: "api.read" }]);
  });

  test("nothing left within the ceilings is policy_not_met", async () => {
    const stage = await providerWorld({ provider: { scopes: ["api.read"] } });
    for (const scope of ["api.write", "unknown", "", " "]) {
      const assertion = stage.idp.mint({ claims: { scope } });
      await expectRefused(stage, () => registerBy(stage, assertion), "policy_not_met");
    }
  });

  test("the assertion's own scope caps the exchange, and only for itself", async () => {
    const stage = await providerWorld();
    const capped = (await registerBy(stage, stage.idp.mint({ claims: { scope: "api.read extra" } }))).body;
    expect(capped.scopes).toEqual(["api.read"]);
    expect(await scopeOf(stage, capped.identity_assertion)).toBe("api.read");
    const beyond = await exchange(stage, capped.identity_assertion, { scope: "api.read api.write" });
    expectOauthRefusal(beyond, "invalid_scope");
    const whole = (await registerBy(stage, stage.idp.mint())).body;
    expect(whole.scopes).toEqual(["api.read", "api.write"]);
    expect(await scopeOf(stage, whole.identity_assertion)).toBe("api.read api.write");
    expect(await scopeOf(stage, capped.identity_assertion)).toBe("api.read");
  });
});

describe("an operator", () => {
  test("who suspends refuses every further ID-JAG, its jti unburnt, until it is resumed", async () => {
    const stage = await providerWorld();
    const { id, identity_assertion } = (await registerBy(stage, stage.idp.mint())).body;
    await stage.auth.suspendRegistration(id, operator);
    const assertion = stage.idp.mint();
    await expectRefused(stage, () => registerBy(stage, assertion), "registration_suspended");
    expectOauthRefusal(await exchange(stage, identity_assertion), "invalid_grant");
    await stage.auth.resumeRegistration(id, operator);
    expect((await registerBy(stage, assertion)).status).toBe(200);
    expect((await exchange(stage, identity_assertion)).status).toBe(200);
  });

  test("who suspends a pending step-up refuses a new one", async () => {
    const stage = await providerWorld();
    const { id } = (await registerBy(stage, stage.idp.mint({ claims: alice }))).body;
    await stage.auth.suspendRegistration(id, operator);
    const assertion = stage.idp.mint({ claims: alice });
    await expectRefused(stage, () => registerBy(stage, assertion), "registration_suspended");
  });

  test("who suspends and then revokes: refused still, and nobody is created for it", async () => {
    const stage = await providerWorld();
    const { id } = (await registerBy(stage, stage.idp.mint())).body;
    await stage.auth.suspendRegistration(id, operator);
    await stage.auth.revokeRegistration(id, operator);
    stage.clock.advance(1);
    const assertion = stage.idp.mint();
    await expectRefused(stage, () => registerBy(stage, assertion), "registration_suspended");
  });

  test("who revokes makes ID-JAGs up to that moment worthless; a newer one starts over", async () => {
    const stage = await providerWorld();
    const { id, identity_assertion } = (await registerBy(stage, stage.idp.mint())).body;
    const { access_token } = (await exchange(stage, identity_assertion)).body;
    const early = stage.idp.mint();
    stage.clock.advance(5);
    await stage.auth.revokeRegistration(id, operator);
    const same = stage.idp.mint();
    stage.clock.advance(1);
    for (const assertion of [early, same])
      await expectRefused(stage, () => registerBy(stage, assertion), "assertion_revoked");
    const { status, body } = await registerBy(stage, stage.idp.mint());
    expect({ status, id: body.id }).toEqual({ status: 200, id });
    expect((await callApi(stage, access_token)).status).toBe(401);
    expectOauthRefusal(await exchange(stage, identity_assertion), "invalid_grant");
    expect((await exchange(stage, body.identity_assertion)).status).toBe(200);
  });

  test("who revokes also refuses old ID-JAGs of a person with an account, and no step-up is opened", async () => {
    const stage = await providerWorld();
    await aliceLeaves(stage, ["api.read"]);
    const early = stage.idp.mint({ claims: alice });
    stage.clock.advance(5);
    const [registration] = await stage.auth.registrationsOf("usr_alice");
    await stage.auth.revokeRegistration(String(registration?.id), operator);
    const same = stage.idp.mint({ claims: alice });
    stage.clock.advance(1);
    for (const assertion of [early, same])
      await expectRefused(stage, () => registerBy(stage, assertion), "assertion_revoked");
    expect((await registerBy(stage, stage.idp.mint({ claims: alice }))).status).toBe(401);
  });

  test("who revokes makes an existing account approve anew, without the old ceiling", async () => {
    const stage = await providerWorld();
    await aliceLeaves(stage, ["api.read"]);
    const id = String((await stage.auth.registrationsOf("usr_alice"))[0]?.id);
    await stage.auth.revokeRegistration(id, operator);
    stage.clock.advance(1);
    const { status, body } = await registerBy(stage, stage.idp.mint({ claims: alice }));
    expect({ status, id: body.id, offered: body.post_claim_scopes }).toEqual({
      status: 401,
      id,
      offered: ["api.read", "api.write"],
    });
    expect(await stage.rows("registrations")).toMatchObject([
      { user_id: null, claimed_at: null, revoked_at: null },
    ]);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null, scope_ceiling: null }]);
  });
});

describe("a provider of the operators' rows", () => {
  async function withRow(members: Partial<TrustedProvider> = {}) {
    const stage = await providerWorld({ provider: null });
    const { store } = stage.database.open();
    closeAfterTest(() => store.close());
    const provider: TrustedProvider = {
      issuer: stage.idp.issuer,
      name: "Row",
      jwksUri: stage.idp.jwksUri,
      clientIds: ["agent-1"],
      algorithms: ["ES256"],
      allowedEmailDomains: null,
      requiredAmr: [],
      jit: true,
      scopes: null,
      maxAuthAgeSeconds: 3600,
      source: "database",
      disabledAt: null,
      ...members,
    };
    const now = stage.clock.now();
    const save = () => store.saveProvider({ provider, seen: null, now, audit: [] });
    const disable = (disabled: boolean) =>
      store.setProviderDisabled({ issuer: provider.issuer, disabled, now, audit: [] });
    return { stage, save, disable };
  }

  test("counts from the next request on, and while it is enabled", async () => {
    const { stage, save, disable } = await withRow();
    const assertion = stage.idp.mint({ claims: { client_id: "agent-1" } });
    await expectRefused(stage, () => registerBy(stage, assertion), "issuer_not_enabled");
    expect(stage.idp.asked).toEqual([]);
    await save();
    await disable(true);
    await expectRefused(stage, () => registerBy(stage, assertion), "issuer_not_enabled");
    expect(stage.idp.asked).toEqual([]);
    await disable(false);
    const { status, body } = await registerBy(stage, assertion);
    expect(status).toBe(200);
    await disable(true);
    await expectRefused(stage, () => registerBy(stage, stage.idp.mint()), "issuer_not_enabled");
    // What exists is torn down only if the operator says so.
    expect((await exchange(stage, body.identity_assertion)).status).toBe(200);
  });

  test("cannot be this service itself, whoever wrote the row", async () => {
    const { stage, save } = await withRow({ issuer });
    await save();
    const assertion = stage.idp.mint({ claims: { iss: issuer, client_id: issuer } });
    await expectRefused(stage, () => registerBy(stage, assertion), "issuer_not_enabled");
    expect(stage.idp.asked).toEqual([]);
  });
});

describe("switched off", () => {
  test("identity_assertion_not_enabled comes before the assertion is looked at; nothing advertises it", async () => {
    const stage = await providerWorld({ options: { identityTypes: ["anonymous", "service_auth"] } });
    for (const body of [
      {},
      { assertion_type: "x" },
      { assertion_type: idJagTokenType, assertion: stage.idp.mint() },
    ]) {
      const before = await stage.snapshot();
      const response = await posted(stage, { type: "identity_assertion", ...body });
      expectAgentRefusal(
        response,
        400,
        "identity_assertion_not_enabled",
        "identity_assertion_registration_disabled",
      );
      expect(await stage.snapshot()).toEqual(before);
    }
    expect(stage.idp.asked).toEqual([]);
    const { text } = await stage.agent.get("/.well-known/oauth-authorization-server");
    expect(text).not.toMatch(/id-jag|"identity_assertion"|events_/);
  });

  test("on, the metadata says so, and names issuers only when told to", async () => {
    const quiet = await providerWorld();
    const document = (await quiet.agent.get("/.well-known/oauth-authorization-server")).body.agent_auth;
    expect(document.identity_types_supported).toContain("identity_assertion");
    expect(document.identity_assertion).toEqual({
      assertion_types_supported: [idJagTokenType],
      credential_types_supported: ["access_token"],
    });
    expect(JSON.stringify(document)).not.toContain(quiet.idp.issuer);
    const open = await providerWorld({ options: { publishTrustedProviders: true } });
    const published = (await open.agent.get("/.well-known/oauth-authorization-server")).body.agent_auth;
    expect(published.identity_assertion.issuers_supported).toEqual([open.idp.issuer]);
  });

  test("with an empty trust list nobody is trusted, and nothing is fetched", async () => {
    const stage = await providerWorld({ provider: null });
    await expectRefused(stage, () => registerBy(stage, stage.idp.mint()), "issuer_not_enabled");
    expect(stage.idp.asked).toEqual([]);
  });
});

describe("the request", () => {
  test.each<[string, object]>([
    ["no assertion_type", { assertion_type: undefined }],
    ["an empty assertion_type", { assertion_type: "" }],
    ["another assertion_type", { assertion_type: "urn:ietf:params:oauth:token-type:id_token" }],
    ["the assertion_type in capitals", { assertion_type: idJagTokenType.toUpperCase() }],
    ["a list of assertion_types", { assertion_type: [idJagTokenType] }],
    ["no assertion", { assertion: undefined }],
    ["an empty assertion", { assertion: "" }],
    ["an assertion object", { assertion: { jwt: "a.b.c" } }],
    ["a list of assertions", { assertion: ["a.b.c"] }],
    ["a null assertion", { assertion: null }],
  ])("with %s is invalid_request, and the assertion stays good", async (_what, change) => {
    const stage = await providerWorld();
    const good = {
      type: "identity_assertion",
      assertion_type: idJagTokenType,
      assertion: stage.idp.mint(),
    };
    await expectRefused(stage, () => posted(stage, { ...good, ...change }), "invalid_request");
    expect(stage.idp.asked).toEqual([]);
    expect((await posted(stage, good)).status).toBe(200);
  });

  test("as a form is 415", async () => {
    const stage = await providerWorld();
    const before = await stage.snapshot();
    const response = await stage.agent
      .post("/agent/identity")
      .type("form")
      .send({ type: "identity_assertion" });
    expectAgentRefusal(response, 415, "invalid_request");
    expect(await stage.snapshot()).toEqual(before);
  });
});
