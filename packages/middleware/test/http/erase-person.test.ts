/** Erasing a person: their agents end at once, and nothing of them is left in the database. */
import { expect, test } from "@jest/globals";
import { mailServer } from "../support/mail-server.js";
import { closeAfterTest } from "../support/stages.js";
import { observedWorld } from "./observed-world.js";
import { claimedAgent, expectAlive, expectDead, expectUnusable } from "./refreshing-agent.js";

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "left" } as const;

test("the agents of the person are refused on their next call, and those of others go on", async () => {
  const stage = await observedWorld();
  closeAfterTest(() => stage.close());
  const agents = [await claimedAgent(stage), await claimedAgent(stage)];
  const heard: string[] = [];
  stage.auth.on("registration.revoked", ({ registrationId }) => {
    heard.push(registrationId);
  });
  expect(await stage.auth.erasePerson("usr_nobody", operator)).toEqual({ ended: 0 });
  for (const agent of agents) await expectAlive(stage, agent);

  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => stage.auth.erasePerson("usr_alice", operator)),
  );
  expect(outcomes.reduce((sum, { ended }) => sum + ended, 0)).toBe(2);
  for (const agent of agents) {
    await expectDead(stage, agent);
    await expectUnusable(stage, agent.refreshToken);
    expect(await stage.auth.findRegistration(agent.id)).toBeNull();
  }
  await stage.auth.sweep();
  expect(heard.sort()).toEqual(agents.map(({ id }) => id).sort());
});

test("no trace of the person is left in the tables, and nobody is written to about it", async () => {
  const server = await mailServer();
  const mail = { smtp: server.url, from: "Example Notes <no-reply@notes.example>" };
  const stage = await observedWorld({ options: { mail } });
  closeAfterTest(() => stage.close());
  const agent = await claimedAgent(stage);
  await stage.auth.sweep();
  expect(JSON.stringify(await stage.snapshot())).toMatch(/usr_alice/);
  const told = server.mails.length;
  expect(told).toBeGreaterThan(0);

  expect(await stage.auth.erasePerson("usr_alice", operator)).toEqual({ ended: 1 });
  await expectDead(stage, agent);
  await stage.auth.sweep();
  expect(JSON.stringify(await stage.snapshot())).not.toMatch(/usr_alice|alice@/);
  expect(await stage.audit("person.erased")).toHaveLength(1);
  expect(server.mails).toHaveLength(told);
});

test("an address is erased however the host spells it", async () => {
  const stage = await observedWorld();
  closeAfterTest(() => stage.close());
  const hint = { type: "service_auth", login_hint: "Alice@Bücher.example" };
  await stage.agent.post("/agent/identity").send(hint).expect(200);
  expect(JSON.stringify(await stage.snapshot())).toContain("alice@xn--");
  await stage.auth.erasePerson("usr_alice", { ...operator, addresses: [" Alice@Bücher.example"] });
  expect(JSON.stringify(await stage.snapshot())).not.toContain("alice@xn--");
});

test("who erases themselves, after an incident about them, is named nowhere either", async () => {
  const stage = await observedWorld();
  closeAfterTest(() => stage.close());
  const other = await claimedAgent(stage);
  const job = await stage.auth.admin.startJob({
    ...{ action: "suspend", filter: { userId: "usr_alice" }, includeNew: false },
    operator: { operatorId: "op_1", reason: "test", ip: null },
  });
  await stage.auth.erasePerson("usr_alice", { actor: { kind: "user", id: "usr_alice" }, reason: "left" });
  expect(JSON.stringify(await stage.audit())).not.toContain("usr_alice");
  expect(await stage.audit("person.erased")).toMatchObject([{ actor_kind: "user", actor_id: null }]);
  // Emptied and not taken away: the job that waits must not come to mean everybody.
  const bystander = await claimedAgent(stage);
  expect((await stage.auth.admin.findJob(job.id))?.filter).toEqual({ userId: "" });
  await stage.auth.sweep();
  await expectAlive(stage, bystander);
  await expectDead(stage, other);
});
