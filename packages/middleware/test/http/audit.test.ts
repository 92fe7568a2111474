/** The audit log: who did what from where, once, and never a secret (PROTOCOL section 11). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { callApi, exchange, openPage, poll, type Response, register, startClaim } from "../support/world.js";
import { type ObservedWorld, observedWorld, otherThan, preparedForm } from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld();
  stage.app.set("trust proxy", true);
});
afterEach(() => stage.close());

const agentIp = "192.0.2.7";
const personIp = "198.51.100.9";
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "incident" } as const;
const from = <Request extends { set(name: string, value: string): Request }>(ip: string, request: Request) =>
  request.set("X-Forwarded-For", ip);

/** Events after the ones there were, in short. */
async function told(seen: number) {
  return (await stage.audit()).slice(seen).map(({ type, actor_kind, actor_id, ip, at, detail }) => {
    expect(at).toBe(stage.clock.now());
    return [type, actor_kind, actor_id, ip, JSON.parse(String(detail))];
  });
}

/** What the step wrote. */
async function toldBy(step: () => PromiseLike<unknown>) {
  const seen = (await stage.audit()).length;
  await step();
  return told(seen);
}

describe("what is written", () => {
  test("about an anonymous registration, its tokens and their revocation", async () => {
    let body: Response["body"];
    const registering = await toldBy(async () => {
      body = (await from(agentIp, register.anonymous(stage))).body;
    });
    expect(registering).toEqual([
      ["registration.created", "agent", body.id, agentIp, { kind: "anonymous" }],
      ["assertion.issued", "agent", body.id, agentIp, expect.anything()],
    ]);
    let token = "";
    const exchanging = await toldBy(async () => {
      token = (await from(agentIp, exchange(stage, body.identity_assertion))).body.access_token;
    });
    expect(exchanging).toEqual([["token.issued", "agent", body.id, agentIp, { scopes: ["api.read"] }]]);
    expect(await toldBy(() => callApi(stage, token))).toEqual([]);
    const revoke = () => from(agentIp, stage.agent.post("/oauth2/revoke").type("form").send({ token }));
    expect(await toldBy(revoke)).toEqual([["token.revoked", "agent", body.id, agentIp, {}]]);
    expect(await toldBy(revoke)).toEqual([]);
  });

  test("about a claim from its start to the delivery", async () => {
    let body: Response["body"];
    const registering = await toldBy(async () => {
      body = (await from(agentIp, register.serviceAuth(stage))).body;
    });
    const attemptId = body.claim.attempt.id;
    expect(registering).toEqual([
      ["registration.created", "agent", body.id, agentIp, { kind: "service_auth" }],
      ["claim.requested", "agent", body.id, agentIp, { attemptId }],
      ["user_code.minted", "agent", body.id, agentIp, { attemptId }],
    ]);
    const view = () => from(personIp, openPage(stage, body.claim.verification_uri, "alice"));
    expect(await toldBy(view)).toEqual([["claim.viewed", "user", "usr_alice", personIp, { attemptId }]]);
    expect(await toldBy(view)).toEqual([]);
    expect(await toldBy(() => openPage(stage, body.claim.verification_uri, null))).toEqual([]);
    expect(await toldBy(() => openPage(stage, body.claim.verification_uri, "bob"))).toEqual([]);

    const submit = await preparedForm(stage, body.claim.verification_uri, "alice");
    const confirm = () => from(personIp, submit({ userCode: body.claim.user_code }));
    expect(await toldBy(confirm)).toEqual([
      [
        "claim.confirmed",
        "user",
        "usr_alice",
        personIp,
        { attemptId, userId: "usr_alice", scopes: ["api.read", "api.write"] },
      ],
    ]);
    expect(await toldBy(confirm)).toEqual([]);
    const collect = () => from(agentIp, poll(stage, body.claim_token));
    expect(await toldBy(collect)).toEqual([
      ["assertion.issued", "agent", body.id, agentIp, expect.anything()],
      ["token.issued", "agent", body.id, agentIp, { scopes: ["api.read", "api.write"] }],
    ]);
    expect(await toldBy(collect)).toEqual([]);
  });

  test("about a restart, a refusal, and nothing for polls and refused requests", async () => {
    const { id, claim_token } = (await register.anonymous(stage)).body;
    let body: Response["body"];
    const starting = await toldBy(async () => {
      body = (await from(agentIp, startClaim(stage, claim_token))).body;
    });
    const attemptId = body.attempt.id;
    expect(starting).toEqual([
      ["claim.requested", "agent", id, agentIp, { attemptId }],
      ["user_code.minted", "agent", id, agentIp, { attemptId }],
    ]);
    expect(await toldBy(() => poll(stage, claim_token))).toEqual([]);
    const submit = await preparedForm(stage, body.attempt.verification_uri, "alice");
    const deny = () => from(personIp, submit({ action: "deny" }));
    expect(await toldBy(deny)).toEqual([["claim.denied", "user", "usr_alice", personIp, { attemptId }]]);
    expect(await toldBy(deny)).toEqual([]);
    expect(await toldBy(() => startClaim(stage, claim_token))).toEqual([]);
    expect(await toldBy(() => exchange(stage, "a.b.c"))).toEqual([]);
  });

  test("about the lock, once, with the number of guesses", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { claim_attempt } = (await startClaim(stage, claim_token)).body;
      const submit = await preparedForm(stage, claim_attempt.verification_uri, "alice");
      const guess = () => from(personIp, submit({ userCode: otherThan(claim_attempt.user_code) }));
      for (let time = 0; time < 4; time += 1) expect(await toldBy(guess)).toEqual([]);
      const [locked] = await toldBy(guess);
      if (attempt < 2) expect(locked).toBeUndefined();
      else
        expect(locked).toEqual([
          "claim.locked",
          "user",
          "usr_alice",
          personIp,
          expect.objectContaining({ guesses: 15 }),
        ]);
    }
    expect(await stage.audit("claim.locked")).toHaveLength(1);
  });

  test("about what operators and people do to a registration", async () => {
    const { id } = (await register.anonymous(stage)).body;
    const { reason } = operator;
    const suspend = () => stage.auth.suspendRegistration(id, operator);
    expect(await toldBy(suspend)).toEqual([["registration.suspended", "operator", "op_1", null, { reason }]]);
    expect(await toldBy(suspend)).toEqual([]);
    const resume = () => stage.auth.resumeRegistration(id, operator);
    expect(await toldBy(resume)).toEqual([["registration.resumed", "operator", "op_1", null, { reason }]]);
    expect(await toldBy(resume)).toEqual([]);
    const revoke = () =>
      stage.auth.revokeRegistration(id, { actor: { kind: "user", id: "usr_alice" }, reason: "user_request" });
    expect(await toldBy(revoke)).toEqual([
      ["registration.revoked", "user", "usr_alice", null, { reason: "user_request", userId: null }],
    ]);
    for (const again of [revoke, suspend, resume]) expect(await toldBy(again)).toEqual([]);
  });

  test("about a window that closed, by the system", async () => {
    const { id } = (await register.anonymous(stage)).body;
    stage.clock.advance(86_400);
    expect(await toldBy(() => stage.auth.sweep())).toEqual([
      ["registration.expired", "system", null, null, { reason: "claim_window_over", userId: null }],
    ]);
    expect(await stage.audit("registration.expired")).toMatchObject([{ registration_id: id }]);
    expect(await toldBy(() => stage.auth.sweep())).toEqual([]);
  });

  test("about keys: the first by the system, the next by the operator", async () => {
    expect(await told(0)).toMatchObject([["key.rotated", "system", null, null, { kid: expect.any(String) }]]);
    expect(await toldBy(() => stage.auth.rotateKeys())).toMatchObject([
      ["key.rotated", "operator", null, null, {}],
    ]);
  });
});

describe("what is never written", () => {
  test("any token, code, csrf value or full hint of a whole journey, to the audit log or any log line", async () => {
    const hint = "alice@example.com";
    const secrets = new Set<string>();
    /** Collects every secret an answer shows. */
    const seen = async (request: PromiseLike<Response>) => {
      const response = await request;
      for (const [secret] of response.text.matchAll(
        /\b(?:at|ct|cat)_[\w-]{39}|[\w-]{20,}\.[\w-]{20,}\.[\w-]{86}/g,
      ))
        secrets.add(secret);
      for (const [, csrf] of response.text.matchAll(/name="csrf" value="([^"]+)"/g))
        secrets.add(String(csrf));
      return response;
    };
    const codes = new Set<string>();

    const { body: registration } = await seen(register.anonymous(stage, { client_name: "Agent" }));
    const { body: exchanged } = await seen(exchange(stage, registration.identity_assertion));
    await seen(callApi(stage, exchanged.access_token));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { body } = await seen(startClaim(stage, registration.claim_token, { login_hint: hint }));
      const { verification_uri, user_code } = body.claim_attempt;
      codes.add(user_code).add(otherThan(user_code));
      await seen(openPage(stage, verification_uri, "alice"));
      const submit = await preparedForm(stage, verification_uri, "alice");
      await seen(submit({ userCode: otherThan(user_code) }));
      await seen(poll(stage, registration.claim_token));
      if (attempt === 1) await seen(submit({ userCode: user_code }));
    }
    const { body: delivered } = await seen(poll(stage, registration.claim_token));
    await seen(exchange(stage, registration.identity_assertion));
    await seen(callApi(stage, `${delivered.access_token}x`));
    await seen(stage.agent.post("/oauth2/revoke").type("form").send({ token: delivered.access_token }));
    await seen(register.serviceAuth(stage, { login_hint: `${hint}\r\nBcc: x` }));
    await stage.auth.revokeRegistration(registration.id, operator);
    await seen(startClaim(stage, registration.claim_token));
    await stage.auth.sweep();
    await stage.auth.close();
    await seen(exchange(stage, delivered.identity_assertion));
    await seen(poll(stage, registration.claim_token));
    await seen(startClaim(stage, registration.claim_token));

    // Two assertions, two access tokens, a claim token, two links and two CSRF values.
    expect(secrets.size).toBeGreaterThanOrEqual(9);
    expect(stage.logs.length).toBeGreaterThanOrEqual(3);
    const lines = [
      ...(await stage.audit()).map((row) => JSON.stringify(row)),
      ...stage.logs.map(({ message, fields }) =>
        JSON.stringify([message, fields], (_name, value) =>
          value instanceof Error ? `${value.stack} ${String(value.cause)}` : value,
        ),
      ),
    ];
    for (const line of lines) {
      for (const secret of [...secrets, hint]) expect(line).not.toContain(secret);
      for (const code of codes) expect(line).not.toMatch(new RegExp(`(?<![0-9a-f])${code}(?![0-9a-f])`));
    }
    // Nor are they anywhere else in the database; the hint is, where the page needs it.
    const stored = JSON.stringify(await stage.snapshot());
    for (const secret of secrets) expect(stored).not.toContain(secret);
  });
});
