/** Ways around a decision: each is a sequence of allowed requests that must not add up to what was taken away. */
import { describe, expect, test } from "@jest/globals";
import {
  approved,
  changesNothing,
  claimBy,
  eventStage,
  identify,
  registered,
  steppedUp,
} from "../support/event-stage.js";
import { notice } from "../support/headings.js";
import { callApi, exchange, openPage, poll, register, startClaim, submitPage } from "../support/world.js";
import { expectAgentRefusal, expectNotice } from "./observed-world.js";

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "abuse" } as const;

describe("a suspension", () => {
  test("of an agent that was claimed by ID-JAG is not left by registering anew with the same person's", async () => {
    const stage = await eventStage();
    const { id, claim_token: claimToken } = (await register.anonymous(stage)).body;
    const idJag = () => stage.provider.idJag({ sub: "sub-carol" });
    expect((await claimBy(stage, claimToken, idJag())).status).toBe(200);
    await stage.auth.suspendRegistration(id, operator);
    expectAgentRefusal(
      await changesNothing(stage, () => identify(stage, idJag())),
      403,
      "registration_suspended",
    );
    const other = (await register.anonymous(stage)).body.claim_token;
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, other, idJag())),
      403,
      "registration_suspended",
    );
    await stage.auth.resumeRegistration(id, operator);
    expect((await identify(stage, idJag())).status).toBe(200);
  });

  test("of one agent is not left by approving another one of the same person", async () => {
    const stage = await eventStage();
    const anonymous = (await register.anonymous(stage)).body.claim_token;
    const { body } = await claimBy(stage, anonymous, stage.provider.idJag());
    const waiting = await steppedUp(stage);
    await stage.auth.suspendRegistration(waiting.id, operator);
    const { verification_uri: uri, user_code: userCode } = body.claim_attempt;
    await submitPage(stage, uri, "alice", { userCode });
    expect((await poll(stage, anonymous)).status).toBe(400);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null }]);
  });
});

describe("a cap on scopes in the ID-JAG", () => {
  test("holds over a step-up: the page offers no more, and nothing more is granted", async () => {
    const stage = await eventStage();
    const { body } = await identify(stage, stage.provider.idJag({ scope: "api.read" }));
    expect(body.post_claim_scopes).toEqual(["api.read"]);
    const { verification_uri: uri, user_code: userCode } = body.claim;
    const page = await openPage(stage, uri, "alice");
    expect(page.text).toContain("Read your notes");
    expect(page.text).not.toContain("Write and delete your notes");
    await submitPage(stage, uri, "alice", { userCode });
    const { body: tokens } = await poll(stage, body.claim_token);
    expect(tokens.scope).toBe("api.read");
    expect((await exchange(stage, tokens.identity_assertion)).body.scope).toBe("api.read");
    expect(await stage.rows("delegations")).toMatchObject([{ scope_ceiling: "api.read" }]);
  });
});

describe("an ID-JAG that says more than we understand", () => {
  test.each([
    ["tenant", "a"],
    ["aud_tenant", "a"],
    ["aud_sub", "b"],
    ["sub_id", { format: "iss_sub" }],
    ["resource", "https://other.example/api"],
    ["resource", ["https://notes.example", "https://other.example"]],
    ["resource", []],
    ["resource", 1],
  ])("in %s %j is refused and changes nothing", async (name, value) => {
    const stage = await eventStage();
    const idJag = stage.provider.idJag({ sub: "sub-carol", [name]: value });
    expectAgentRefusal(
      await changesNothing(stage, () => identify(stage, idJag)),
      400,
      "invalid_assertion",
      "invalid_request",
    );
  });

  test.each(["https://notes.example", ["https://notes.example"], "https://notes.example/"])(
    "but names our resource %j is taken",
    async (resource) => {
      const stage = await eventStage();
      await registered(stage, { sub: "sub-carol", resource });
    },
  );
});

describe("an approved step-up", () => {
  test("that its agent left for a new ID-JAG is in use, and not given up as never collected", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    await approved(stage, waiting);
    const { accessToken } = await registered(stage, {});
    stage.clock.advance(3000);
    expect((await callApi(stage, accessToken)).status).toBe(200);
    stage.clock.advance(86_400);
    await stage.auth.sweep();
    const again = await registered(stage, {});
    expect(again.id).toBe(waiting.id);
  });
});

describe("a new code for a step-up", () => {
  test("is not handed out for a link the provider took back", async () => {
    const stage = await eventStage();
    const { claimToken } = await steppedUp(stage);
    stage.clock.advance(1);
    const { url } = stage.provider;
    const event = stage.provider.event({
      events: { "https://schemas.openid.net/secevent/caep/event-type/session-revoked": {} },
      sub: undefined,
      sub_id: { format: "iss_sub", iss: url, sub: "sub-alice" },
    });
    await stage.agent.post("/agent/event/notify").set("Content-Type", "application/secevent+jwt").send(event);
    expectAgentRefusal(
      await changesNothing(stage, () => startClaim(stage, claimToken)),
      400,
      "assertion_revoked",
    );
  });
});

describe("a provider that was taken off the trust list", () => {
  test("leaves no open approval behind", async () => {
    const stage = await eventStage();
    const { uri } = await steppedUp(stage);
    const attempts = await stage.rows("claim_attempts");
    const stranger = await eventStage({ options: { trustedProviders: [], storage: stage.store } });
    expectNotice(await openPage(stranger, uri, "alice"), 403, notice("provider_disabled"));
    expect(await stage.rows("claim_attempts")).toEqual(attempts);
  });
});

describe("hooks that take their time", () => {
  test("let twenty first links of one person at once become one user, and all twenty succeed", async () => {
    const stage = await eventStage();
    const turns = async (count: number) => {
      for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
    };
    for (const hook of ["findByEmail", "create"] as const) stage.host.during(hook, () => turns(20));
    stage.steps.before = () => turns(2);
    const sent = Array.from({ length: 20 }, () =>
      identify(stage, stage.provider.idJag({ sub: "sub-carol" })),
    );
    const answers = await Promise.all(sent);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(stage.host.created).toHaveLength(1);
    expect(await stage.rows("delegations")).toHaveLength(1);
  });

  test("let one of three people claim an agent, and create nobody else", async () => {
    const stage = await eventStage();
    const { claim_token: claimToken } = (await register.anonymous(stage)).body;
    stage.steps.before = () => new Promise(setImmediate);
    const answers = await Promise.all(
      ["one", "two", "three"].map((name) =>
        claimBy(
          stage,
          claimToken,
          stage.provider.idJag({ sub: `sub-${name}`, email: `${name}@example.com`, email_verified: true }),
        ),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(stage.host.created).toHaveLength(1);
    expect(await stage.rows("delegations")).toHaveLength(1);
  });
});
