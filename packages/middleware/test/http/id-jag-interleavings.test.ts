/**
 * A provider's event that arrives in the middle of something is never lost (PROTOCOL section 3). Every flow is run
 * again and again, with the event before its first call of the database, before its second, and so on until none is
 * left; and once inside each hook of the host it calls. Afterwards nothing works and nothing is linked.
 */
import { describe, expect, test } from "@jest/globals";
import { databaseKind } from "../support/database.js";
import { about, disabledEvent, revokedEvent, sessionRevokedEvent } from "../support/event-issuer.js";
import {
  changesNothing,
  type EventStage,
  eventStage,
  expectAccepted,
  identify,
  notify,
  waitingOf,
} from "../support/event-stage.js";
import { callApi, exchange, openPage, pathOf, poll, type Response } from "../support/world.js";
import { type Flow, flows, type Prepared } from "./interruptible-flows.js";

/** Makes something happen before the call of that number, counted from now. */
function interruptAt(stage: EventStage, call: number, happening: () => Promise<unknown>) {
  let calls = 0;
  const state = { hasHappened: false };
  stage.steps.before = () => {
    calls += 1;
    if (calls !== call) return undefined;
    stage.steps.before = () => undefined;
    state.hasHappened = true;
    return happening();
  };
  return state;
}

/** Nothing the agent was handed, before or in the middle, opens anything. */
async function expectNothingWorks(stage: EventStage, { held, claim }: Prepared, answer: Response) {
  expect(answer.status).toBeLessThan(500);
  const page = /text\/html/.test(String(answer.headers["content-type"]));
  const body = page ? {} : answer.body;
  const tokens = [held?.accessToken, body.access_token].filter((token) => token !== undefined);
  for (const token of tokens) expect((await callApi(stage, token)).status).toBe(401);
  const assertions = [held?.assertion, body.identity_assertion].filter((one) => one !== undefined);
  for (const assertion of assertions)
    expect((await exchange(stage, assertion)).body).toMatchObject({ error: "invalid_grant" });

  const claims = [claim];
  if (body.claim !== undefined)
    claims.push({
      claimToken: body.claim_token,
      uri: body.claim.verification_uri,
      userCode: body.claim.user_code,
    });
  if (body.claim_attempt !== undefined) claims.push(waitingOf(claim?.claimToken ?? "", answer));
  for (const each of claims) if (each !== undefined) await expectNoWayIn(stage, each);
}

async function expectNoWayIn(
  stage: EventStage,
  { claimToken, uri, userCode }: NonNullable<Prepared["claim"]>,
) {
  if (uri !== undefined) {
    const review = await openPage(stage, uri, "alice");
    // 200 tells that it was claimed, which the end of a session does not undo; it asks for nothing.
    expect([200, 410]).toContain(review.status);
    expect(review.text).not.toContain("<form");
    const attemptToken = new URL(uri).searchParams.get("claim_attempt_token");
    await changesNothing(stage, () =>
      stage.agent
        .post(pathOf(uri).split("?")[0] ?? "")
        .set({ "x-test-person": "alice", "Sec-Fetch-Site": "same-origin" })
        .type("form")
        .send({
          claim_attempt_token: attemptToken,
          action: "authorize",
          user_code: userCode,
          scope: "api.read",
        }),
    );
  }
  const delivered = await poll(stage, claimToken);
  expect([delivered.status, delivered.body.access_token]).toEqual([400, undefined]);
}

const linkOf = async (stage: EventStage, sub: string) =>
  (await stage.rows("delegations")).find(({ subject }) => subject === sub)?.user_id ?? null;

/** Runs the flow with the event before its call of that number. False when it has fewer calls. */
async function interrupted(flow: Flow, call: number, type: string): Promise<boolean> {
  const stage = await eventStage();
  const prepared = await flow.prepare(stage);
  const token = stage.provider.event(about(stage.provider, flow.sub, type));
  const deliver = async () => expectAccepted(await notify(stage, token));
  // The keys are known to the service by now, as they are in life.
  const interruption = interruptAt(stage, call, deliver);
  const answer = await prepared.run();
  const { hasHappened } = interruption;
  // After its last call there is one more moment: when all is done.
  if (!hasHappened) {
    stage.steps.before = () => undefined;
    await deliver();
  }
  await expectNothingWorks(stage, prepared, answer);
  if (type !== sessionRevokedEvent) expect(await linkOf(stage, flow.sub)).toBeNull();
  const [later] = [stage.provider.idJag({ sub: flow.sub })];
  expect((await identify(stage, later)).body.error).toBe("assertion_revoked");
  return hasHappened;
}

/** The two differ in their names only, so the second database is shown one. */
const events = databaseKind === "sqlite" ? [revokedEvent, disabledEvent] : [revokedEvent];
/** And the end of a session, which takes less, goes before every other step there. */
const stride = databaseKind === "sqlite" ? 1 : 2;

describe.each(events)("an event %s", (type) => {
  test.each(flows)("between any two steps of: $name", async (flow) => {
    let call = 1;
    while (await interrupted(flow, call, type)) call += 1;
    // A flow that asks the database nothing would prove nothing.
    expect(call).toBeGreaterThan(2);
  });
});

describe("the end of a session", () => {
  test.each(flows)("between any two steps of: $name", async (flow) => {
    let call = 1;
    while (await interrupted(flow, call, sessionRevokedEvent)) call += stride;
    expect(call).toBeGreaterThan(2);
  });
});

describe("an event inside a hook of the host", () => {
  const cases = flows.flatMap((flow) => flow.hooks.map((hook) => ({ name: flow.name, hook, flow })));
  test.each(cases)("$hook, in the middle of: $name", async ({ flow, hook }) => {
    const stage = await eventStage();
    const prepared = await flow.prepare(stage);
    let hasHappened = false;
    stage.host.during(hook, async () => {
      expectAccepted(await notify(stage, stage.provider.event({ sub: flow.sub })));
      hasHappened = true;
    });
    const answer = await prepared.run();
    expect(hasHappened).toBe(true);
    if (flow.refusal !== undefined) expect([answer.status, answer.body.error]).toEqual([400, flow.refusal]);
    // What is known to be refused creates nobody.
    if (hook === "findByEmail") expect(stage.host.created).toEqual([]);
    await expectNothingWorks(stage, prepared, answer);
    expect(await linkOf(stage, flow.sub)).toBeNull();
  });

  test("that creates a user: the user stays the host's, unlinked, and is asked to approve the next time", async () => {
    const stage = await eventStage();
    stage.host.during("create", () => notify(stage, stage.provider.event({ sub: "sub-carol" })));
    const refused = await identify(stage, stage.provider.idJag({ sub: "sub-carol" }));
    expect([refused.status, refused.body.error]).toEqual([400, "assertion_revoked"]);
    expect([stage.host.created.length, await linkOf(stage, "sub-carol")]).toEqual([1, null]);
    expect(await stage.rows("registrations")).toEqual([]);
    stage.clock.advance(1);
    const next = await identify(stage, stage.provider.idJag({ sub: "sub-carol" }));
    expect([next.status, next.body.error]).toEqual([401, "interaction_required"]);
  });
});

describe("a revocation by the person inside a hook of the host", () => {
  test.each(flows.filter(({ hooks }) => hooks.includes("findById")))(
    "in the middle of: $name",
    async (flow) => {
      const stage = await eventStage();
      const prepared = await flow.prepare(stage);
      const by = { actor: { kind: "user", id: "usr_alice" }, reason: "user_request" } as const;
      stage.host.during("findById", () => stage.auth.revokeRegistration(prepared.held?.id ?? "", by));
      const answer = await prepared.run();
      expect([answer.status, answer.body.error]).toEqual([400, "assertion_revoked"]);
      await expectNothingWorks(stage, prepared, answer);
      expect(await linkOf(stage, flow.sub)).toBeNull();
    },
  );
});

describe("a suspension by an operator inside a hook of the host", () => {
  test.each(flows.filter(({ name }) => /^registration of a linked/.test(name)))(
    "in the middle of: $name, is not passed by",
    async (flow) => {
      const stage = await eventStage();
      const prepared = await flow.prepare(stage);
      const by = { actor: { kind: "operator", id: "op_1" }, reason: "incident" } as const;
      stage.host.during("findById", () => stage.auth.suspendRegistration(prepared.held?.id ?? "", by));
      const answer = await prepared.run();
      expect([answer.status, answer.body.error]).toEqual([403, "registration_suspended"]);
      await expectNothingWorks(stage, prepared, answer);
    },
  );
});
