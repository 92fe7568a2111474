/** An ID-JAG about somebody who has an account here, but no link: the owner is asked (PROTOCOL sections 3, 4.2 and 8). */
import { describe, expect, test } from "@jest/globals";
import {
  approved,
  changesNothing,
  type EventStage,
  eventStage,
  identify,
  steppedUp,
  type Waiting,
} from "../support/event-stage.js";
import { callApi, exchange, openPage, poll, startClaim, submitPage } from "../support/world.js";
import {
  expectAgentRefusal,
  expectNotice,
  expectOauthRefusal,
  otherThan,
  preparedForm,
} from "./observed-world.js";

const theRow = async (stage: EventStage) => {
  const rows = await stage.rows("registrations");
  expect(rows).toHaveLength(1);
  return rows[0] as NonNullable<(typeof rows)[0]>;
};
const linkedTo = async (stage: EventStage) => (await stage.rows("delegations"))[0]?.user_id ?? null;
const stepUp = (stage: EventStage) => identify(stage, stage.provider.idJag());

async function guessWrong(stage: EventStage, { uri, userCode }: Waiting, times = 5) {
  for (let guess = 0; guess < times; guess += 1)
    await submitPage(stage, uri, "alice", { userCode: otherThan(userCode) });
}

describe("the answer", () => {
  test("is 401 with a challenge, the body of service_auth and its own type; nothing is bound", async () => {
    const stage = await eventStage();
    const response = await stepUp(stage);
    expectAgentRefusal(response, 401, "interaction_required");
    const { body } = response;
    const expires = "2026-01-02T00:00:00.000Z";
    expect(body).toEqual({
      error: "interaction_required",
      code: "interaction_required",
      message: body.error_description,
      error_description: body.error_description,
      registration_id: body.id,
      id: expect.stringMatching(/^reg_/),
      registration_type: "identity_assertion",
      type: "identity_assertion",
      claim_url: "https://notes.example/agent/identity/claim",
      claim_token: expect.stringMatching(/^ct_/),
      claim_token_expires: expires,
      post_claim_scopes: ["api.read", "api.write"],
      scopes: { post_claim: ["api.read", "api.write"] },
      claim: {
        token: body.claim_token,
        url: body.claim_url,
        expires_at: expires,
        verification_uri: expect.stringMatching(/^https:\/\/notes\.example\/agent\/claim\?/),
        expires_in: 600,
        interval: 5,
        user_code: expect.stringMatching(/^\d{6}$/),
        attempt: {
          id: expect.stringMatching(/^clm_/),
          verification_uri: body.claim.verification_uri,
          expires_at: "2026-01-01T00:10:00.000Z",
        },
      },
    });
    expect(body).not.toHaveProperty("identity_assertion");
    expect(await linkedTo(stage)).toBeNull();
    expect(await theRow(stage)).toMatchObject({ user_id: null, claimed_at: null, scopes: "" });
  });

  test("becomes a clean match for the next ID-JAG once the owner has approved; the registration stays", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    const standing = await approved(stage, waiting);
    const next = await stepUp(stage);
    expect([next.status, next.body.id]).toEqual([200, waiting.id]);
    expect((await callApi(stage, standing.accessToken)).status).toBe(200);
    expect((await exchange(stage, next.body.identity_assertion)).status).toBe(200);
  });
});

describe("another ID-JAG while it waits", () => {
  test("renews the one claim: same id, a new claim_token, and the old one is worth nothing", async () => {
    const stage = await eventStage();
    const first = await steppedUp(stage);
    const second = await steppedUp(stage);
    expect([second.id, second.claimToken === first.claimToken]).toEqual([first.id, false]);
    expectOauthRefusal(await changesNothing(stage, () => poll(stage, first.claimToken)), "invalid_grant");
    expectAgentRefusal(
      await changesNothing(stage, () => startClaim(stage, first.claimToken)),
      401,
      "invalid_claim_token",
      "invalid_claim",
    );
    expectNotice(await openPage(stage, first.uri, "alice"), 410, "There is a newer request");
    await theRow(stage);
    await approved(stage, second);
  });

  test.each([2, 20])("comes %i times at once: one registration, one live attempt", async (count) => {
    const stage = await eventStage();
    const answers = await Promise.all(Array.from({ length: count }, () => stepUp(stage)));
    const opened = answers.filter(({ status }) => status === 401);
    expect(opened).toHaveLength(Math.min(count, 5));
    for (const refused of answers.filter(({ status }) => status !== 401))
      expectAgentRefusal(refused, 429, "too_many_attempts");
    await theRow(stage);
    expect(
      (await stage.rows("claim_attempts")).filter((attempt) => attempt.replaced_at === null),
    ).toHaveLength(1);
    const usable = await Promise.all(opened.map(({ body }) => poll(stage, body.claim_token)));
    expect(usable.filter(({ body }) => body.error === "authorization_pending")).toHaveLength(1);
  });

  test("is refused with too_many_attempts after five in an hour; the fifth can still be completed", async () => {
    const stage = await eventStage();
    for (let attempt = 1; attempt < 5; attempt += 1) await steppedUp(stage);
    const fifth = await steppedUp(stage);
    const refused = await changesNothing(stage, () => stepUp(stage), { except: ["seen_jwt_ids"] });
    expectAgentRefusal(refused, 429, "too_many_attempts");
    expect([refused.headers["retry-after"], refused.body.retry_after]).toEqual(["3600", 3600]);
    await approved(stage, fifth);
  });

  test("arrives at the moment of the owner's code: bound and linked, or renewed, never both", async () => {
    const stage = await eventStage();
    const first = await steppedUp(stage);
    const submit = await preparedForm(stage, first.uri, "alice");
    const [, answer] = await Promise.all([submit({ userCode: first.userCode }), stepUp(stage)]);
    const isBound = (await theRow(stage)).user_id === "usr_alice";
    expect(await linkedTo(stage)).toBe(isBound ? "usr_alice" : null);
    expect(answer.status).toBe(isBound ? 200 : 401);
    const delivered = await poll(stage, first.claimToken);
    expect([200, 400]).toContain(delivered.status);
    if (!isBound) expectOauthRefusal(delivered, "invalid_grant");
  });

  test.each(["findByEmail", "currentUser"] as const)(
    "that the owner's code overtakes inside %s ends as a clean match (bug 12)",
    async (hook) => {
      const stage = await eventStage();
      const first = await steppedUp(stage);
      const submit = await preparedForm(stage, first.uri, "alice");
      if (hook === "findByEmail") {
        stage.host.during(hook, async () => submit({ userCode: first.userCode }));
        const next = await stepUp(stage);
        expect([next.status, next.body.id]).toEqual([200, first.id]);
        expect(await linkedTo(stage)).toBe("usr_alice");
      } else {
        // The other way round: the renewal overtakes the code, which then belongs to an attempt that was replaced.
        let second: Waiting | undefined;
        stage.host.during(hook, async () => {
          second = await steppedUp(stage);
        });
        expect((await submit({ userCode: first.userCode })).status).toBe(303);
        expect([await linkedTo(stage), (await theRow(stage)).user_id]).toEqual([null, null]);
        await approved(stage, second as Waiting);
      }
    },
  );
});

describe("a claim that came to an end", () => {
  test("by Deny: the handle is dead, and a fresh ID-JAG opens a new one", async () => {
    const stage = await eventStage();
    const first = await steppedUp(stage);
    await submitPage(stage, first.uri, "alice", { action: "deny" });
    expectOauthRefusal(await poll(stage, first.claimToken), "access_denied");
    expectAgentRefusal(
      await changesNothing(stage, () => startClaim(stage, first.claimToken)),
      403,
      "claim_denied",
    );
    const second = await steppedUp(stage);
    expect(second.id).toBe(first.id);
    expectOauthRefusal(await poll(stage, first.claimToken), "invalid_grant");
    await approved(stage, second);
  });

  test("by five wrong codes: the attempt is dead, the next ID-JAG renews it", async () => {
    const stage = await eventStage();
    const first = await steppedUp(stage);
    const submit = await preparedForm(stage, first.uri, "alice");
    await guessWrong(stage, first);
    const late = await changesNothing(stage, () => submit({ userCode: first.userCode }));
    expectNotice(late, 410, "Too many wrong codes");
    expectOauthRefusal(await poll(stage, first.claimToken), "expired_token");
    await approved(stage, await steppedUp(stage));
  });

  test("by fifteen wrong codes over its renewals: locked, and a fresh ID-JAG opens one with all its guesses", async () => {
    const stage = await eventStage();
    let waiting = await steppedUp(stage);
    for (let round = 0; round < 3; round += 1) {
      if (round > 0) waiting = await steppedUp(stage);
      await guessWrong(stage, waiting);
    }
    expect(await stage.audit("claim.locked")).toHaveLength(1);
    expectOauthRefusal(await poll(stage, waiting.claimToken), "access_denied");
    expectAgentRefusal(await startClaim(stage, waiting.claimToken), 403, "claim_denied");

    const fresh = await steppedUp(stage);
    await guessWrong(stage, fresh, 4);
    await approved(stage, fresh);
  });

  test("by its window: expired does not unlink, and the next ID-JAG opens it again", async () => {
    const stage = await eventStage();
    const first = await steppedUp(stage);
    stage.clock.advance(86_400);
    await stage.auth.sweep();
    expect(await stage.audit("registration.expired")).toHaveLength(1);
    expectOauthRefusal(await poll(stage, first.claimToken), "expired_token");
    const second = await steppedUp(stage);
    expect(second.id).toBe(first.id);
    await approved(stage, second);
  });

  test("never collected is torn down, but the link stays: the next ID-JAG is a clean match", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    await submitPage(stage, waiting.uri, "alice", { userCode: waiting.userCode });
    stage.clock.advance(86_400);
    await stage.auth.sweep();
    expect(await theRow(stage)).toMatchObject({ revoked_reason: "never_collected" });
    expectOauthRefusal(await poll(stage, waiting.claimToken), "invalid_grant");
    expect(await linkedTo(stage)).toBe("usr_alice");
    const next = await stepUp(stage);
    expect([next.status, next.body.id]).toEqual([200, waiting.id]);
    expect((await exchange(stage, next.body.identity_assertion)).body.scope).toBe("api.read api.write");
  });
});
