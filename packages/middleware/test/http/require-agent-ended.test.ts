/** Tokens that worked and stopped: the next call is refused, and the refusal changes nothing (PROTOCOL section 6). */
import { describe, expect, test } from "@jest/globals";
import { anonymousToken, expectRefusal, invalidToken } from "../support/guard-refusals.js";
import { type DatabaseStage, databaseStage, stage } from "../support/stages.js";
import { callApi, exchange, issuer, register, startClaim, submitPage, type World } from "../support/world.js";

async function claim(world: World, claimToken: string): Promise<void> {
  const { claim_attempt: attempt } = (await startClaim(world, claimToken)).body;
  await submitPage(world, attempt.verification_uri, "alice", { userCode: attempt.user_code });
}

describe("tokens that stopped working are invalid_token on the next call (BRR-03)", () => {
  /** A token that works, then the change, then the refusal, which itself changes nothing. */
  async function expectDead(
    world: DatabaseStage,
    token: string,
    kill: () => Promise<unknown>,
  ): Promise<void> {
    expect((await callApi(world, token)).status).toBe(200);
    await kill();
    const before = await world.stored();
    expectRefusal(await callApi(world, token), invalidToken);
    expect(await world.stored()).toEqual(before);
  }
  const intervention = { actor: { kind: "operator" as const, id: "op" }, reason: "test" };

  test("given back by the agent", async () => {
    const world = await databaseStage();
    const token = await anonymousToken(world);
    await expectDead(world, token, async () =>
      world.agent.post("/oauth2/revoke").type("form").send({ token }),
    );
  });

  test("expired to the second", async () => {
    const world = await databaseStage();
    const token = await anonymousToken(world);
    world.clock.advance(3599);
    await expectDead(world, token, async () => world.clock.advance(1));
  });

  test("of a registration that was revoked", async () => {
    const world = await databaseStage();
    const { body } = await register.anonymous(world);
    const token = (await exchange(world, body.identity_assertion)).body.access_token;
    await expectDead(world, token, () => world.auth.revokeRegistration(body.id, intervention));
  });

  test("of a registration that is suspended, until it is resumed", async () => {
    const world = await databaseStage();
    const { body } = await register.anonymous(world);
    const token = (await exchange(world, body.identity_assertion)).body.access_token;
    await expectDead(world, token, () => world.auth.suspendRegistration(body.id, intervention));
    await world.auth.resumeRegistration(body.id, intervention);
    expect((await callApi(world, token)).status).toBe(200);
  });

  test("of an older generation: issued before a person claimed the registration", async () => {
    const world = await databaseStage();
    const { body } = await register.anonymous(world);
    const token = (await exchange(world, body.identity_assertion)).body.access_token;
    await expectDead(world, token, () => claim(world, body.claim_token));
  });

  test("of a registration whose claim window is over", async () => {
    const world = await databaseStage({
      options: { lifetimes: { accessTokenSeconds: 86_400, claimWindowSeconds: 60 } },
    });
    const token = await anonymousToken(world);
    world.clock.advance(59);
    await expectDead(world, token, async () => world.clock.advance(1));
  });

  test("bound to another resource of the same service (BRR-16, MCP-06)", async () => {
    const world = await databaseStage();
    const token = await anonymousToken(world);
    expect((await callApi(world, token)).status).toBe(200);
    const elsewhere = await stage({
      options: { resource: `${issuer}/other`, storage: world.database.storage },
    });
    const response = await callApi(elsewhere, token);
    expect([response.status, response.body.error]).toEqual([401, "invalid_token"]);
    expect(response.headers["www-authenticate"]).toContain("/.well-known/oauth-protected-resource/other");
  });
});
