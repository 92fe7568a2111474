/** How many events an issuer may send, and what is written about them (PROTOCOL sections 10 and 11). */
import { describe, expect, test } from "@jest/globals";
import {
  changesNothing,
  eventStage,
  expectAccepted,
  expectEventRefusal,
  notify,
  registered,
} from "../support/event-stage.js";
import { expectAlive, expectDead, population } from "./event-population.js";

describe("the limit of events (PROTOCOL section 10)", () => {
  const limits = { eventsPerIssuerPerHour: 2 };

  test("is per issuer: 429 rate_limited with Retry-After, without effect, and others go on", async () => {
    const stage = await eventStage({ options: { limits } });
    const standing = await registered(stage);
    for (let event = 0; event < 2; event += 1)
      expectAccepted(await notify(stage, stage.provider.event({ sub: "sub-bob" })));
    const token = stage.provider.event({ sub: "sub-carol" });
    const refused = await changesNothing(stage, () => notify(stage, token));
    expectEventRefusal(refused, "rate_limited", 429);
    const seconds = refused.body.retry_after;
    expect(seconds).toBeGreaterThan(0);
    expect(refused.headers).toMatchObject({
      "retry-after": String(seconds),
      "ratelimit-policy": `"events";q=2;w=3600`,
      ratelimit: `"events";r=0;t=${seconds}`,
    });
    await expectAlive(stage, { standing });
    expectAccepted(await notify(stage, stage.other.event()));
  });

  test("is not spent by strangers", async () => {
    const stage = await eventStage({ options: { limits } });
    for (let event = 0; event < 5; event += 1)
      expectEventRefusal(
        await notify(stage, stage.provider.event({ iss: "https://stranger.example" })),
        "invalid_issuer",
      );
    expectAccepted(await notify(stage, stage.provider.event()));
  });

  test("is not spent by whoever forges events in a provider's name", async () => {
    const stage = await eventStage({ options: { limits } });
    const standing = await registered(stage);
    const forged = () => stage.other.event({ iss: stage.provider.url, sub: "sub-carol" });
    for (let event = 0; event < 5; event += 1)
      expectEventRefusal(await changesNothing(stage, () => notify(stage, forged())), "invalid_key");
    expectAccepted(await notify(stage, stage.provider.event({ sub: "sub-carol" })));
    await expectDead(stage, standing);
  });

  test("is per address as well, for whatever is sent from there in the name of trusted issuers", async () => {
    const stage = await eventStage({ options: { limits: { eventsPerIpPerHour: 2 } } });
    const forged = () => stage.other.event({ iss: stage.provider.url });
    for (let event = 0; event < 2; event += 1)
      expectEventRefusal(await notify(stage, forged()), "invalid_key");
    for (const token of [forged(), stage.provider.event()]) {
      const refused = await changesNothing(stage, () => notify(stage, token));
      expectEventRefusal(refused, "rate_limited", 429);
      expect(refused.headers["ratelimit-policy"]).toBe(`"events-ip";q=2;w=3600`);
    }
  });
});

describe("what is written about events", () => {
  test("holds no token and no secret, in the log and in the audit", async () => {
    const stage = await eventStage();
    const { waiting, carrying } = await population(stage);
    const good = stage.provider.event();
    const bad = stage.provider.event({ aud: "https://other.example" });
    for (const token of [good, bad, good]) await notify(stage, token);
    const written = JSON.stringify([stage.logs, await stage.audit()]);
    const secrets = [
      good,
      bad,
      waiting.claimToken,
      new URL(waiting.uri).searchParams.get("claim_attempt_token"),
    ];
    for (const { accessToken, assertion } of Object.values(carrying)) secrets.push(accessToken, assertion);
    for (const secret of secrets) expect(written).not.toContain(secret);
    expect(written).not.toContain("https://other.example");
  });
});
