/** How a claim ends on its page: Deny, forms that are sent twice, and forms that are too late (WEB-22, CLM-25). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  type Asked,
  asked,
  askedAgain,
  expectPage,
  expectRedirect,
  openForm,
  wrongFor,
} from "../support/claim-visit.js";
import { openPage, pathOf, poll, startClaim, submitPage } from "../support/world.js";
import {
  expectAgentRefusal,
  expectOauthRefusal,
  type ObservedWorld,
  observedWorld,
} from "./observed-world.js";

let stage: ObservedWorld;
let visit: Asked;
beforeEach(async () => {
  stage = await observedWorld();
  visit = await asked(stage);
});
afterEach(() => stage.close());

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const pageNow = () => openPage(stage, visit.uri, "alice");
const endings = async () =>
  [...(await stage.audit("claim.confirmed")), ...(await stage.audit("claim.denied"))].length;

describe("Deny", () => {
  test("leads to the denied notice and ends the claim for good", async () => {
    const send = await openForm(stage, visit);
    expectRedirect(await send({ action: "deny" }), 303, pathOf(visit.uri));
    expectPage(await pageNow(), 200, "Request denied");
    expect(await stage.audit("claim.denied")).toMatchObject([
      { actor_id: "usr_alice", registration_id: visit.id },
    ]);
    const before = await stage.snapshot();
    expectOauthRefusal(await poll(stage, visit.claimToken), "access_denied");
    expectAgentRefusal(await startClaim(stage, visit.claimToken), 403, "claim_denied");
    expect(await stage.snapshot()).toEqual(before);
  });

  test.each<[string, object]>([
    ["no code and no permission", { userCode: "", scopes: [] }],
    ["a wrong code", { userCode: "000000" }],
    ["the right code, which does not authorize", { userCode: "right" }],
    ["without the fields", { fields: { user_code: null, scope: null } }],
  ])("needs nothing filled in: %s", async (_what, answer) => {
    const userCode = "userCode" in answer && answer.userCode === "right" ? visit.userCode : "";
    const send = await openForm(stage, visit);
    expect((await send({ action: "deny", userCode, ...answer })).status).toBe(303);
    expectPage(await pageNow(), 200, "Request denied");
    expect(await stage.rows("registrations")).toMatchObject([
      { user_id: null, claimed_at: null, wrong_guesses: 0 },
    ]);
  });

  test("is the last word over a fifth try that is left", async () => {
    const send = await openForm(stage, visit);
    for (let time = 0; time < 4; time += 1) await send({ userCode: wrongFor(visit.userCode) });
    await send({ action: "deny" });
    const before = await stage.snapshot();
    expectPage(await send({ userCode: visit.userCode }), 200, "Request denied");
    expect(await stage.snapshot()).toEqual(before);
  });
});

describe("a form that is sent twice (WEB-22)", () => {
  test.each(["authorize", "deny"])("has one effect and a friendly second answer: %s", async (action) => {
    const send = await openForm(stage, visit);
    const answer = { action, userCode: visit.userCode };
    expect((await send(answer)).status).toBe(303);
    const before = await stage.snapshot();
    const heading = action === "deny" ? "Request denied" : "Your agent is connected";
    expectPage(await send(answer), 200, heading);
    expectPage(await send({ ...answer, action: action === "deny" ? "authorize" : "deny" }), 200, heading);
    expectPage(await pageNow(), 200, heading);
    expect(await stage.snapshot()).toEqual(before);
  });

  test.each([
    ["authorize", "authorize"],
    ["deny", "deny"],
    ["authorize", "deny"],
    ["deny", "authorize"],
  ])("at once has one effect, and both answers agree with it: %s and %s", async (first, second) => {
    const send = await openForm(stage, visit);
    const answers = await Promise.all(
      [first, second].map((action) => send({ action, userCode: visit.userCode })),
    );
    expect(await endings()).toBe(1);
    const heading =
      (await stage.audit("claim.denied")).length === 1 ? "Request denied" : "Your agent is connected";
    for (const answer of answers) {
      if (answer.status === 303) expectRedirect(answer, 303, pathOf(visit.uri));
      else expectPage(answer, 200, heading);
    }
    expectPage(await pageNow(), 200, heading);
  });
});

describe("a form that is too late", () => {
  test("because the agent asked again binds nothing (CLM-20)", async () => {
    const send = await openForm(stage, visit);
    const newer = await askedAgain(stage, visit);
    const before = await stage.snapshot();
    for (const userCode of [visit.userCode, newer.userCode, ""])
      for (const action of ["authorize", "deny"])
        expectPage(await send({ action, userCode }), 410, "There is a newer request");
    expect(await stage.snapshot()).toEqual(before);
    await submitPage(stage, newer.uri, "alice", { userCode: newer.userCode });
    expect((await poll(stage, visit.claimToken)).status).toBe(200);
  });

  test.each<[string, number, string, () => unknown]>([
    ["expired", 410, "This link has expired", () => stage.clock.advance(600)],
    [
      "revoked",
      410,
      "This agent’s access has ended",
      () => stage.auth.revokeRegistration(visit.id, operator),
    ],
    ["suspended", 403, "This agent is suspended", () => stage.auth.suspendRegistration(visit.id, operator)],
  ])("is told so and binds nothing: %s", async (_what, status, heading, end) => {
    const send = await openForm(stage, visit);
    await end();
    const before = await stage.snapshot();
    for (const action of ["authorize", "deny"])
      expectPage(await send({ action, userCode: visit.userCode }), status, heading);
    expect(await stage.snapshot()).toEqual(before);
  });

  test("is told that the agent is connected, where it was by another tab, by whoever did it", async () => {
    const [first, second] = [await openForm(stage, visit), await openForm(stage, visit)];
    await first({ userCode: visit.userCode });
    const before = await stage.snapshot();
    for (const as of ["alice", "bob", null] as const)
      expectPage(await second({ userCode: visit.userCode, as }), 200, "Your agent is connected");
    expect(await stage.snapshot()).toEqual(before);
  });
});
