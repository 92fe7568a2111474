/** What the sweeper forgets, and what it never does (`retention`). */
import { describe, expect, test } from "@jest/globals";
import { closeAfterTest } from "../support/stages.js";
import { register } from "../support/world.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";
import { claimedAgent, expectAlive } from "./refreshing-agent.js";

const day = 86_400;
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

async function opened(retention?: object): Promise<ObservedWorld> {
  const stage = await observedWorld(retention === undefined ? {} : { options: { retention } });
  closeAfterTest(() => stage.close());
  return stage;
}

/** The hint of a registration's only attempt. */
async function hintOf({ rows }: ObservedWorld, registrationId: string): Promise<unknown> {
  return (await rows("claim_attempts")).find((row) => row.registration_id === registrationId)?.login_hint;
}

/** Audit events of a registration. */
async function eventsOf({ audit }: ObservedWorld, registrationId: string) {
  return (await audit()).filter((row) => row.registration_id === registrationId);
}

describe("by default", () => {
  test("what ended and what was written down stays for years; only addresses are forgotten", async () => {
    const stage = await opened();
    const { body } = await register.serviceAuth(stage);
    stage.clock.advance(2 * day);
    await stage.auth.sweep();
    expect(await hintOf(stage, body.id)).toBe("alice@example.com");
    const before = await eventsOf(stage, body.id);
    stage.clock.advance(30 * day);
    await stage.auth.sweep();
    expect(await hintOf(stage, body.id)).toBe("");
    stage.clock.advance(3000 * day);
    await stage.auth.sweep();
    expect(await stage.auth.findRegistration(body.id)).toMatchObject({ status: "expired" });
    expect(await eventsOf(stage, body.id)).toEqual(before);
  });
});

describe("where the host wants less kept", () => {
  test("ended registrations go after their days, and nobody learns more than that they are unknown", async () => {
    const stage = await opened({ endedRegistrationsDays: 10 });
    const { body } = await register.anonymous(stage);
    const kept = await claimedAgent(stage);
    await stage.auth.revokeRegistration(body.id, operator);
    stage.clock.advance(9 * day);
    await stage.auth.sweep();
    expect(await stage.auth.findRegistration(body.id)).toMatchObject({ status: "revoked" });
    stage.clock.advance(2 * day);
    await stage.auth.sweep();
    expect(await stage.auth.findRegistration(body.id)).toBeNull();
    expect((await stage.auth.findRegistration(kept.id))?.status).toBe("claimed");
    const events = await eventsOf(stage, body.id);
    expect(events.map(({ type }) => type)).toContain("registration.revoked");
  });

  test("audit events go after their days", async () => {
    const stage = await opened({ auditDays: 5 });
    const agent = await claimedAgent(stage);
    await expectAlive(stage, agent);
    stage.clock.advance(6 * day);
    await stage.auth.sweep();
    expect(await eventsOf(stage, agent.id)).toEqual([]);
  });

  test("several instances sweep one database at once and forget each thing once", async () => {
    const stage = await opened({ endedRegistrationsDays: 1, addressesDays: 1, auditDays: 1 });
    for (let count = 0; count < 30; count += 1) await register.anonymous(stage);
    stage.clock.advance(1 * day);
    await stage.auth.sweep();
    stage.clock.advance(3 * day);
    await Promise.all(Array.from({ length: 20 }, () => stage.auth.sweep()));
    expect(await stage.audit()).toEqual([]);
    expect(await stage.rows("registrations")).toEqual([]);
  });
});

test.each([
  [{ addressesDays: null }],
  [{ addressesDays: 0 }],
  [{ auditDays: 0 }],
  [{ auditDays: 1.5 }],
  [{ endedRegistrationsDays: -1 }],
  [{ mailDays: 3 }],
])("%j is refused at start", async (retention) => {
  await expect(opened(retention)).rejects.toThrow(/retention/);
});
