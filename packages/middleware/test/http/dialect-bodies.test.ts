/** The bodies of success are the union of what every dialect reads, exactly, with each ceremony (PROTOCOL sections 3 to 5). */
import { describe, expect, test } from "@jest/globals";
import { reveal } from "../support/read-back.js";
import { stage } from "../support/stages.js";
import { claimGrant, type Response, submitPage } from "../support/world.js";

const ceremonies = ["both", "code-entry", "read-back"] as const;
type Ceremony = (typeof ceremonies)[number];
const opened = (ceremony: Ceremony) => stage({ options: { ceremony } });
const everything = ["api.read", "api.write"];

describe.each(ceremonies)("the bodies at a service with %s are exactly", (ceremony) => {
  const id = expect.stringMatching(/^reg_[0-9a-f]{32}$/);
  const jws = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  const uri = expect.stringMatching(
    /^https:\/\/notes\.example\/agent\/claim\?claim_attempt_token=cat_[\w-]{39}$/,
  );
  const attemptId = expect.stringMatching(/^clm_[0-9a-f]{32}$/);
  const claimUrl = "https://notes.example/agent/identity/claim";
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
  const code = ceremony !== "read-back" ? { user_code: expect.stringMatching(/^\d{6}$/) } : {};
  const shown = { verification_uri: uri, expires_in: 600, interval: 5, ...code };
  const attempt = { id: attemptId, verification_uri: uri, expires_at: at(600) };
  const identity = { assertion: jws, expires_at: at(3600) };
  const flat = { identity_assertion: jws, assertion_expires: at(3600) };
  const refreshToken = { value: expect.stringMatching(/^rt_/), expires_at: at(30 * 86_400) };
  const claim = { token: expect.stringMatching(/^ct_[\w-]{39}$/), url: claimUrl, expires_at: at(86_400) };
  const flatClaim = { claim_url: claimUrl, claim_token: claim.token, claim_token_expires: at(86_400) };
  const names = (type: string) => ({ registration_id: id, id, registration_type: type, type });
  /** Both names of a thing hold one value. */
  const agree = (body: Response["body"], ...pairs: [unknown, unknown][]) => {
    for (const [one, other] of [[body.registration_id, body.id], ...pairs]) expect(one).toBe(other);
  };

  test("those of the registrations", async () => {
    const world = await opened(ceremony);
    const { body: anonymous } = await world.agent.post("/agent/identity").send({ type: "anonymous" });
    expect(anonymous).toEqual({
      ...{ ...names("anonymous"), ...flat, ...flatClaim, identity, claim },
      pre_claim_scopes: ["api.read"],
      post_claim_scopes: everything,
      scopes: { pre_claim: ["api.read"], post_claim: everything },
    });
    agree(
      anonymous,
      [anonymous.identity_assertion, anonymous.identity.assertion],
      [anonymous.claim_token, anonymous.claim.token],
    );
    const { body: named } = await world.agent
      .post("/agent/identity")
      .send({ type: "service_auth", login_hint: "alice@example.com" });
    expect(named).toEqual({
      ...{ ...names("service_auth"), ...flatClaim },
      post_claim_scopes: everything,
      scopes: { post_claim: everything },
      claim: { ...claim, ...shown, attempt },
    });
    agree(
      named,
      [named.claim_token, named.claim.token],
      [named.claim.verification_uri, named.claim.attempt.verification_uri],
    );
  });

  test("those of the claim, its completion or delivery, and the refresh", async () => {
    const world = await opened(ceremony);
    const claimToken = (await world.agent.post("/agent/identity").send({ type: "anonymous" })).body
      .claim_token;
    const { body: started } = await world.agent
      .post("/agent/identity/claim")
      .send({ claim_token: claimToken, login_hint: "alice@example.com" });
    expect(started).toEqual({
      ...{ ...names("anonymous"), type: "service_auth", status: "initiated" },
      claim_attempt_id: attemptId,
      expires_at: at(600),
      claim_attempt: shown,
      attempt,
    });
    agree(started, [started.claim_attempt_id, started.attempt.id]);
    const visit = { uri: started.attempt.verification_uri as string };
    const delivered = { ...flat, identity: { ...identity, refresh_token: refreshToken } };
    let body: Response["body"];
    if (ceremony !== "code-entry") {
      const userCode = await reveal(world, visit);
      const send = { claim_token: claimToken, user_code: userCode };
      ({ body } = await world.agent.post("/agent/identity/claim/complete").send(send));
      expect(body).toEqual({ registration_id: id, id, status: "claimed", ...delivered });
      agree(body);
    } else {
      await submitPage(world, visit.uri, "alice", { userCode: started.claim_attempt.user_code });
      const form = { grant_type: claimGrant, claim_token: claimToken };
      ({ body } = await world.agent.post("/oauth2/token").type("form").send(form));
      expect(body).toEqual({
        access_token: expect.stringMatching(/^at_[\w-]{39}$/),
        token_type: "Bearer",
        expires_in: 3600,
        scope: "api.read api.write",
        ...delivered,
      });
    }
    expect(body.identity_assertion).toBe(body.identity.assertion);
    const { body: refreshed } = await world.agent
      .post("/agent/identity")
      .send({ type: "refresh", refresh_token: body.identity.refresh_token.value });
    expect(refreshed).toEqual({ ...names("anonymous"), type: "refresh", ...delivered });
    agree(refreshed, [refreshed.identity_assertion, refreshed.identity.assertion]);
  });
});
