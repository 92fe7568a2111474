/** Owns the agents in the field: one running demo serves one of each dialect to the end, with the names it knows. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, type Answer, call, grants, postJson } from "../support/agent.js";
import { approve, authorizeForCode } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

describe("one demo", () => {
  let demo: RunningDemo;
  let alice: Browser;
  // biome-ignore lint/suspicious/noExplicitAny: each dialect looks for its own names
  let metadata: any;
  beforeAll(async () => {
    demo = await startDemo();
    alice = new Browser(demo.baseUrl);
    const url = `${demo.baseUrl}/.well-known/oauth-authorization-server`;
    metadata = (await call(url)).body;
  });
  afterAll(() => demo.close());

  const exchange = (assertion: string): Promise<Answer> =>
    call(metadata.token_endpoint, {
      method: "POST",
      body: new URLSearchParams({ grant_type: grants.jwtBearer, assertion }),
    });
  const write = (token: string, text: string) =>
    postJson(`${demo.baseUrl}/api/notes`, { text }, { Authorization: `Bearer ${token}` });

  it("serves an agent of auth.md 0.4 to 0.7: flat names, code entry, polling", async () => {
    expect(metadata.grant_types_supported).toContain(grants.claim);
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body: registered } = await agent.register({ type: "anonymous" });
    expect(registered).toMatchObject({
      registration_id: expect.stringMatching(/./),
      registration_type: "anonymous",
      assertion_expires: expect.stringMatching(/Z$/),
      pre_claim_scopes: ["api.read"],
      claim_url: metadata.agent_auth.claim_endpoint,
    });
    expect((await exchange(registered.identity_assertion)).body.scope).toBe("api.read");

    const { claim_token } = registered;
    const started = await postJson(registered.claim_url, { claim_token, email: "alice@example.com" });
    expect(started).toMatchObject({ status: 200, body: { status: "initiated" } });
    const { claim_attempt } = started.body;
    expect(claim_attempt).toMatchObject({ interval: 5, user_code: expect.stringMatching(/\d/) });
    const poll = { grant_type: grants.claim, claim_token };
    expect((await agent.getToken(poll)).body.error).toBe("authorization_pending");

    expect((await approve(alice, claim_attempt)).status).toBe(200);
    const collected = await agent.getToken(poll);
    expect(collected).toMatchObject({ status: 200, body: { scope: "api.read api.write" } });
    expect((await write(collected.body.access_token, "By code entry")).status).toBe(201);
    expect((await agent.getToken(poll)).body.error).toBe("invalid_grant");
  });

  it("serves an agent of the hosted dialect: nested names, read-back, refresh", async () => {
    const { identity_endpoint, claim_endpoint } = metadata.agent_auth;
    const registered = await postJson(identity_endpoint, {
      type: "service_auth",
      login_hint: "alice@example.com",
    });
    const { id, type, scopes, claim } = registered.body;
    expect(registered.status).toBe(200);
    expect({ type, scopes }).toEqual({
      type: "service_auth",
      scopes: { post_claim: ["api.read", "api.write"] },
    });
    expect(claim).toMatchObject({ url: claim_endpoint, expires_at: expect.stringMatching(/Z$/) });
    const complete = (user_code: string) =>
      postJson(`${claim_endpoint}/complete`, { claim_token: claim.token, user_code });
    expect(await complete("000000")).toMatchObject({ status: 409, body: { code: "claim_not_confirmed" } });

    const code = await authorizeForCode(alice, claim.attempt);
    const wrong = code === "000-000" ? "000-001" : "000-000";
    expect(await complete(wrong)).toMatchObject({ status: 401, body: { code: "invalid_user_code" } });
    const completed = await complete(code);
    expect(completed).toMatchObject({ status: 200, body: { registration_id: id, status: "claimed" } });
    const { assertion, refresh_token } = completed.body.identity;
    const exchanged = await exchange(assertion);
    expect(exchanged).toMatchObject({ status: 200, body: { scope: "api.read api.write" } });
    expect((await write(exchanged.body.access_token, "By read-back")).status).toBe(201);

    const refreshed = await postJson(identity_endpoint, {
      type: "refresh",
      refresh_token: refresh_token.value,
    });
    expect(refreshed).toMatchObject({ status: 200, body: { id, type: "refresh" } });
    expect(refreshed.body.identity.refresh_token.value).not.toBe(refresh_token.value);
    expect((await exchange(refreshed.body.identity.assertion)).status).toBe(200);
    expect(await complete(code)).toMatchObject({ status: 409, body: { code: "already_claimed" } });
  });

  it("serves an agent of auth.md 0.1 to 0.3: its own discovery names, e-mail, otp", async () => {
    const { register_uri, claim_uri, anonymous } = metadata.agent_auth;
    expect(anonymous.credential_types_supported).toEqual(["access_token"]);
    const registered = await postJson(register_uri, {
      type: "anonymous",
      requested_credential_type: "access_token",
    });
    expect(registered.status).toBe(200);
    const { claim_token, identity_assertion } = registered.body;
    const started = await postJson(claim_uri, { claim_token, email: "alice@example.com" });
    expect(started.status).toBe(200);
    const { verification_uri } = started.body.claim_attempt;

    const otp = await authorizeForCode(alice, { verification_uri });
    const complete = (value: string) => postJson(`${claim_uri}/complete`, { claim_token, otp: value });
    const wrong = otp === "000-000" ? "000-001" : "000-000";
    expect(await complete(wrong)).toMatchObject({ status: 401, body: { error: "otp_invalid" } });
    const completed = await complete(otp.replace("-", ""));
    expect(completed).toMatchObject({ status: 200, body: { status: "claimed" } });
    expect((await exchange(identity_assertion)).body.error).toBe("invalid_grant");
    const exchanged = await exchange(completed.body.identity_assertion);
    expect((await write(exchanged.body.access_token, "By otp")).status).toBe(201);
  });

  it("has them all on Alice's account in the end", async () => {
    const home = (await alice.get("/")).html;
    for (const text of ["By code entry", "By read-back", "By otp"]) expect(home).toContain(text);
    expect(home.match(/data-registration=/g)).toHaveLength(3);
    expect(home).toContain('href="/agent/connected"');
    const connected = await alice.get("/agent/connected");
    expect(connected.html.match(/value="revoke"/g)).toHaveLength(3);
  });
});
