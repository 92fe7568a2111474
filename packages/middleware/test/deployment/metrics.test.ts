/** What Prometheus is shown: every number by something that really happened, and no label a caller could choose. */
import { describe, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { anAgent, finished, operator } from "../support/admin-stage.js";
import { during, without } from "../support/counted-metrics.js";
import { identify, notify } from "../support/event-stage.js";
import { providerWorld, registerBy } from "../support/issuer-world.js";
import { mailWorld } from "../support/mail-world.js";
import { complete, reveal } from "../support/read-back.js";
import { databaseStage, stage } from "../support/stages.js";
import {
  callApi,
  claimedByAlice,
  exchange,
  poll,
  register,
  startClaim,
  submitPage,
} from "../support/world.js";

describe("requests on our endpoints", () => {
  test("are counted by route, status and refusal, and timed by route", async () => {
    const registry = new Registry();
    const host = await stage({ options: { metrics: { registry }, limits: { claimPerIpPerHour: 1 } } });
    const { body } = await register.serviceAuth(host);
    const counts = await during(registry, async () => {
      await host.agent.get("/auth.md");
      await poll(host, body.claim_token);
      await poll(host, body.claim_token);
      await startClaim(host, "ct_unknown");
      await startClaim(host, "ct_unknown");
      await host.agent.get("/agent/claim?claim_attempt_token=cat_1");
      await host.agent.get("/elsewhere");
    });
    expect(counts).toEqual({
      "requests_total route=authMd status=200 refusal=": 1,
      "requests_total route=token status=400 refusal=authorization_pending": 1,
      "requests_total route=token status=400 refusal=slow_down": 1,
      "requests_total route=claim status=401 refusal=invalid_claim_token": 1,
      "requests_total route=claim status=429 refusal=rate_limited": 1,
      "requests_total route=claimPage status=404 refusal=unknown_link": 1,
      "request_duration_seconds_count route=authMd": 1,
      "request_duration_seconds_count route=token": 2,
      "request_duration_seconds_count route=claim": 2,
      "request_duration_seconds_count route=claimPage": 1,
    });
  });
});

describe("agents", () => {
  test("are counted as they register, are claimed, refused and locked, and get tokens", async () => {
    const registry = new Registry();
    const host = await stage({ options: { metrics: { registry } } });
    const counts = await during(registry, async () => {
      const { body } = await register.anonymous(host);
      await exchange(host, body.identity_assertion);
      await exchange(host, body.identity_assertion, { scope: "api.write" });
      await claimedByAlice(host);
      const refused = (await register.serviceAuth(host)).body;
      for (let time = 0; time < 2; time += 1)
        await submitPage(host, refused.claim.verification_uri, "alice", { action: "deny" });
      await host.auth.revokeRegistration(body.registration_id, {
        actor: { kind: "operator", id: "op_1" },
        reason: "test",
      });
      host.clock.advance(86_400);
      await register.anonymous(host);
      host.clock.advance(86_400);
      await host.auth.sweep();
    });
    expect(without(counts)).toEqual({
      "registrations_total kind=anonymous": 2,
      "registrations_total kind=service_auth": 2,
      "claims_total outcome=started": 2,
      "claims_total outcome=confirmed": 1,
      "claims_total outcome=denied": 1,
      "access_tokens_issued_total grant=jwt-bearer": 1,
      "access_tokens_issued_total grant=claim": 1,
      "registrations_ended_total how=revoked": 1,
      "registrations_ended_total how=expired": 2,
    });
  });

  test("are counted once however many confirm and guess at once", async () => {
    const registry = new Registry();
    const host = await stage({ options: { metrics: { registry } } });
    const { body } = await register.serviceAuth(host);
    const code = await reveal(host, { uri: body.claim.verification_uri });
    const counts = await during(registry, () =>
      Promise.all(Array.from({ length: 20 }, () => complete(host, body.claim_token, code))),
    );
    expect(without(counts)).toEqual({ "claims_total outcome=confirmed": 1 });
    const other = (await register.serviceAuth(host)).body;
    let { claim_token: token } = other;
    const wrong = await during(registry, async () => {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { claim_attempt } = (await startClaim(host, other.claim_token)).body;
        const right = await reveal(host, { uri: claim_attempt.verification_uri });
        token = other.claim_token;
        const guess = right === "000000" ? "000001" : "000000";
        await Promise.all(Array.from({ length: 8 }, () => complete(host, token, guess)));
      }
    });
    expect(wrong).toMatchObject({ "claims_total outcome=locked": 1 });
  });

  test("of providers are counted, and so are fetches of the provider's keys", async () => {
    const registry = new Registry();
    const host = await providerWorld({ options: { metrics: { registry } } });
    const counts = await during(registry, async () => {
      for (let time = 0; time < 2; time += 1) {
        expect((await registerBy(host, host.idp.mint())).status).toBe(200);
        host.clock.advance(10);
      }
      const owner = { claims: { sub: "sub-alice", email: "alice@example.com" } };
      expect((await registerBy(host, host.idp.mint(owner))).status).toBe(401);
    });
    expect(without(counts)).toEqual({
      "registrations_total kind=identity_assertion": 2,
      "claims_total outcome=started": 1,
      "provider_key_fetches_total outcome=fetched": 1,
    });
    host.idp.answers.clear();
    host.clock.advance(2 * 86_400);
    const failed = await during(registry, () => Promise.resolve(registerBy(host, host.idp.mint())));
    expect(failed).toMatchObject({
      "provider_key_fetches_total outcome=failed": 1,
      "requests_total route=identity status=503 refusal=temporarily_unavailable": 1,
    });
  });

  test("that a provider takes back are counted as ended", async () => {
    const registry = new Registry();
    const host = await mailWorld({ options: { metrics: { registry } } });
    await identify(host, host.provider.idJag({ sub: "sub-carol" }));
    const counts = await during(registry, async () => {
      const event = host.provider.event({ sub: "sub-carol" });
      for (let time = 0; time < 2; time += 1) expect((await notify(host, event)).status).toBe(202);
    });
    expect(without(counts)).toMatchObject({ "registrations_ended_total how=revoked": 1 });
  });

  test("that a job changes are counted as it goes", async () => {
    const registry = new Registry();
    const host = await databaseStage({ options: { metrics: { registry } } });
    for (let time = 0; time < 3; time += 1) await anAgent(host);
    const counts = await during(registry, async () => {
      const job = await host.auth.admin.startJob({
        action: "suspend",
        filter: { kind: "anonymous" },
        includeNew: false,
        operator,
      });
      await finished(host, job.id);
    });
    expect(counts).toEqual({ "job_changes_total action=suspend": 3 });
  });
});

describe("guards", () => {
  test("count and time what they decide, whoever asks", async () => {
    const registry = new Registry();
    const host = await stage({
      options: { metrics: { registry } },
      routes: (app, auth) => {
        app.get("/both", auth.acceptAgent("api.read"), (_request, response) => void response.send("ok"));
        app.get("/asked", (request, response, next) => {
          auth.authenticate(request).then(({ agent }) => response.json(agent !== null), next);
        });
      },
    });
    const { accessToken } = await anAgent(host);
    const verifier = host.auth.verifier();
    const counts = await during(registry, async () => {
      await callApi(host, accessToken);
      await callApi(host, "at_nothing");
      await host.agent.get("/api/notes");
      await host.agent.get("/api/notes").set("Authorization", "Bearer a b");
      await host.agent.post("/api/notes").set("Authorization", `Bearer ${accessToken}`);
      // People and agents: who shows no token of ours is none of the guard's business.
      await host.agent.get("/both");
      await host.agent.get("/both").set("Authorization", `Bearer ${accessToken}`);
      await host.agent.get("/asked").set("Authorization", `Bearer ${accessToken}`);
      await host.agent.get("/asked");
      await verifier.verifyAccessToken(accessToken);
      await expect(verifier.verifyAccessToken("at_nothing")).rejects.toThrow("not usable");
    });
    expect(counts).toEqual({
      "guard_total outcome=passed": 4,
      "guard_total outcome=invalid_token": 2,
      "guard_total outcome=authentication_required": 2,
      "guard_total outcome=malformed_credentials": 1,
      "guard_total outcome=insufficient_scope": 1,
      guard_duration_seconds_count: 10,
    });
  });
});
