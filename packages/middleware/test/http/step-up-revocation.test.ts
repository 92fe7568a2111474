/** What a revocation leaves behind, and how a person comes back from it (PROTOCOL section 8, bugs 6, 7 and 36). */
import { describe, expect, test } from "@jest/globals";
import {
  approved,
  changesNothing,
  claimBy,
  type EventStage,
  eventStage,
  identify,
  notify,
  type Standing,
  steppedUp,
} from "../support/event-stage.js";
import { callApi, exchange, poll, register, startClaim } from "../support/world.js";
import {
  expectAgentRefusal,
  expectApiRefusal,
  expectNotice,
  expectOauthRefusal,
  preparedForm,
} from "./observed-world.js";

const theRow = async (stage: EventStage) => {
  const rows = await stage.rows("registrations");
  expect(rows).toHaveLength(1);
  return rows[0] as NonNullable<(typeof rows)[0]>;
};
const linkedTo = async (stage: EventStage) => (await stage.rows("delegations"))[0]?.user_id ?? null;
const stepUp = (stage: EventStage) => identify(stage, stage.provider.idJag());

/** Neither of them works any more, whatever becomes of the row. */
async function expectDead(stage: EventStage, { assertion, accessToken }: Standing): Promise<void> {
  expectApiRefusal(await callApi(stage, accessToken), 401, "invalid_token");
  expectOauthRefusal(await changesNothing(stage, () => exchange(stage, assertion)), "invalid_grant");
}

describe("after a revocation", () => {
  const byAlice = { actor: { kind: "user", id: "usr_alice" }, reason: "user_request" } as const;
  const revocations: [string, (stage: EventStage, id: string) => Promise<unknown>][] = [
    ["the provider's event", (stage) => notify(stage, stage.provider.event())],
    ["the person", (stage, id) => stage.auth.revokeRegistration(id, byAlice)],
    [
      "an operator",
      (stage, id) =>
        stage.auth.revokeRegistration(id, { actor: { kind: "operator", id: "op_1" }, reason: "incident" }),
    ],
  ];

  test.each(revocations)(
    "by %s an ID-JAG from before is worthless, and one from after has to be approved",
    async (_by, revoke) => {
      const stage = await eventStage();
      const waiting = await steppedUp(stage);
      const standing = await approved(stage, waiting);
      const before = stage.provider.idJag();
      await revoke(stage, waiting.id);
      await expectDead(stage, standing);
      expect(await linkedTo(stage)).toBeNull();
      expectAgentRefusal(
        await changesNothing(stage, () => identify(stage, before)),
        400,
        "assertion_revoked",
      );
      const sameSecond = stage.provider.idJag();
      expectAgentRefusal(
        await changesNothing(stage, () => identify(stage, sameSecond)),
        400,
        "assertion_revoked",
      );

      stage.clock.advance(1);
      expectAgentRefusal(
        await changesNothing(stage, () => identify(stage, before)),
        400,
        "assertion_revoked",
      );
      const again = await steppedUp(stage);
      expect(again.id).toBe(waiting.id);
      // Bug 7: the row is pending again, and what survived outside must not come back to life with it.
      await expectDead(stage, standing);
      const revived = await approved(stage, again);
      await expectDead(stage, standing);
      expect((await callApi(stage, revived.accessToken)).status).toBe(200);
      expect((await stepUp(stage)).status).toBe(200);
    },
  );

  test.each(revocations)(
    "by %s the revived row has a new generation and nothing of the old life",
    async (_by, revoke) => {
      const stage = await eventStage();
      const waiting = await steppedUp(stage);
      await approved(stage, waiting);
      const { generation } = await theRow(stage);
      await revoke(stage, waiting.id);
      stage.clock.advance(1);
      await steppedUp(stage);
      const row = await theRow(stage);
      expect(Number(row.generation)).toBeGreaterThan(Number(generation) + 1);
      expect(row).toMatchObject({
        user_id: null,
        scopes: "",
        claimed_at: null,
        collected_at: null,
        revoked_at: null,
        revoked_by: null,
        revoked_reason: null,
      });
      expect(await stage.auth.findRegistration(waiting.id)).toMatchObject({ status: "pending_claim" });
    },
  );

  test("by the person, of one of two agents, the other goes on; the next ID-JAG still has to be approved", async () => {
    const stage = await eventStage();
    const standing = await approved(stage, await steppedUp(stage));
    const { id } = await theRow(stage);
    const { body } = await register.anonymous(stage);
    await claimBy(stage, body.claim_token, stage.provider.idJag());
    expect(await stage.auth.revokeRegistration(body.id, byAlice)).toBe(true);
    expect((await callApi(stage, standing.accessToken)).status).toBe(200);
    stage.clock.advance(1);
    // Bug 36: the row is still claimed, which must not count as "ready".
    expect((await steppedUp(stage)).id).toBe(id);
    await expectDead(stage, standing);
  });

  test("of a claim that waits, the code is worthless and the poll says so", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    const submit = await preparedForm(stage, waiting.uri, "alice");
    await notify(stage, stage.provider.event());
    expectOauthRefusal(await poll(stage, waiting.claimToken), "invalid_grant");
    const answer = await changesNothing(stage, () => submit({ userCode: waiting.userCode }));
    expectNotice(answer, 410, "has ended");
    expectAgentRefusal(await startClaim(stage, waiting.claimToken), 410, "claim_revoked");
    stage.clock.advance(1);
    await approved(stage, await steppedUp(stage));
  });

  test("at the moment of the owner's code: nothing is left that works", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    const submit = await preparedForm(stage, waiting.uri, "alice");
    await Promise.all([submit({ userCode: waiting.userCode }), notify(stage, stage.provider.event())]);
    expect(await linkedTo(stage)).toBeNull();
    expect(await stage.auth.findRegistration(waiting.id)).toMatchObject({ status: "revoked" });
    expectOauthRefusal(await poll(stage, waiting.claimToken), "invalid_grant");
  });

  test("a suspended registration is not revived", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    const standing = await approved(stage, waiting);
    const operator = { actor: { kind: "operator", id: "op_1" }, reason: "incident" } as const;
    await stage.auth.suspendRegistration(waiting.id, operator);
    await notify(stage, stage.provider.event());
    stage.clock.advance(1);
    expectAgentRefusal(await changesNothing(stage, () => stepUp(stage)), 403, "registration_suspended");
    await expectDead(stage, standing);
  });
});
