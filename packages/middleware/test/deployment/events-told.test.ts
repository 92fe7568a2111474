/** Every event of `auth.on`: what it says, that it comes by itself after the commit, and that none holds up another. */
import type { AgentAuthEventName, AgentAuthEvents } from "@agent-auth/middleware";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { operator } from "../support/admin-stage.js";
import { claimBy, type EventStage, eventStage, identify, notify } from "../support/event-stage.js";
import { providerWorld, registerBy } from "../support/issuer-world.js";
import { stage } from "../support/stages.js";
import { register, submitPage, type World } from "../support/world.js";

const at = "2026-01-01T00:00:00.000Z";
const byOperator = { actor: { kind: "operator", id: "op_1" }, reason: "looks odd" } as const;

/** The next event of this name, told by itself: nothing here sweeps. */
function next<Name extends AgentAuthEventName>({ auth }: World, name: Name): Promise<AgentAuthEvents[Name]> {
  return new Promise((resolve) => {
    const remove = auth.on(name, (event) => {
      remove();
      resolve(event);
    });
  });
}

let host: EventStage;
beforeEach(async () => {
  host = await eventStage();
});

describe("a registration", () => {
  test("is created: by itself, by hint, by a provider, and as a step-up", async () => {
    let told = next(host, "registration.created");
    const anonymous = (await register.anonymous(host, { client_name: "Buddy" })).body;
    expect(await told).toEqual({
      registrationId: anonymous.registration_id,
      kind: "anonymous",
      provider: null,
      at,
    });
    told = next(host, "registration.created");
    const hinted = (await register.serviceAuth(host)).body;
    expect(await told).toMatchObject({ registrationId: hinted.id, kind: "service_auth", provider: null });
    told = next(host, "registration.created");
    const vouched = (await identify(host, host.provider.idJag({ sub: "sub-carol" }))).body;
    expect(await told).toEqual({
      registrationId: vouched.id,
      kind: "identity_assertion",
      provider: { issuer: host.provider.url, subject: "sub-carol" },
      at,
    });
    told = next(host, "registration.created");
    const waiting = (await identify(host, host.provider.idJag())).body;
    expect(await told).toMatchObject({
      registrationId: waiting.id,
      provider: { issuer: host.provider.url },
    });
  });

  test("is not created by a second ID-JAG of somebody who is there already", async () => {
    const told: string[] = [];
    host.auth.on("registration.created", ({ registrationId }) => {
      told.push(registrationId);
    });
    const first = (await identify(host, host.provider.idJag({ sub: "sub-carol" }))).body;
    await identify(host, host.provider.idJag({ sub: "sub-carol" }));
    await host.auth.sweep();
    expect(told).toEqual([first.id]);
  });

  test("is suspended, resumed and revoked, each told once with who and why", async () => {
    const { registration_id: registrationId } = (await register.anonymous(host)).body;
    const suspended = next(host, "registration.suspended");
    expect(await host.auth.suspendRegistration(registrationId, byOperator)).toBe(true);
    expect(await suspended).toEqual({ registrationId, ...byOperator, at });
    const resumed = next(host, "registration.resumed");
    expect(await host.auth.admin.resume(registrationId, operator)).toBe(true);
    expect(await resumed).toEqual({
      registrationId,
      actor: { kind: "operator", id: operator.operatorId },
      reason: operator.reason,
      at,
    });
    const revoked = next(host, "registration.revoked");
    await host.auth.revokeRegistration(registrationId, byOperator);
    expect(await revoked).toEqual({ registrationId, userId: null, reason: "looks odd", at });
  });

  test("that is stopped already is not stopped again for anybody", async () => {
    const { registration_id: id } = (await register.anonymous(host)).body;
    let told = 0;
    host.auth.on("registration.suspended", () => {
      told += 1;
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => host.auth.suspendRegistration(id, byOperator)),
    );
    await host.auth.sweep();
    expect([answers.filter(Boolean).length, told]).toEqual([1, 1]);
  });

  test("expires when nobody claims it in time", async () => {
    const { registration_id: registrationId } = (await register.anonymous(host)).body;
    host.clock.advance(86_400);
    const expired = next(host, "registration.expired");
    await host.auth.sweep();
    expect(await expired).toEqual({ registrationId, at: "2026-01-02T00:00:00.000Z" });
  });
});

describe("a claim", () => {
  test("that is denied names who denied it", async () => {
    const { body } = await register.serviceAuth(host);
    const denied = next(host, "claim.denied");
    await submitPage(host, body.claim.verification_uri, "alice", { action: "deny" });
    expect(await denied).toEqual({ registrationId: body.id, userId: "usr_alice", at });
  });

  test("that is confirmed with a provider's word links the person as well", async () => {
    const { claim_token, registration_id: registrationId } = (await register.anonymous(host)).body;
    const [confirmed, created] = [next(host, "claim.confirmed"), next(host, "delegation.created")];
    const answer = await claimBy(host, claim_token, host.provider.idJag({ sub: "sub-carol" }));
    expect(answer.body.status).toBe("claimed");
    const { userId } = await confirmed;
    expect(await created).toEqual({
      issuer: host.provider.url,
      subject: "sub-carol",
      userId,
      registrationId,
      at,
    });
  });
});

describe("a delegation", () => {
  const carol = async () => {
    const created = next(host, "delegation.created");
    const { id } = (await identify(host, host.provider.idJag({ sub: "sub-carol" }))).body;
    return { id: id as string, userId: (await created).userId };
  };
  const pair = () => ({ issuer: host.provider.url, subject: "sub-carol" });

  test("is cut by the end of its registration", async () => {
    const { id, userId } = await carol();
    const deleted = next(host, "delegation.deleted");
    await host.auth.revokeRegistration(id, byOperator);
    expect(await deleted).toEqual({ ...pair(), userId, registrationId: id, reason: "looks odd", at });
  });

  test("is cut by an operator", async () => {
    // With the built-in storage: a store of one's own has no such verb.
    const world = await providerWorld();
    const created = next(world, "delegation.created");
    expect((await registerBy(world, world.idp.mint())).status).toBe(200);
    const { issuer, subject, userId } = await created;
    const deleted = next(world, "delegation.deleted");
    expect(await world.auth.admin.unlinkDelegation(issuer, subject, operator)).toBe(true);
    const { reason } = operator;
    expect(await deleted).toEqual({ issuer, subject, userId, registrationId: null, reason, at });
  });

  test("is cut by the provider", async () => {
    await carol();
    const deleted = next(host, "delegation.deleted");
    expect((await notify(host, host.provider.event({ sub: "sub-carol" }))).status).toBe(202);
    expect(await deleted).toMatchObject({ ...pair(), reason: "provider_revoked", at });
  });
});

test("a provider that is disabled", async () => {
  const disabled = next(host, "provider.disabled");
  expect(await host.auth.admin.setProviderDisabled(host.provider.url, true, operator)).toBe(true);
  expect(await disabled).toEqual({
    issuer: host.provider.url,
    actor: { kind: "operator", id: operator.operatorId },
    reason: operator.reason,
    at,
  });
});

describe("a handler that keeps failing", () => {
  test("holds up no event of another type, however many of its own wait", async () => {
    const world = await stage();
    let isBroken = true;
    const created = new Set<string>();
    world.auth.on("registration.created", ({ registrationId }) => {
      if (isBroken) throw new Error("the host's queue is full");
      created.add(registrationId);
    });
    const ids: string[] = [];
    // More than are told in one go.
    for (let count = 0; count < 250; count += 1)
      ids.push((await register.anonymous(world)).body.registration_id);
    const told = next(world, "registration.suspended");
    await world.auth.suspendRegistration(ids.at(-1) as string, byOperator);
    expect((await told).registrationId).toBe(ids.at(-1));
    isBroken = false;
    await world.auth.sweep();
    expect(created).toEqual(new Set(ids));
  });
});
