/** Completions that arrive together, with each other and with everything else that can end a claim (CLM-33, CLM-36). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { complete, refresh, reveal, shownCode, wrongCode } from "../support/read-back.js";
import { callApi, exchange, openPage, poll, type Response, register, startClaim } from "../support/world.js";
import { expectAgentRefusal, type ObservedWorld, observedWorld, preparedForm } from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld({}, { staleReads: true });
});
afterEach(() => stage.close());

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const together = <Answer>(count: number, send: (index: number) => PromiseLike<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(index)));
const delivered = (answers: Response[]) => answers.filter(({ status }) => status === 200);
const errorsOf = (answers: Response[]) => new Set(answers.flatMap(({ body }) => body.error ?? []));

async function asked() {
  const { id, claim, claim_token } = (await register.serviceAuth(stage)).body;
  const uri = claim.verification_uri as string;
  const submit = await preparedForm(stage, uri, "alice");
  return {
    id: id as string,
    claimToken: claim_token as string,
    uri,
    submit,
    userCode: claim.user_code as string,
  };
}

/** Exactly one of the answers delivers, what it delivers works, and the database agrees. */
async function expectOneDelivery(answers: Response[]): Promise<void> {
  const [winner, ...more] = delivered(answers);
  expect(more).toEqual([]);
  expect(await stage.audit("claim.confirmed")).toHaveLength(1);
  expect(await stage.rows("registrations")).toMatchObject([{ user_id: "usr_alice", generation: 2 }]);
  const { access_token } = (await exchange(stage, winner?.body.identity_assertion)).body;
  expect((await callApi(stage, access_token)).status).toBe(200);
  expect((await refresh(stage, winner?.body.identity.refresh_token.value)).status).toBe(200);
}

describe("right codes", () => {
  test.each([20, 200])("%i at once: one delivery", async (count) => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const answers = await together(count, () => complete(stage, visit.claimToken, code));
    await expectOneDelivery(answers);
    expect(errorsOf(answers)).toEqual(new Set(["claimed_or_in_flight"]));
    expect(await stage.rows("claim_attempts")).toMatchObject([{ wrong_guesses: 0 }]);
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
  });

  test("and polls, twenty of each: one delivery, to a completion", async () => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const [completions, polls] = await Promise.all([
      together(20, () => complete(stage, visit.claimToken, code)),
      together(20, () => poll(stage, visit.claimToken)),
    ]);
    expect(delivered(polls)).toEqual([]);
    // However many right codes are being looked at, the attempt never seems to have run out of guesses.
    for (const error of errorsOf(polls))
      expect(["authorization_pending", "slow_down", "invalid_grant"]).toContain(error);
    await expectOneDelivery(completions);
  });

  test.each([
    ["the page first", true],
    ["the agent first", false],
  ])("typed on the page and brought by the agent at once, %s: one of both wins", async (_what, pageFirst) => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const answers = await together<Response | null>(20, (index) =>
      (index % 2 === 0) === pageFirst
        ? visit.submit({ userCode: visit.userCode }).then(() => null)
        : complete(stage, visit.claimToken, code),
    );
    const completions = answers.filter((answer) => answer !== null);
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
    const polled = await poll(stage, visit.claimToken);
    expect(delivered([...completions, polled])).toHaveLength(1);
  });

  test("and new attempts, ten of each: nothing is replaced, and one is delivered", async () => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const [completions, starts] = await Promise.all([
      together(10, () => complete(stage, visit.claimToken, code)),
      together(10, () => startClaim(stage, visit.claimToken)),
    ]);
    expect(starts.map(({ status }) => status)).toEqual(Array(10).fill(409));
    await expectOneDelivery(completions);
  });

  test("while an operator revokes: at most one delivery, and it is worth nothing", async () => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const [answers] = await Promise.all([
      together(20, () => complete(stage, visit.claimToken, code)),
      stage.auth.revokeRegistration(visit.id, operator),
    ]);
    expect(delivered(answers).length).toBeLessThanOrEqual(1);
    for (const { body } of delivered(answers)) {
      expect((await exchange(stage, body.identity_assertion)).status).toBe(400);
      expect((await refresh(stage, body.identity.refresh_token.value)).status).toBe(400);
    }
    expectAgentRefusal(await complete(stage, visit.claimToken, code), 410, "claim_revoked");
  });
});

describe("Deny and completions", () => {
  test.each([
    ["Deny first", true],
    ["the agent first", false],
  ])("together, ten times each, %s: one outcome, and everything agrees with it", async (_what, denyFirst) => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const answers = await together<Response | null>(20, (index) =>
      (index % 2 === 0) === denyFirst
        ? visit.submit({ action: "deny" }).then(() => null)
        : complete(stage, visit.claimToken, code),
    );
    const completions = answers.filter((answer) => answer !== null);
    const denied = (await stage.audit("claim.denied")).length;
    expect([denied, delivered(completions).length].sort()).toEqual([0, 1]);
    const { status } = (await stage.auth.findRegistration(visit.id)) ?? {};
    expect(status).toBe(denied === 1 ? "pending_claim" : "claimed");
    const again = await complete(stage, visit.claimToken, code);
    expect(again.body.error).toBe(denied === 1 ? "claim_denied" : "claimed_or_in_flight");
  });
});

describe("wrong codes", () => {
  test.each([20, 200])("%i at once: five are compared, then the right one fails too", async (count) => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const answers = await together(count, () => complete(stage, visit.claimToken, wrongCode(code)));
    const told = answers.flatMap(({ body }) =>
      body.error === "otp_invalid" ? [body.remaining_guesses as number] : [],
    );
    expect(told.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(await stage.rows("claim_attempts")).toMatchObject([{ wrong_guesses: 5 }]);
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      410,
      "otp_expired",
      "user_code_expired",
    );
  });

  test("with the right one among them bind once or not at all", async () => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const answers = await together(21, (index) =>
      complete(stage, visit.claimToken, index === 3 ? code : wrongCode(code)),
    );
    expect(delivered(answers)).toHaveLength((await stage.audit("claim.confirmed")).length);
    expect(delivered(answers).length).toBeLessThanOrEqual(1);
    expect((await stage.rows("claim_attempts"))[0]?.wrong_guesses).toBeLessThanOrEqual(5);
  });

  test("on the page and by the agent at once share the five", async () => {
    const visit = await asked();
    const code = await reveal(stage, visit);
    const wrong = wrongCode(code, visit.userCode);
    await together<unknown>(40, (index) =>
      index % 2 === 0 ? visit.submit({ userCode: wrong }) : complete(stage, visit.claimToken, wrong),
    );
    expect(await stage.rows("claim_attempts")).toMatchObject([{ wrong_guesses: 5 }]);
    expect(await stage.rows("registrations")).toMatchObject([{ wrong_guesses: 5, claimed_at: null }]);
  });
});

describe("reveals", () => {
  test("twenty at once: one confirmation, and every tab shows the same code", async () => {
    const visit = await asked();
    await together(20, () => visit.submit());
    expect(await stage.audit("user_code.minted")).toHaveLength(2);
    const codes = await together(5, async () => shownCode((await openPage(stage, visit.uri, "alice")).text));
    expect(new Set(codes).size).toBe(1);
    expect((await complete(stage, visit.claimToken, codes[0])).status).toBe(200);
  });

  test("and new attempts at once: what is confirmed is current, or was replaced before", async () => {
    const visit = await asked();
    await Promise.all([visit.submit(), startClaim(stage, visit.claimToken), visit.submit()]);
    const current = (await stage.rows("claim_attempts")).find(({ replaced_at }) => replaced_at === null);
    for (const attempt of await stage.rows("claim_attempts"))
      if (attempt.confirmed_at !== null) expect(attempt.id).toBe(current?.id);
  });

  test("and Deny at once: denied, whatever was revealed", async () => {
    const visit = await asked();
    await together(20, (index) => visit.submit(index % 2 === 0 ? {} : { action: "deny" }));
    expect(await stage.audit("claim.denied")).toHaveLength(1);
    expectAgentRefusal(await complete(stage, visit.claimToken, "123456"), 403, "claim_denied");
  });
});
