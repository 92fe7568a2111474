/** Requests that arrive together: whatever can happen once happens once (PROTOCOL sections 4.1, 4.2, 4.4, 6, 8). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  callApi,
  claimedByAlice,
  exchange,
  poll,
  type Response,
  register,
  startClaim,
  submitPage,
} from "../support/world.js";
import {
  expectNotice,
  expectOauthRefusal,
  type ObservedWorld,
  observedWorld,
  otherThan,
  preparedForm,
} from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld({}, { staleReads: true });
});
afterEach(() => stage.close());

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const together = <Answer>(count: number, send: (index: number) => PromiseLike<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(index)));
const tally = (answers: Response[]) => {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = `${status} ${body.error ?? ""}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

async function asked(person: "alice" | "bob" = "alice") {
  const { id, claim, claim_token } = (await register.serviceAuth(stage)).body;
  const submit = await preparedForm(stage, claim.verification_uri, person);
  return {
    id: id as string,
    claimToken: claim_token as string,
    userCode: claim.user_code as string,
    uri: claim.verification_uri as string,
    submit,
  };
}

describe("polls", () => {
  test.each([20, 200])("%i of an approved claim: one delivery (CLM-13)", async (count) => {
    const { claimToken, submit, userCode } = await asked();
    await submit({ userCode });
    const answers = await together(count, () => poll(stage, claimToken));
    expect(tally(answers)).toEqual({ "200": 1, "400 invalid_grant": count - 1 });
    expect(await stage.rows("access_tokens")).toHaveLength(1);
    expect(await stage.audit("token.issued")).toHaveLength(1);
  });

  test("while the person is approving: one delivery, no other success", async () => {
    const { claimToken, submit, userCode } = await asked();
    const racing = await Promise.all([
      together(10, () => poll(stage, claimToken)),
      submit({ userCode }),
      together(10, () => poll(stage, claimToken)),
    ]);
    const late = await together(20, () => poll(stage, claimToken));
    const delivered = [...racing[0], ...racing[2], ...late].filter(({ status }) => status === 200);
    expect(delivered).toHaveLength(1);
    expect((await callApi(stage, delivered[0]?.body.access_token)).status).toBe(200);
  });

  test("while an operator revokes: at most one delivery, and it is worth nothing", async () => {
    const { id, claimToken, submit, userCode } = await asked();
    await submit({ userCode });
    const [answers] = await Promise.all([
      together(20, () => poll(stage, claimToken)),
      stage.auth.revokeRegistration(id, operator),
    ]);
    const delivered = answers.filter(({ status }) => status === 200);
    expect(delivered.length).toBeLessThanOrEqual(1);
    for (const { body } of delivered) {
      expect((await callApi(stage, body.access_token)).status).toBe(401);
      expectOauthRefusal(await exchange(stage, body.identity_assertion), "invalid_grant");
    }
    expectOauthRefusal(await poll(stage, claimToken), "invalid_grant");
  });
});

describe("codes", () => {
  test("right ones, twenty at once: one confirmation", async () => {
    const { id, claimToken, submit, userCode } = await asked();
    const answers = await together(20, () => submit({ userCode }));
    // Whoever comes late is shown that it is done: by a redirect to the page, or the page itself.
    for (const { status } of answers) expect([200, 303]).toContain(status);
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
    expect(await stage.rows("registrations")).toMatchObject([{ id, generation: 2, user_id: "usr_alice" }]);
    expect((await poll(stage, claimToken)).status).toBe(200);
  });

  test.each([20, 200])(
    "wrong ones, %i at once: five are compared, then the right one fails (CLM-18)",
    async (count) => {
      const { claimToken, submit, userCode } = await asked();
      const answers = await together(count, () => submit({ userCode: otherThan(userCode) }));
      expect(answers.filter(({ text }) => text.includes("not the right code"))).toHaveLength(4);
      expect(await stage.rows("claim_attempts")).toMatchObject([{ wrong_guesses: 5, confirmed_at: null }]);
      expectNotice(await submit({ userCode }), 410, "Too many wrong codes");
      expectOauthRefusal(await poll(stage, claimToken), "expired_token");
    },
  );

  test("wrong ones over several attempts at once: never more than fifteen, and the claim locks", async () => {
    const { claimToken, submit } = await asked();
    await together(30, () => submit({ userCode: "none00" }));
    expect(await stage.rows("registrations")).toMatchObject([{ wrong_guesses: 0 }]);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { claim_attempt } = (await startClaim(stage, claimToken)).body;
      const guess = await preparedForm(stage, claim_attempt.verification_uri, "alice");
      await together(30, () => guess({ userCode: otherThan(claim_attempt.user_code) }));
    }
    expect(await stage.rows("registrations")).toMatchObject([
      { wrong_guesses: 15, claim_end_reason: "locked" },
    ]);
    expect(await stage.audit("claim.locked")).toHaveLength(1);
    expectOauthRefusal(await poll(stage, claimToken), "access_denied");
  });

  test("the right one among a crowd of wrong ones binds once or not at all", async () => {
    const { claimToken, submit, userCode } = await asked();
    await together(21, (index) => submit({ userCode: index === 3 ? userCode : otherThan(userCode) }));
    const confirmed = (await stage.audit("claim.confirmed")).length;
    expect(confirmed).toBeLessThanOrEqual(1);
    expect((await stage.rows("claim_attempts"))[0]?.wrong_guesses).toBeLessThanOrEqual(5);
    expect((await poll(stage, claimToken)).status).toBe(confirmed === 1 ? 200 : 400);
  });

  test("of two people at once: one owner", async () => {
    await stage.close();
    stage = await observedWorld({ options: { wrongAccount: "advise" } }, { staleReads: true });
    const { id, uri, submit, userCode } = await asked("alice");
    const other = await preparedForm(stage, uri, "bob");
    await together(20, (index) => (index % 2 === 0 ? submit : other)({ userCode }));
    const [confirmed, ...more] = await stage.audit("claim.confirmed");
    expect(more).toEqual([]);
    expect((await stage.auth.findRegistration(id))?.userId).toBe(confirmed?.actor_id);
  });
});

describe("Deny and Authorize", () => {
  test.each([
    ["Deny first", ["deny", "authorize"]],
    ["Authorize first", ["authorize", "deny"]],
  ] as const)(
    "together, ten times each, %s: one outcome, and everything agrees with it",
    async (_what, order) => {
      const { id, claimToken, submit, userCode } = await asked();
      await together(20, (index) => submit({ action: order[index % 2] as "deny" | "authorize", userCode }));
      const denied = (await stage.audit("claim.denied")).length;
      const confirmed = (await stage.audit("claim.confirmed")).length;
      expect(denied + confirmed).toBe(1);
      expect((await stage.auth.findRegistration(id))?.status).toBe(
        confirmed === 1 ? "claimed" : "pending_claim",
      );
      const polled = await poll(stage, claimToken);
      if (confirmed === 1) expect(polled.status).toBe(200);
      else expectOauthRefusal(polled, "access_denied");
    },
  );
});

describe("starts of a claim", () => {
  test("twenty at once: five start, exactly one attempt is current", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const answers = await together(20, () => startClaim(stage, claim_token));
    expect(tally(answers)).toEqual({ "200": 5, "429 too_many_attempts": 15 });
    const current = (await stage.rows("claim_attempts")).filter((row) => row.replaced_at === null);
    expect(current).toHaveLength(1);
    expect(await stage.rows("registrations")).toMatchObject([{ current_attempt_id: current[0]?.id ?? "" }]);
    const winner = answers.find(({ body }) => body.claim_attempt_id === current[0]?.id)?.body;
    await submitPage(stage, winner.attempt.verification_uri, "alice", {
      userCode: winner.claim_attempt.user_code,
    });
    expect((await poll(stage, claim_token)).status).toBe(200);
  });

  test("together with the confirmation of the attempt before: bound, or replaced, never both", async () => {
    const { id, claimToken, submit, userCode } = await asked();
    const [confirmation, started] = await Promise.all([submit({ userCode }), startClaim(stage, claimToken)]);
    const isClaimed = (await stage.auth.findRegistration(id))?.status === "claimed";
    expect(await stage.audit("claim.confirmed")).toHaveLength(isClaimed ? 1 : 0);
    expect(isClaimed ? [409] : [200]).toContain(started.status);
    expect([303, 410]).toContain(confirmation.status);
  });
});

describe("revocations", () => {
  test("of one registration, twenty at once: true once, told once", async () => {
    const { id } = (await register.anonymous(stage)).body;
    const results = await together(20, () => stage.auth.revokeRegistration(id, operator));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await stage.audit("registration.revoked")).toHaveLength(1);
    expect(await stage.rows("registrations")).toMatchObject([{ generation: 2 }]);
  });

  test("of one token, twenty at once: the same answer to all, told once", async () => {
    const { access_token: token } = (await claimedByAlice(stage)).body;
    const answers = await together(20, () => stage.agent.post("/oauth2/revoke").type("form").send({ token }));
    expect(tally(answers)).toEqual({ "200": 20 });
    expect(await stage.audit("token.revoked")).toHaveLength(1);
  });

  test("in the middle of fifty exchanges: no token works afterwards", async () => {
    const { identity_assertion } = (await register.anonymous(stage)).body;
    const [{ id }] = (await stage.rows("registrations")) as [{ id: string }];
    const [before, , after] = await Promise.all([
      together(25, () => exchange(stage, identity_assertion)),
      stage.auth.revokeRegistration(id, operator),
      together(25, () => exchange(stage, identity_assertion)),
    ]);
    const issued = [...before, ...after].filter(({ status }) => status === 200);
    for (const { body } of issued) expect((await callApi(stage, body.access_token)).status).toBe(401);
    expect(await stage.audit("token.issued")).toHaveLength(issued.length);
    expectOauthRefusal(await exchange(stage, identity_assertion), "invalid_grant");
  });

  test("together with the claim's confirmation: revoked is what stays", async () => {
    const { id, claimToken, submit, userCode } = await asked();
    await Promise.all([submit({ userCode }), stage.auth.revokeRegistration(id, operator)]);
    expect((await stage.auth.findRegistration(id))?.status).toBe("revoked");
    expectOauthRefusal(await poll(stage, claimToken), "invalid_grant");
  });

  test("together with the claim: pre-claim tokens die with either", async () => {
    const { claim_token, identity_assertion } = (await register.anonymous(stage)).body;
    const { claim_attempt } = (await startClaim(stage, claim_token)).body;
    const submit = await preparedForm(stage, claim_attempt.verification_uri, "alice");
    const [issued] = await Promise.all([
      together(20, () => exchange(stage, identity_assertion)),
      submit({ userCode: claim_attempt.user_code }),
    ]);
    for (const { status, body } of issued)
      if (status === 200) expect((await callApi(stage, body.access_token)).status).toBe(401);
    expectOauthRefusal(await exchange(stage, identity_assertion), "invalid_grant");
  });
});

describe("sweeps", () => {
  test("ten at once: each registration ends once", async () => {
    for (let time = 0; time < 5; time += 1) await register.anonymous(stage);
    stage.clock.advance(86_400);
    await together(10, () => stage.auth.sweep());
    expect(await stage.audit("registration.expired")).toHaveLength(5);
  });
});
