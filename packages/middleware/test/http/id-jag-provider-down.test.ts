/** A provider that cannot be reached: old keys for a while, then 503; never a wrong verdict (PROTOCOL section 3). */
import { describe, expect, test } from "@jest/globals";
import { bare, publicJwk, testIssuer } from "../support/issuer.js";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import type { Response } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const jwksPath = "/.well-known/jwks.json";

async function expectUnavailable(stage: ProviderWorld, send: () => PromiseLike<Response>, wait: number) {
  const before = await stage.snapshot();
  const response = await send();
  expectAgentRefusal(response, 503, "temporarily_unavailable");
  expect(response.headers["retry-after"]).toBe(String(wait));
  expect(response.body.retry_after).toBe(wait);
  expect(response.text).not.toContain(stage.idp.issuer);
  expect(await stage.snapshot()).toEqual(before);
}

describe("a provider that is down", () => {
  test("from the start is 503 with Retry-After; the same ID-JAG works when it is back", async () => {
    const stage = await providerWorld();
    stage.idp.answers.set(jwksPath, bare(500));
    const assertion = stage.idp.mint();
    await expectUnavailable(stage, () => registerBy(stage, assertion), 30);
    stage.clock.advance(10);
    await expectUnavailable(stage, () => registerBy(stage, assertion), 20);
    expect(stage.idp.timesAsked()).toBe(1);
    stage.idp.publish([publicJwk(stage.idp.key)]);
    stage.clock.advance(20);
    expect((await registerBy(stage, assertion)).status).toBe(200);
  });

  test("later on works by its old keys for a bounded time, and good and bad are still told apart", async () => {
    const stage = await providerWorld();
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
    stage.idp.answers.set(jwksPath, bare(500));
    stage.clock.advance(600 + 86_399);
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
    const [head, payload] = stage.idp.mint().split(".");
    const forged = await registerBy(stage, `${head}.${payload}.${"A".repeat(86)}`);
    expect(forged.body.error).toBe("invalid_signature");
    stage.clock.advance(1);
    await expectUnavailable(stage, () => registerBy(stage, stage.idp.mint()), 29);
  });

  test("is asked by nobody while checks before its keys fail", async () => {
    const stage = await providerWorld();
    stage.idp.answers.set(jwksPath, bare(500));
    for (const header of [{ typ: "JWT" }, { crit: ["exp"] }, { alg: "none" }, { kid: 7 }])
      expect((await registerBy(stage, stage.idp.mint({ header }))).body.error).toBe("invalid_assertion");
    const elsewhere = await registerBy(
      stage,
      stage.idp.mint({ claims: { iss: "https://elsewhere.example" } }),
    );
    expect(elsewhere.body.error).toBe("issuer_not_enabled");
    expect(stage.idp.asked).toEqual([]);
  });

  test("is no trouble for another provider", async () => {
    const clock = (await providerWorld()).clock;
    const other = await testIssuer(clock);
    const stage = await providerWorld({
      clock,
      others: [{ issuer: other.issuer, name: "Other", jwksUri: other.jwksUri }],
    });
    stage.idp.answers.set(jwksPath, bare(500));
    await expectUnavailable(stage, () => registerBy(stage, stage.idp.mint()), 30);
    expect((await registerBy(stage, other.mint())).status).toBe(200);
    await expectUnavailable(stage, () => registerBy(stage, stage.idp.mint()), 30);
  });

  test("or rather unreachable, because private addresses are not allowed, is 503 and never contacted", async () => {
    const stage = await providerWorld({
      provider: { issuer: "https://localhost:1", jwksUri: "https://localhost:1/jwks" },
      options: { dangerouslyAllowPrivateNetwork: false },
    });
    const assertion = stage.idp.mint({ claims: { iss: "https://localhost:1" } });
    await expectUnavailable(stage, () => registerBy(stage, assertion), 30);
    expect(JSON.stringify(stage.logs)).toContain("not public");
  });

  test("and never answers: five seconds, then 503", async () => {
    const stage = await providerWorld();
    stage.idp.answers.set(jwksPath, "never");
    await expectUnavailable(stage, () => registerBy(stage, stage.idp.mint()), 30);
  });
});
