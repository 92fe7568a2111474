/** `POST /agent/identity` with `type: "refresh"` (PROTOCOL sections 3 and 8, CLM-37, CLM-38). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  callApi,
  claimedByAlice,
  exchange,
  issuer,
  poll,
  type Response,
  register,
  startClaim,
  submitPage,
} from "../support/world.js";
import { expectOauthRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";
import {
  type Agent,
  agentOf,
  claimedAgent,
  claimsOf,
  expectAlive,
  expectUnusable,
  holdingOf,
  macOf,
  partsOf,
  refresh,
  refreshed,
} from "./refreshing-agent.js";

const month = 30 * 86_400;

let stage: ObservedWorld;
let agent: Agent;
beforeEach(async () => {
  stage = await observedWorld();
  agent = await claimedAgent(stage);
});
afterEach(() => stage.close());

const iso = (at: number) => new Date(at * 1000).toISOString();
const familyRow = async () => (await stage.rows("refresh_tokens"))[0];

function expectFresh({ status, headers }: Response): void {
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers.pragma).toBe("no-cache");
}

describe("a refresh", () => {
  test("answers the new assertion and the next token, under both names and nothing else", async () => {
    stage.clock.advance(1800);
    const now = stage.clock.now();
    const response = await refresh(stage, agent.refreshToken);
    expectFresh(response);
    const { body } = response;
    expect(body).toEqual({
      registration_id: agent.id,
      id: agent.id,
      type: "refresh",
      registration_type: "service_auth",
      identity_assertion: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      assertion_expires: iso(now + 3600),
      identity: {
        assertion: body.identity_assertion,
        expires_at: iso(now + 3600),
        refresh_token: {
          value: expect.stringMatching(/^rt_[0-9a-f]{32}_2_[\w-]{43}$/),
          expires_at: iso(now + month),
        },
      },
    });
  });

  test("gives an assertion like the delivered one: same agent, same generation, no scopes, its own jti", async () => {
    stage.clock.advance(1800);
    const { assertion } = await refreshed(stage, agent.refreshToken);
    const [before, after] = [claimsOf(agent.assertion), claimsOf(assertion)];
    expect(after).toEqual({
      iss: issuer,
      aud: issuer,
      sub: agent.id,
      gen: before.gen,
      iat: stage.clock.now(),
      exp: stage.clock.now() + 3600,
      jti: expect.stringMatching(/^asn_[0-9a-f]{32}$/),
    });
    expect(after.jti).not.toBe(before.jti);
    expect(assertion.split(".")[0]).toBe(agent.assertion.split(".")[0]);
  });

  test("gives an assertion that exchanges for an access token, and so does the old one until it expires", async () => {
    stage.clock.advance(1800);
    const { assertion } = await refreshed(stage, agent.refreshToken);
    await expectAlive(stage, { ...agent, assertion });
    await expectAlive(stage, agent);
    stage.clock.advance(1800);
    expectOauthRefusal(await exchange(stage, agent.assertion), "invalid_grant");
    const { body } = await exchange(stage, assertion);
    expect(body.scope).toBe("api.read api.write");
    expect((await callApi(stage, body.access_token)).body.agent.user).toMatchObject({ id: "usr_alice" });
  });

  test("is what keeps an agent going from hour to hour, and past thirty days", async () => {
    let { refreshToken } = agent;
    for (let sequence = 2; sequence < 8; sequence += 1) {
      stage.clock.advance(month / 2);
      const next = await refreshed(stage, refreshToken);
      expect(partsOf(next.refreshToken)).toEqual({ ...partsOf(agent.refreshToken), sequence });
      expect((await exchange(stage, next.assertion)).status).toBe(200);
      refreshToken = next.refreshToken;
    }
    expect(await stage.rows("refresh_tokens")).toHaveLength(1);
  });

  test("writes one rotation and one audit row, and nothing else", async () => {
    const before = await stage.snapshot();
    stage.clock.advance(1800);
    const now = stage.clock.now();
    await refreshed(stage, agent.refreshToken);
    const { refresh_tokens: families, audit_events: audit, ...others } = await stage.snapshot();
    expect(others).toEqual({ ...before, refresh_tokens: undefined, audit_events: undefined });
    expect(families).toEqual([
      { ...before.refresh_tokens[0], sequence: 2, rotated_at: now, expires_at: now + month },
    ]);
    expect(audit.slice(0, -1)).toEqual(before.audit_events);
    expect(audit.at(-1)).toMatchObject({
      type: "assertion.refreshed",
      at: now,
      actor_kind: "agent",
      actor_id: agent.id,
      registration_id: agent.id,
    });
  });

  test("leaves no token in the database or the log", async () => {
    const { refreshToken, assertion } = await refreshed(stage, agent.refreshToken);
    await refresh(stage, refreshToken.replace(/.$/, "_"));
    const kept = JSON.stringify([await stage.snapshot(), stage.logs]);
    for (const token of [agent.refreshToken, refreshToken]) {
      expect(kept).not.toContain(token);
      expect(kept).not.toContain(macOf(token));
    }
    expect(kept).not.toContain(assertion);
  });

  test("can be asked for by a script on another origin", async () => {
    const response = await refresh(stage, agent.refreshToken).set("Origin", "https://agent.example");
    expect(response.headers["access-control-allow-origin"]).toBe("*");
  });

  test("ignores members it does not know, and counts the last of a doubled one", async () => {
    const body = `{"refresh_token":"x","type":"refresh","scope":"api.admin","refresh_token":"${agent.refreshToken}"}`;
    const response = await stage.agent
      .post("/agent/identity")
      .set("Content-Type", "application/json")
      .send(body);
    expectFresh(response);
    expect(claimsOf(response.body.identity_assertion)).not.toHaveProperty("scope");
  });
});

describe("what a refresh grants", () => {
  test("is what the person left ticked, whatever is asked", async () => {
    const reader = await claimedAgent(stage, ["api.read"]);
    const response = await stage.agent.post("/agent/identity").send({
      type: "refresh",
      refresh_token: reader.refreshToken,
      scope: "api.write",
      scopes: ["api.write"],
    });
    expect(response.status).toBe(200);
    const { assertion } = holdingOf(response);
    expect((await exchange(stage, assertion)).body.scope).toBe("api.read");
    expectOauthRefusal(await exchange(stage, assertion, { scope: "api.write" }), "invalid_scope");
  });

  test("is narrower as soon as the registration is", async () => {
    await stage.execute(`UPDATE registrations SET scopes = 'api.read' WHERE id = '${agent.id}'`);
    const { assertion } = await refreshed(stage, agent.refreshToken);
    expect((await exchange(stage, assertion)).body.scope).toBe("api.read");
  });

  test("belongs to the claimed registration, also to one that was anonymous", async () => {
    const { id, claim_token: claimToken } = (await register.anonymous(stage)).body;
    const { claim_attempt: attempt } = (await startClaim(stage, claimToken)).body;
    await submitPage(stage, attempt.verification_uri, "alice", { userCode: attempt.user_code });
    const claimed = agentOf(await poll(stage, claimToken));
    const { body } = await refresh(stage, claimed.refreshToken);
    expect([body.id, body.type, body.registration_type]).toEqual([id, "refresh", "anonymous"]);
    expect((await exchange(stage, body.identity_assertion)).body.scope).toBe("api.read api.write");
  });

  test("is never a refresh token of its own, nor is there one with an exchange (TOK-23)", async () => {
    const { body } = await exchange(stage, agent.assertion);
    expect(body).not.toHaveProperty("refresh_token");
    expect(body).not.toHaveProperty("identity");
    expect((await register.anonymous(stage)).body.identity).not.toHaveProperty("refresh_token");
    expect((await register.serviceAuth(stage)).body).not.toHaveProperty("identity");
  });
});

describe("the life of a token", () => {
  test("ends thirty days after it was given, to the second, and nothing changes", async () => {
    stage.clock.advance(month - 1);
    const next = await refreshed(stage, agent.refreshToken);
    stage.clock.advance(month);
    for (const token of [next.refreshToken, agent.refreshToken]) await expectUnusable(stage, token);
    expect(await familyRow()).toMatchObject({ revoked_at: null });
  });

  test("is as long as the options say, and so is that of the assertion", async () => {
    await stage.close();
    const lifetimes = { refreshTokenSeconds: 7200, assertionSeconds: 600 };
    stage = await observedWorld({ options: { lifetimes } });
    const delivery = await claimedByAlice(stage);
    const start = stage.clock.now();
    expect(delivery.body.identity.refresh_token.expires_at).toBe(iso(start + 7200));
    stage.clock.advance(7199);
    const { body } = await refresh(stage, holdingOf(delivery).refreshToken);
    expect(body.identity.refresh_token.expires_at).toBe(iso(start + 7199 + 7200));
    expect(body.assertion_expires).toBe(iso(start + 7199 + 600));
    stage.clock.advance(7200);
    await expectUnusable(stage, body.identity.refresh_token.value);
  });

  test("never reaches past the registration's end date", async () => {
    const endsAt = stage.clock.now() + 900;
    await stage.execute(`UPDATE registrations SET ends_at = ${endsAt} WHERE id = '${agent.id}'`);
    const { body } = await refresh(stage, agent.refreshToken);
    expect(body.assertion_expires).toBe(iso(endsAt));
    expect(body.identity.refresh_token.expires_at).toBe(iso(endsAt));
  });

  test("does not depend on the claim window", async () => {
    stage.clock.advance(86_400);
    await stage.auth.sweep();
    await refreshed(stage, agent.refreshToken);
  });
});
