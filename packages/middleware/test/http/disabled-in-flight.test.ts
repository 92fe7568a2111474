/**
 * A provider that operators switch off in the middle of something gets nothing further: no flow lets anything in after
 * that moment, whatever it had asked before (PROTOCOL section 8). What was bound before stays.
 */
import { describe, expect, test } from "@jest/globals";
import { operator } from "../support/admin-stage.js";
import { type EventStage, eventStage, steppedUp } from "../support/event-stage.js";
import { notice } from "../support/headings.js";
import { providerWorld, registerBy } from "../support/issuer-world.js";
import { complete, reveal } from "../support/read-back.js";
import { callApi, exchange, openPage, poll, register, startClaim, submitPage } from "../support/world.js";
import { type Flow, flows } from "./interruptible-flows.js";
import { expectAgentRefusal, expectNotice, preparedForm } from "./observed-world.js";

const switched = (stage: EventStage, disabled: boolean) =>
  stage.auth.admin.setProviderDisabled(stage.provider.url, disabled, operator);

/** Whatever lets an agent in on the word of the provider, or could come to do so. */
async function letIn(stage: EventStage) {
  const claimed = (await stage.rows("registrations")).filter(({ claimed_at }) => claimed_at !== null);
  return {
    registrations: claimed.map(({ id, generation, user_id, scopes }) => ({
      id,
      generation,
      user_id,
      scopes,
    })),
    links: (await stage.rows("delegations")).filter(({ user_id }) => user_id !== null),
    attempts: (await stage.rows("claim_attempts")).filter(({ link_issuer }) => link_issuer !== null).length,
  };
}

/** Runs the flow with the switch before its call of that number. False when it has fewer calls. */
async function interrupted(flow: Flow, call: number): Promise<boolean> {
  const stage = await eventStage();
  const { run } = await flow.prepare(stage);
  let calls = 0;
  let atOnce: Awaited<ReturnType<typeof letIn>> | null = null;
  stage.steps.before = () => {
    calls += 1;
    if (calls !== call) return undefined;
    stage.steps.before = () => undefined;
    return switched(stage, true).then(async (isChanged) => {
      expect(isChanged).toBe(true);
      atOnce = await letIn(stage);
    });
  };
  const answer = await run();
  stage.steps.before = () => undefined;
  expect(answer.status).toBeLessThan(500);
  if (atOnce !== null) expect(await letIn(stage)).toEqual(atOnce);
  return atOnce !== null;
}

describe("between any two steps", () => {
  test.each(flows)("of: $name", async (flow) => {
    let call = 1;
    while (await interrupted(flow, call)) call += 1;
    // A flow that asks the database nothing would prove nothing.
    expect(call).toBeGreaterThan(2);
  });
});

describe("inside a hook of the host", () => {
  const cases = flows.flatMap((flow) =>
    flow.hooks.filter((hook) => hook !== "currentUser").map((hook) => ({ name: flow.name, hook, flow })),
  );
  test.each(cases)("$hook, in the middle of: $name, is issuer_not_enabled", async ({ flow, hook }) => {
    const stage = await eventStage();
    const { run } = await flow.prepare(stage);
    const before = await letIn(stage);
    stage.host.during(hook, () => switched(stage, true));
    expectAgentRefusal(await run(), 400, "issuer_not_enabled", "invalid_issuer");
    expect(await letIn(stage)).toEqual(before);
    // What is known to be refused creates nobody.
    if (hook !== "create") expect(stage.host.created).toEqual([]);
  });

  test("that creates a user: the user stays the host's, and is the same one once the provider is back", async () => {
    const stage = await eventStage();
    const idJag = () => stage.provider.idJag({ sub: "sub-carol" });
    const send = (assertion: string) =>
      stage.agent.post("/agent/identity").send({ type: "identity_assertion", assertion });
    stage.host.during("create", () => switched(stage, true));
    const body = { assertion_type: "urn:ietf:params:oauth:token-type:id-jag" };
    expect((await send(idJag()).send(body)).body.error).toBe("issuer_not_enabled");
    expect(await letIn(stage)).toEqual({ registrations: [], links: [], attempts: 0 });
    await switched(stage, false);
    stage.clock.advance(31);
    expect((await send(idJag()).send(body)).status).toBe(401);
    expect(stage.host.created).toHaveLength(1);
  });
});

test("a new code that is asked for is issuer_not_enabled, though trust was asked before", async () => {
  const stage = await eventStage();
  const claim = await steppedUp(stage);
  stage.steps.before = (verb) => {
    if (verb !== "startAttempt") return undefined;
    stage.steps.before = () => undefined;
    return switched(stage, true);
  };
  const before = await letIn(stage);
  const answer = await startClaim(stage, claim.claimToken);
  expectAgentRefusal(answer, 400, "issuer_not_enabled", "invalid_issuer");
  expect(await letIn(stage)).toEqual(before);
});

describe("a person at the page", () => {
  const turnedAway = (answer: Parameters<typeof expectNotice>[0]) =>
    expectNotice(answer, 403, notice("provider_disabled"));

  test("is told so, before and after the form is sent, and goes on once the provider is back", async () => {
    const stage = await eventStage();
    const claim = await steppedUp(stage);
    const submit = await preparedForm(stage, claim.uri, "alice");
    await switched(stage, true);
    const before = await letIn(stage);
    turnedAway(await openPage(stage, claim.uri, "alice"));
    turnedAway(await submit({ userCode: claim.userCode }));
    expect(await letIn(stage)).toEqual(before);
    await switched(stage, false);
    expect((await submit({ userCode: claim.userCode })).status).toBe(303);
    expect((await poll(stage, claim.claimToken)).status).toBe(200);
  });

  test("whose form is on its way is sent to the page that says so", async () => {
    const stage = await eventStage();
    const claim = await steppedUp(stage);
    stage.steps.before = (verb) => {
      if (verb !== "confirmClaim") return undefined;
      stage.steps.before = () => undefined;
      return switched(stage, true);
    };
    const before = await letIn(stage);
    expect((await submitPage(stage, claim.uri, "alice", { userCode: claim.userCode })).status).toBe(303);
    turnedAway(await openPage(stage, claim.uri, "alice"));
    expect(await letIn(stage)).toEqual(before);
    expect((await poll(stage, claim.claimToken)).body.error).toBe("authorization_pending");
  });

  test("who has authorised before does not make the agent's code good", async () => {
    const stage = await eventStage();
    const claim = await steppedUp(stage);
    const code = await reveal(stage, claim);
    stage.steps.before = (verb) => {
      if (verb !== "confirmClaim") return undefined;
      stage.steps.before = () => undefined;
      return switched(stage, true);
    };
    const before = await letIn(stage);
    const late = await complete(stage, claim.claimToken, code);
    expectAgentRefusal(late, 410, "otp_expired", "user_code_expired");
    expect(await letIn(stage)).toEqual(before);
    await switched(stage, false);
    expect((await complete(stage, claim.claimToken, code)).status).toBe(200);
  });
});

describe("an incident", () => {
  /** A world in which the host is asked to create a user and does not answer until it is told to. */
  async function atTheHost() {
    let reached = () => {};
    let release = () => {};
    const isAsked = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const mayAnswer = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stage = await providerWorld({
      accounts: (book) => ({
        async create(person) {
          reached();
          await mayAnswer;
          return book.create(person);
        },
      }),
    });
    const { issuer } = stage.idp;
    const happen = async () => {
      await isAsked;
      const job = await stage.auth.admin.startJob({
        action: "revoke",
        filter: { issuer },
        includeNew: true,
        operator,
      });
      await stage.auth.sweep();
      expect((await stage.auth.admin.findJob(job.id))?.finishedAt).not.toBeNull();
      stage.clock.advance(5);
      release();
    };
    return { stage, happen };
  }

  test("that is over lets no registration in that was on its way", async () => {
    const { stage, happen } = await atTheHost();
    const [answer] = await Promise.all([registerBy(stage, stage.idp.mint()), happen()]);
    expectAgentRefusal(answer, 400, "issuer_not_enabled", "invalid_issuer");
    expect(await stage.rows("registrations")).toEqual([]);
    expect((await stage.rows("delegations")).filter(({ user_id }) => user_id !== null)).toEqual([]);
  });

  test("that is over lets no claim in that was on its way", async () => {
    const { stage, happen } = await atTheHost();
    const { body } = await register.anonymous(stage);
    const claim = stage.agent.post("/agent/identity/claim").send({
      type: "identity_assertion",
      claim_token: body.claim_token,
      assertion: stage.idp.mint(),
    });
    const [answer] = await Promise.all([claim, happen()]);
    expectAgentRefusal(answer, 400, "issuer_not_enabled", "invalid_issuer");
    const [registration] = await stage.rows("registrations");
    expect(registration).toMatchObject({ claimed_at: null, user_id: null, issuer: null, generation: 1 });
    // It is the agent it was: nobody's, with what it had before.
    const { access_token: token } = (await exchange(stage, body.identity_assertion)).body;
    expect((await callApi(stage, token)).status).toBe(200);
  });
});
