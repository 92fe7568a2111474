/** Whom a completion binds: the person a provider vouches for, and people who have no account yet (PROTOCOL 4.3, 4.4). */
import { describe, expect, test } from "@jest/globals";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { mailboxAccountKey } from "../../src/protocol/ids.js";
import { readBackCodeHash, shownReadBackCode } from "../../src/protocol/read-back-code.js";
import {
  changesNothing,
  claimWaiting,
  type EventStage,
  type EventStageInput,
  eventStage,
  identify,
  notify,
  steppedUp,
  type Waiting,
} from "../support/event-stage.js";
import { complete, expectCompleted, reveal } from "../support/read-back.js";
import { exchange, type Response, register, startClaim } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const expired = (response: Response) => expectAgentRefusal(response, 410, "otp_expired", "user_code_expired");

describe("an attempt that an ID-JAG opened", () => {
  test("binds the step-up, links the person with what they left ticked as the ceiling, and says so", async () => {
    const stage = await eventStage();
    const visit = await steppedUp(stage);
    const code = await reveal(stage, visit, "alice", ["api.read"]);
    expect((await stage.rows("delegations"))[0]?.user_id).toBeNull();
    const response = await complete(stage, visit.claimToken, code);
    expectCompleted(response, visit.id, stage.clock.now());
    expect(await stage.rows("delegations")).toMatchObject([
      { user_id: "usr_alice", scope_ceiling: "api.read" },
    ]);
    const [linked] = await stage.audit("delegation.created");
    expect(linked).toMatchObject({ actor_kind: "user", actor_id: "usr_alice", registration_id: visit.id });
    expect((await exchange(stage, response.body.identity_assertion)).body.scope).toBe("api.read");
    const next = await identify(stage, stage.provider.idJag());
    expect([next.status, next.body.id, next.body.scopes]).toEqual([200, visit.id, ["api.read"]]);
  });

  test("of an anonymous registration links the person too", async () => {
    const stage = await eventStage();
    const visit = await claimWaiting(stage);
    const response = await complete(stage, visit.claimToken, await reveal(stage, visit));
    expectCompleted(response, visit.id, stage.clock.now());
    expect(await stage.rows("registrations")).toMatchObject([
      { kind: "anonymous", issuer: stage.provider.trust.issuer },
    ]);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: "usr_alice" }]);
  });

  test("is over when its provider takes back what it said after the reveal", async () => {
    const stage = await eventStage();
    const [stepUp, anonymous] = [await steppedUp(stage), await claimWaiting(stage)];
    const codes = [await reveal(stage, stepUp), await reveal(stage, anonymous)];
    stage.clock.advance(1);
    await notify(stage, stage.provider.event());
    const send = (visit: Waiting, code?: string) =>
      changesNothing(stage, () => complete(stage, visit.claimToken, code));
    expectAgentRefusal(await send(stepUp, codes[0]), 410, "claim_revoked");
    expired(await send(anonymous, codes[1]));
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null }]);
  });

  test("is stopped while an operator stops another registration of the same person", async () => {
    const stage = await eventStage();
    const [first, second] = [await claimWaiting(stage), await claimWaiting(stage)];
    const codes = [await reveal(stage, first), await reveal(stage, second)];
    await complete(stage, first.claimToken, codes[0]);
    await stage.auth.suspendRegistration(first.id, operator);
    const send = () => complete(stage, second.claimToken, codes[1]);
    expectAgentRefusal(await changesNothing(stage, send), 403, "registration_suspended");
    await stage.auth.resumeRegistration(first.id, operator);
    expect((await send()).status).toBe(200);
  });

  test("grants no more than its provider's ceiling allows by now", async () => {
    const stage = await eventStage();
    const visit = await claimWaiting(stage);
    const code = await reveal(stage, visit);
    const { trust } = stage.provider;
    const onSameStore = (trustedProviders: (typeof trust)[]): EventStageInput => ({
      options: { storage: stage.store, clock: stage.clock, trustedProviders },
    });
    const without = await eventStage(onSameStore([]));
    expired(await complete(without, visit.claimToken, code));
    const narrowed = await eventStage(onSameStore([{ ...trust, scopes: ["api.read"] }]));
    const { identity_assertion: assertion } = (await complete(narrowed, visit.claimToken, code)).body;
    expect((await exchange(narrowed, assertion)).body.scope).toBe("api.read");
  });
});

/** A claim whose code was revealed to somebody who proved the mailbox `loginHint` and has no account. */
async function provenMailbox(input: EventStageInput = {}, loginHint = "new@example.com") {
  const secret = "s".repeat(32);
  const stage = await eventStage({ ...input, options: { secrets: [secret], ...input.options } });
  const claimToken = (await register.anonymous(stage)).body.claim_token as string;
  const { id, claim_attempt_id: attemptId } = (await startClaim(stage, claimToken, { login_hint: loginHint }))
    .body;
  const keys = {
    readBackCode: [deriveKeys([secret], "read-back-code")[0].key] as [Buffer],
    userCode: [deriveKeys([secret], "user-code")[0].key] as [Buffer],
  };
  const codeHash = readBackCodeHash(keys, attemptId);
  const now = stage.clock.now();
  const revealed = await stage.store.revealReadBackCode({
    ...{ attemptId, registrationId: id, userId: null, scopes: ["api.read"], codeHash },
    ...{ expiresAt: now + 600, now, audit: [] },
  });
  expect(revealed).toBe(true);
  return {
    stage,
    id: id as string,
    claimToken,
    code: shownReadBackCode(keys, attemptId, codeHash) as string,
  };
}

describe("the notice that an agent is connected", () => {
  const mail = { from: "no-reply@notes.example", transport: { sendMail: async () => {} } };
  const queued = async (stage: EventStage) => {
    const mails = await Promise.all([1, 2, 3, 4].map((id) => stage.store.findMail(id)));
    return mails.filter((found) => found?.template === "agent_connected");
  };

  test("is queued with the completion, not with the reveal, to the address the host has", async () => {
    const stage = await eventStage({ options: { mail } });
    const visit = await claimWaiting(stage);
    const code = await reveal(stage, visit);
    expect(await queued(stage)).toEqual([]);
    await complete(stage, visit.claimToken, code);
    await stage.auth.sweep();
    expect(await queued(stage)).toMatchObject([
      { userId: "usr_alice", recipient: "alice@example.com", registrationId: visit.id },
    ]);
  });

  test("goes to the mailbox that was proven, where there is nothing else to go by", async () => {
    const { stage, claimToken, code } = await provenMailbox({ options: { mail } });
    await complete(stage, claimToken, code);
    expect(await queued(stage)).toMatchObject([{ recipient: "new@example.com" }]);
  });
});

describe("a person who proved a mailbox and has no account", () => {
  test("gets one when the agent completes, and not before", async () => {
    const { stage, id, claimToken, code } = await provenMailbox();
    expect(stage.host.created).toEqual([]);
    await complete(stage, claimToken, "000000");
    expect(stage.host.created).toEqual([]);
    expectCompleted(await complete(stage, claimToken, code), id, stage.clock.now());
    expect(stage.host.created).toEqual([
      {
        email: "new@example.com",
        issuer: null,
        subject: null,
        idempotencyKey: mailboxAccountKey("new@example.com"),
      },
    ]);
    const user = stage.host.users.find(({ email }) => email === "new@example.com");
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: user?.id }]);
    expect(await stage.rows("claim_attempts")).toMatchObject([{ confirmed_user_id: user?.id }]);
    expect(await stage.audit("claim.confirmed")).toMatchObject([{ actor_id: user?.id }]);
  });

  test("is found by their address where an account was made meanwhile", async () => {
    const { stage, claimToken, code } = await provenMailbox({}, "bob@example.com");
    expect((await complete(stage, claimToken, code)).status).toBe(200);
    expect(stage.host.created).toEqual([]);
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: "usr_bob" }]);
  });

  test.each([
    ["creates none", { create: undefined }],
    ["refuses to create one", { create: () => null }],
  ])("is account_not_found at a host that %s, and nothing is bound", async (_what, accounts) => {
    const { stage, claimToken, code } = await provenMailbox({ accounts });
    const before = await stage.rows("registrations");
    expectAgentRefusal(await complete(stage, claimToken, code), 403, "account_not_found");
    const [after] = await stage.rows("registrations");
    expect({ ...after, wrong_guesses: 0 }).toEqual(before[0]);
    expect(await stage.rows("refresh_tokens")).toEqual([]);
  });

  test("gets one account, however many right codes arrive together", async () => {
    const { stage, claimToken, code } = await provenMailbox();
    const answers = await Promise.all(Array.from({ length: 20 }, () => complete(stage, claimToken, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(stage.host.created.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(stage.host.users.filter(({ email }) => email === "new@example.com")).toHaveLength(1);
  });

  test("has no account made for a claim that ended before", async () => {
    const { stage, id, claimToken, code } = await provenMailbox();
    await stage.auth.revokeRegistration(id, operator);
    expectAgentRefusal(await complete(stage, claimToken, code), 410, "claim_revoked");
    expect(stage.host.created).toEqual([]);
  });
});
