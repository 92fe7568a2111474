/** `POST /agent/identity` with an ID-JAG: what comes back, and what it is worth (PROTOCOL section 3). */
import { beforeEach, describe, expect, test } from "@jest/globals";
import {
  expectNamed,
  expectRefused,
  type ProviderWorld,
  providerWorld,
  registerBy,
} from "../support/issuer-world.js";
import {
  callApi,
  exchange,
  hiddenFields,
  issuer,
  openPage,
  personHeader,
  poll,
  submitPage,
} from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const alice = { email: "alice@example.com", sub: "alice-at-idp" };
const secret = /^[A-Za-z0-9_.-]+$/;

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld();
});

const claimsOf = (assertion: string) =>
  JSON.parse(Buffer.from(assertion.split(".")[1] as string, "base64url").toString());

/** Alice approves the link with what she leaves ticked, and the agent collects. */
async function linkAlice(world: ProviderWorld, scopes?: string[]) {
  const { body } = await registerBy(world, world.idp.mint({ claims: alice }));
  await submitPage(world, body.claim.verification_uri, "alice", {
    userCode: body.claim.user_code,
    ...(scopes === undefined ? {} : { scopes }),
  });
  const delivered = await poll(world, body.claim_token);
  expect(delivered.status).toBe(200);
  return delivered.body;
}

describe("a person without an account", () => {
  test("gets one, and the agent an assertion", async () => {
    const response = await registerBy(stage, stage.idp.mint({ claims: { name: "Carol" } }));
    const [registration] = await stage.rows("registrations");
    const [account] = [...stage.book.byKey.values()];
    expect({ status: response.status, body: response.body }).toEqual({
      status: 200,
      body: {
        registration_id: registration?.id,
        id: registration?.id,
        registration_type: "identity_assertion",
        type: "identity_assertion",
        identity_assertion: expect.stringMatching(secret),
        assertion_expires: "2026-01-01T01:00:00.000Z",
        identity: {
          assertion: response.body.identity_assertion,
          expires_at: response.body.assertion_expires,
        },
        scopes: ["api.read", "api.write"],
      },
    });
    expect(response.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      pragma: "no-cache",
    });
    expect(response.headers).not.toHaveProperty("www-authenticate");
    expect(stage.book.created).toEqual([
      {
        email: "carol@example.org",
        phone: null,
        name: "Carol",
        issuer: stage.idp.issuer,
        subject: "person-1",
        idempotencyKey: expect.stringMatching(/^usr_/),
      },
    ]);
    expect(registration).toMatchObject({
      kind: "identity_assertion",
      user_id: account?.id,
      issuer: stage.idp.issuer,
      subject: "person-1",
      claim_token_hash: null,
      generation: 1,
    });
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: account?.id, subject: "person-1" }]);
  });

  test("is known by subject from then on: one user, one link, one registration", async () => {
    const first = (await registerBy(stage, stage.idp.mint())).body;
    stage.clock.advance(10);
    const second = (await registerBy(stage, stage.idp.mint({ claims: { email: "new@example.org" } }))).body;
    expect(second.id).toBe(first.id);
    expect(second.identity_assertion).not.toBe(first.identity_assertion);
    expect(claimsOf(second.identity_assertion).jti).not.toBe(claimsOf(first.identity_assertion).jti);
    expect(stage.book.created).toHaveLength(1);
    expect(await stage.rows("delegations")).toHaveLength(1);
    expect(await stage.rows("registrations")).toHaveLength(1);
    for (const { identity_assertion } of [first, second])
      expect((await exchange(stage, identity_assertion)).status).toBe(200);
  });

  test("is told apart from another subject with the same address", async () => {
    const one = (await registerBy(stage, stage.idp.mint())).body;
    const two = (await registerBy(stage, stage.idp.mint({ claims: { sub: "person-2" } }))).body;
    expect(two.id).not.toBe(one.id);
    expect(await stage.rows("delegations")).toHaveLength(2);
    expect(stage.book.byKey.size).toBe(2);
  });

  test("leaves neither address nor assertion in the audit log or the log", async () => {
    const assertion = stage.idp.mint({ claims: { agent_platform: "Shell\u202e", agent_context_id: "c-1" } });
    const { body } = await registerBy(stage, assertion);
    const kept = JSON.stringify([await stage.rows("audit_events"), stage.logs]);
    for (const text of ["carol@", assertion, body.identity_assertion]) expect(kept).not.toContain(text);
    const events = (await stage.rows("audit_events")).filter(({ type }) => type !== "key.rotated");
    expect(events.map(({ type }) => type)).toEqual([
      "registration.created",
      "assertion.issued",
      "delegation.created",
    ]);
    for (const { detail } of events)
      expect(JSON.parse(String(detail))).toMatchObject({
        iss: stage.idp.issuer,
        sub: "person-1",
        agent_platform: "Shell",
        agent_context_id: "c-1",
      });
  });
});

describe("the access token", () => {
  test("acts for the linked person, and the handler is told who vouched", async () => {
    const { identity_assertion, id } = (await registerBy(stage, stage.idp.mint())).body;
    const { access_token } = (await exchange(stage, identity_assertion)).body;
    const { agent } = (await callApi(stage, access_token)).body;
    expect(agent).toMatchObject({
      registrationId: id,
      kind: "identity_assertion",
      user: { id: (await stage.rows("registrations"))[0]?.user_id },
      provider: { issuer: stage.idp.issuer, subject: "person-1" },
    });
  });

  test("the assertion is ours, for us, and says nothing about the person", async () => {
    const { body } = await registerBy(stage, stage.idp.mint());
    const claims = claimsOf(body.identity_assertion);
    expect(claims).toMatchObject({ iss: issuer, aud: issuer, sub: body.id });
    expect(JSON.stringify(claims)).not.toMatch(/carol|person-1/);
  });
});

describe("an existing account (step-up)", () => {
  test("has to approve: 401 with everything the claim needs", async () => {
    const response = await registerBy(stage, stage.idp.mint({ claims: alice }));
    const { body } = response;
    expect(response.status).toBe(401);
    expect(response.headers["www-authenticate"]).toBe(
      `AgentAuth error="interaction_required", error_description="${body.message}"`,
    );
    expect(response.headers).toMatchObject({ "cache-control": "no-store", pragma: "no-cache" });
    const [registration] = await stage.rows("registrations");
    const [attempt] = await stage.rows("claim_attempts");
    expect(body).toEqual({
      error: "interaction_required",
      code: "interaction_required",
      message: body.error_description,
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/),
      registration_id: registration?.id,
      id: registration?.id,
      registration_type: "identity_assertion",
      type: "identity_assertion",
      claim_url: `${issuer}/agent/identity/claim`,
      claim_token: expect.stringMatching(secret),
      claim_token_expires: "2026-01-02T00:00:00.000Z",
      post_claim_scopes: ["api.read", "api.write"],
      scopes: { post_claim: ["api.read", "api.write"] },
      claim: {
        token: body.claim_token,
        url: body.claim_url,
        expires_at: body.claim_token_expires,
        verification_uri: expect.stringContaining(`${issuer}/agent/claim?claim_attempt_token=`),
        expires_in: 600,
        interval: 5,
        user_code: expect.stringMatching(/^[0-9]{6}$/),
        attempt: {
          id: attempt?.id,
          verification_uri: body.claim.verification_uri,
          expires_at: "2026-01-01T00:10:00.000Z",
        },
      },
    });
  });

  test("is neither bound nor linked before, and nobody is created", async () => {
    await registerBy(stage, stage.idp.mint({ claims: alice }));
    expect(await stage.rows("registrations")).toMatchObject([
      { user_id: null, claimed_at: null, scopes: "" },
    ]);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null, linked_at: null }]);
    expect(stage.book.created).toEqual([]);
  });

  test("approves once: the next ID-JAG is a clean match", async () => {
    const { body } = await registerBy(stage, stage.idp.mint({ claims: alice }));
    await linkAlice(stage);
    const again = await registerBy(stage, stage.idp.mint({ claims: alice }));
    expect(again.status).toBe(200);
    expect(again.body.id).toBe(body.id);
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: "usr_alice" }]);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: "usr_alice" }]);
  });

  test("cannot be approved by anybody else", async () => {
    const { body } = await registerBy(stage, stage.idp.mint({ claims: alice }));
    const uri = body.claim.verification_uri;
    expect((await openPage(stage, uri, "bob")).status).toBe(403);
    const stolen = hiddenFields((await openPage(stage, uri, "alice")).text);
    const submitted = await stage.agent
      .post("/agent/claim")
      .set(personHeader, "bob")
      .set("Sec-Fetch-Site", "same-origin")
      .type("form")
      .send({ ...stolen, action: "authorize", user_code: body.claim.user_code, scope: "api.read" });
    expect(submitted.status).toBe(403);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null }]);
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: null, claimed_at: null }]);
  });

  test("is found whatever the case of its address, and its owner is let in", async () => {
    const account = stage.book.accounts.find(({ id }) => id === "usr_alice");
    if (account !== undefined) account.email = "Alice@Example.COM";
    await linkAlice(stage);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: "usr_alice" }]);
  });

  test("a new ID-JAG renews the claim: the old code and link are dead, the registration is the same", async () => {
    const first = (await registerBy(stage, stage.idp.mint({ claims: alice }))).body;
    const second = (await registerBy(stage, stage.idp.mint({ claims: alice }))).body;
    expect(second.id).toBe(first.id);
    expect(second.claim_token).not.toBe(first.claim_token);
    const late = await submitPage(stage, first.claim.verification_uri, "alice", {
      userCode: first.claim.user_code,
    });
    expect(late.status).not.toBe(303);
    expect((await poll(stage, first.claim_token)).body.error).toBe("invalid_grant");
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null }]);
    await submitPage(stage, second.claim.verification_uri, "alice", { userCode: second.claim.user_code });
    expect((await poll(stage, second.claim_token)).status).toBe(200);
  });

  test("is asked five times an hour at most", async () => {
    for (let time = 0; time < 5; time += 1)
      expect((await registerBy(stage, stage.idp.mint({ claims: alice }))).status).toBe(401);
    const attempts = await stage.rows("claim_attempts");
    const registrations = await stage.rows("registrations");
    const refused = await registerBy(stage, stage.idp.mint({ claims: alice }));
    expectAgentRefusal(refused, 429, "too_many_attempts");
    expect(refused.headers["retry-after"]).toBe(String(refused.body.retry_after));
    expect(await stage.rows("claim_attempts")).toEqual(attempts);
    expect(await stage.rows("registrations")).toEqual(registrations);
  });
});

describe("login and interaction", () => {
  test.each([
    ["an account", alice],
    ["no account", {}],
  ])("login comes first for a person with %s", async (_what, person) => {
    const stale = stage.idp.mint({ claims: { ...person, auth_time: stage.clock.now() - 3601 } });
    await expectRefused(stage, () => registerBy(stage, stale), "login_required");
  });

  test("login names the provider's own max_age", async () => {
    const strict = await providerWorld({ provider: { maxAuthAgeSeconds: 120 } });
    const now = strict.clock.now();
    await expectRefused(
      strict,
      () => registerBy(strict, strict.idp.mint({ claims: { auth_time: now - 121 } })),
      "login_required",
      120,
    );
    expect((await registerBy(strict, strict.idp.mint({ claims: { auth_time: now - 120 } }))).status).toBe(
      200,
    );
  });

  test("interaction comes before provisioning is thought of, account_not_found after it", async () => {
    const closed = await providerWorld({ provider: { jit: false } });
    expect((await registerBy(closed, closed.idp.mint({ claims: alice }))).status).toBe(401);
    const response = await registerBy(closed, closed.idp.mint());
    expectNamed(response, "account_not_found");
  });
});
