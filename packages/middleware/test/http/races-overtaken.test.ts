/**
 * Requests that are overtaken: one is held right before the step that would change something, the world changes, and
 * then it goes on. What it had read is old by then, so it must fail (PROTOCOL sections 4.1, 4.2, 4.4 and 8).
 */
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { Store } from "../../src/ports.js";
import { stage as openStage, ownDatabase } from "../support/stages.js";
import {
  exchange,
  openPage,
  poll,
  type Response,
  register,
  startClaim,
  type World,
} from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal, otherThan, preparedForm } from "./observed-world.js";

type Verb =
  | "spendGuess"
  | "confirmClaim"
  | "denyClaim"
  | "startAttempt"
  | "collectClaim"
  | "issueAccessToken";

let stage: World;
let store: Store;
beforeEach(async () => {
  ({ store } = (await ownDatabase()).open());
  stage = await openStage({ options: { storage: store } });
});

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

/** Sends a request, lets `change` happen when it reaches `verb`, and then lets it go on. */
async function overtaken(
  verb: Verb,
  send: () => PromiseLike<Response>,
  change: () => PromiseLike<unknown>,
): Promise<Response> {
  const step = store[verb].bind(store) as (input: never) => Promise<never>;
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let goOn = () => {};
  const permission = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  store[verb] = async (input: never) => {
    store[verb] = step;
    arrived();
    await permission;
    return step(input);
  };
  // A request is sent when it is first waited for, so it is waited for before the change.
  const answer = Promise.resolve(send());
  await Promise.race([arrival, answer]);
  await change();
  goOn();
  return answer;
}

async function asked() {
  const { id, claim, claim_token } = (await register.serviceAuth(stage)).body;
  const submit = await preparedForm(stage, claim.verification_uri, "alice");
  return {
    id: id as string,
    claimToken: claim_token as string,
    userCode: claim.user_code as string,
    uri: claim.verification_uri as string,
    submit,
  };
}
type Asked = Awaited<ReturnType<typeof asked>>;

async function told(type: "claim.confirmed" | "claim.denied" | "token.issued") {
  return (await store.listAudit({ type, limit: 100 })).length;
}

async function expectUnbound({ id }: Asked): Promise<void> {
  const registration = await store.findRegistration(id);
  expect(registration).toMatchObject({ userId: null, claimedAt: null, scopes: [] });
  expect(await told("claim.confirmed")).toBe(0);
}

describe("the right code", () => {
  test("fails when five wrong ones were counted before it", async () => {
    const claim = await asked();
    const wrong = async () => {
      for (let guess = 0; guess < 5; guess += 1) await claim.submit({ userCode: otherThan(claim.userCode) });
    };
    await overtaken("spendGuess", () => claim.submit({ userCode: claim.userCode }), wrong);
    await expectUnbound(claim);
    expectOauthRefusal(await poll(stage, claim.claimToken), "expired_token");
  });

  const changes: [string, (claim: Asked) => PromiseLike<unknown>][] = [
    ["a new attempt", ({ claimToken }) => startClaim(stage, claimToken)],
    ["Deny", ({ submit }) => submit({ action: "deny" })],
    ["a revocation", ({ id }) => stage.auth.revokeRegistration(id, operator)],
    ["a suspension", ({ id }) => stage.auth.suspendRegistration(id, operator)],
  ];
  test.each(changes)("binds nothing when %s came before it", async (_what, change) => {
    const claim = await asked();
    const response = await overtaken(
      "confirmClaim",
      () => claim.submit({ userCode: claim.userCode }),
      () => change(claim),
    );
    expect(response.status).toBe(303);
    expect((await openPage(stage, claim.uri, "alice")).text).not.toContain("Your agent is connected");
    await expectUnbound(claim);
  });

  test("binds once when the same code came before it", async () => {
    const claim = await asked();
    const confirm = () => claim.submit({ userCode: claim.userCode });
    await overtaken("confirmClaim", confirm, confirm);
    expect(await told("claim.confirmed")).toBe(1);
    expect((await store.findRegistration(claim.id))?.generation).toBe(2);
    expect((await poll(stage, claim.claimToken)).status).toBe(200);
  });
});

describe("Deny", () => {
  test("changes nothing when the claim was confirmed before it", async () => {
    const claim = await asked();
    await overtaken(
      "denyClaim",
      () => claim.submit({ action: "deny" }),
      () => claim.submit({ userCode: claim.userCode }),
    );
    expect(await told("claim.denied")).toBe(0);
    expect((await poll(stage, claim.claimToken)).status).toBe(200);
  });

  test("does not end a claim whose attempt was replaced before it", async () => {
    const claim = await asked();
    await overtaken(
      "denyClaim",
      () => claim.submit({ action: "deny" }),
      () => startClaim(stage, claim.claimToken),
    );
    expect(await told("claim.denied")).toBe(0);
    expectOauthRefusal(await poll(stage, claim.claimToken), "authorization_pending");
  });
});

describe("the start of a claim", () => {
  test.each<[string, (claim: Asked) => PromiseLike<unknown>, number, string, string]>([
    [
      "a confirmation",
      ({ submit, userCode }) => submit({ userCode }),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    ],
    ["Deny", ({ submit }) => submit({ action: "deny" }), 403, "claim_denied", "claim_denied"],
    [
      "a revocation",
      ({ id }) => stage.auth.revokeRegistration(id, operator),
      410,
      "claim_revoked",
      "claim_revoked",
    ],
    [
      "a suspension",
      ({ id }) => stage.auth.suspendRegistration(id, operator),
      403,
      "registration_suspended",
      "registration_suspended",
    ],
  ])("is refused with the reason when %s came before it", async (_what, change, status, error, code) => {
    const claim = await asked();
    const before = (await store.findRegistration(claim.id))?.currentAttemptId;
    const response = await overtaken(
      "startAttempt",
      () => startClaim(stage, claim.claimToken),
      () => change(claim),
    );
    expectAgentRefusal(response, status, error, code);
    expect((await store.findRegistration(claim.id))?.currentAttemptId).toBe(before);
  });
});

describe("a delivery", () => {
  test.each<[string, (claim: Asked) => PromiseLike<unknown>, number]>([
    ["another delivery", ({ claimToken }) => poll(stage, claimToken), 1],
    ["a revocation", ({ id }) => stage.auth.revokeRegistration(id, operator), 0],
    ["a suspension", ({ id }) => stage.auth.suspendRegistration(id, operator), 0],
  ])("is refused when %s came before it", async (_what, change, issued) => {
    const claim = await asked();
    await claim.submit({ userCode: claim.userCode });
    const response = await overtaken(
      "collectClaim",
      () => poll(stage, claim.claimToken),
      () => change(claim),
    );
    expectOauthRefusal(response, "invalid_grant");
    expect(await told("token.issued")).toBe(issued);
  });
});

describe("an exchange", () => {
  async function anonymous() {
    const { id, claim_token, identity_assertion } = (await register.anonymous(stage)).body;
    const { claim_attempt } = (await startClaim(stage, claim_token)).body;
    const submit = await preparedForm(stage, claim_attempt.verification_uri, "alice");
    return {
      id,
      assertion: identity_assertion as string,
      confirm: () => submit({ userCode: claim_attempt.user_code }),
    };
  }

  test.each<[string, (agent: Awaited<ReturnType<typeof anonymous>>) => PromiseLike<unknown>]>([
    ["the claim", ({ confirm }) => confirm()],
    ["a revocation", ({ id }) => stage.auth.revokeRegistration(id, operator)],
    ["a suspension", ({ id }) => stage.auth.suspendRegistration(id, operator)],
  ])("issues nothing when %s came before it", async (_what, change) => {
    const agent = await anonymous();
    const response = await overtaken(
      "issueAccessToken",
      () => exchange(stage, agent.assertion),
      () => change(agent),
    );
    expectOauthRefusal(response, "invalid_grant");
    expect(await told("token.issued")).toBe(0);
  });
});
