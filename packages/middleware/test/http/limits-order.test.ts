/** Where limits stand: what spends one budget, what is used up by a request that is refused, and whose address counts. */
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import { changesNothing, claimBy, type EventStage, eventStage, identify } from "../support/event-stage.js";
import { complete, reveal } from "../support/read-back.js";
import { claimedByAlice, exchange, type Response, register, startClaim } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";
import { refresh } from "./refreshing-agent.js";

const agentRefusal = (response: Response) =>
  expectAgentRefusal(response, 429, "rate_limited", "rate_limit_exceeded");
const oauthRefusal = (response: Response) => expectOauthRefusal(response, "rate_limited", 429);

async function limited(limits: AgentAuthOptions["limits"]): Promise<EventStage> {
  const stage = await eventStage({ options: { limits } });
  stage.app.set("trust proxy", "loopback");
  return stage;
}

describe("a budget that several requests spend", () => {
  test("is that of exchanging and refreshing, which are refused each in its own words", async () => {
    const stage = await limited({ tokenPerRegistrationPerHour: 2 });
    const { body } = await claimedByAlice(stage);
    const { value } = body.identity.refresh_token;
    expect((await exchange(stage, body.identity_assertion)).status).toBe(200);
    const renewed = await refresh(stage, value);
    expect(renewed.status).toBe(200);
    oauthRefusal(await changesNothing(stage, () => exchange(stage, renewed.body.identity_assertion)));
    const next = renewed.body.identity.refresh_token.value;
    agentRefusal(await changesNothing(stage, () => refresh(stage, next)));
  });

  test("is that of starting a claim by hint and by ID-JAG", async () => {
    const stage = await limited({ claimPerIpPerHour: 1 });
    const { body } = await register.anonymous(stage);
    expect((await startClaim(stage, body.claim_token)).status).toBe(200);
    const idJag = stage.provider.idJag();
    agentRefusal(await changesNothing(stage, () => claimBy(stage, body.claim_token, idJag)));
  });
});

describe("a refusal for the limit", () => {
  test("comes before anything is used up: the ID-JAG is good afterwards, and so is the code", async () => {
    const stage = await limited({ identityAssertionPerIpPerHour: 1, claimCompletePerIpPerHour: 1 });
    await identify(stage, stage.provider.idJag({ sub: "sub-bob", email: "bob2@example.com" }));
    const idJag = stage.provider.idJag({ sub: "sub-carol" });
    agentRefusal(await identify(stage, idJag));
    expect((await identify(stage, idJag).set("X-Forwarded-For", "198.51.100.1")).status).toBe(200);

    const { body } = await register.serviceAuth(stage);
    const code = await reveal(stage, { uri: body.claim.verification_uri });
    await complete(stage, "ct_unknown", code);
    agentRefusal(await complete(stage, body.claim_token, code));
    const elsewhere = await complete(stage, body.claim_token, code).set("X-Forwarded-For", "198.51.100.1");
    expect(elsewhere.status).toBe(200);
  });

  test("of all ID-JAGs together counts the good ones: made-up ones from many networks keep nobody out", async () => {
    const stage = await limited({ identityAssertionPerHour: 2 });
    const from = (sender: number) => `2001:db8:0:${sender.toString(16)}::1`;
    const forged = stage.provider.signed(
      { typ: "oauth-id-jag+jwt", alg: "ES256", kid: "k" },
      { iss: stage.provider.url },
    );
    for (let sender = 0; sender < 10; sender += 1)
      for (const assertion of ["x.y.z", forged, stage.provider.idJag({ aud: "https://elsewhere.example" })])
        expect((await identify(stage, assertion).set("X-Forwarded-For", from(sender))).status).toBe(400);
    const idJags = ["sub-carol", "sub-dora", "sub-emil"].map((sub) =>
      stage.provider.idJag({ sub, email: `${sub}@example.com`, email_verified: true }),
    );
    for (const idJag of idJags.slice(0, 2)) expect((await identify(stage, idJag)).status).toBe(200);
    const [last] = idJags.slice(2);
    agentRefusal(await changesNothing(stage, () => identify(stage, last as string)));
  });

  test("is not worked around by other headers that name an address", async () => {
    const stage = await limited({ anonymousPerIpPerHour: 1 });
    const send = (header: string, value: string) => register.anonymous(stage).set(header, value);
    expect((await send("X-Forwarded-For", "192.0.2.1")).status).toBe(200);
    for (const header of ["Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"]) {
      const value = header === "Forwarded" ? "for=192.0.2.99" : "192.0.2.99";
      const refused = await send("X-Forwarded-For", "192.0.2.1").set(header, value);
      expect([header, refused.status]).toEqual([header, 429]);
    }
    // What the caller puts in front of what the proxy appends is not believed either.
    expect((await send("X-Forwarded-For", "203.0.113.7, 192.0.2.1")).status).toBe(429);
  });
});
