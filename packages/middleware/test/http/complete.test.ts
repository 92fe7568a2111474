/** `POST /agent/identity/claim/complete`: an agent brings the code its user read to it (PROTOCOL 4.4; CLM-32, CLM-36). */
import { seededRandom } from "@agent-auth/middleware/testing";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { asked } from "../support/claim-visit.js";
import { type EventStage, eventStage, type Waiting } from "../support/event-stage.js";
import { complete, expectCompleted, refresh, reveal, shownCode, wrongCode } from "../support/read-back.js";
import { callApi, exchange, openPage, poll, register, startClaim, submitPage } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";

let stage: EventStage;
let visit: Waiting;
beforeEach(async () => {
  // The same codes in every run: two that are equal by chance would be no fault.
  stage = await eventStage({ options: { random: seededRandom("complete") } });
  visit = await asked(stage);
});
const row = async (table: "registrations" | "claim_attempts" | "refresh_tokens") =>
  (await stage.rows(table))[0];

describe("the reveal", () => {
  test("shows a code, notes the confirmation, and binds nothing", async () => {
    const before = await stage.rows("registrations");
    const code = await reveal(stage, visit, "alice", ["api.read"]);
    expect(code).toMatch(/^\d{6}$/);
    expect(await stage.rows("registrations")).toEqual(before);
    expect(await row("claim_attempts")).toMatchObject({
      confirmed_at: stage.clock.now(),
      confirmed_user_id: "usr_alice",
      confirmed_scopes: "api.read",
      expires_at: stage.clock.now() + 600,
    });
    const [minted] = (await stage.audit("user_code.minted")).slice(-1);
    expect(minted).toMatchObject({ actor_kind: "user", actor_id: "usr_alice", registration_id: visit.id });
    expect(JSON.parse(String(minted?.detail))).toEqual({
      attemptId: (await row("claim_attempts"))?.id,
      ceremony: "read_back",
    });
    expectOauthRefusal(await poll(stage, visit.claimToken), "authorization_pending");
  });

  test("shows the same code again, to the one it was revealed to and to nobody else", async () => {
    const code = await reveal(stage, visit);
    for (let time = 0; time < 2; time += 1)
      expect(shownCode((await openPage(stage, visit.uri, "alice")).text)).toBe(code);
    for (const person of ["bob", null] as const)
      expect(shownCode((await openPage(stage, visit.uri, person)).text)).toBeUndefined();
  });

  test("stores the code nowhere, and logs it nowhere", async () => {
    const code = await reveal(stage, visit);
    await complete(stage, visit.claimToken, code);
    const everything = JSON.stringify([await stage.snapshot(), stage.logs]);
    // Six digits may be part of a number by chance; as a value of their own they may not be there.
    expect(everything).not.toMatch(new RegExp(`"${code}"|\\b${code}\\b`));
    expect(everything).not.toContain(`${code.slice(0, 3)}-${code.slice(3)}`);
  });

  test("is another one for every attempt", async () => {
    const codes = [await reveal(stage, visit)];
    for (let claim = 0; claim < 4; claim += 1) codes.push(await reveal(stage, await asked(stage)));
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe("the right code", () => {
  test("is answered with everything at once, bound to who authorised and what they left ticked", async () => {
    const code = await reveal(stage, visit, "alice", ["api.read"]);
    const response = await complete(stage, visit.claimToken, code);
    expectCompleted(response, visit.id, stage.clock.now());
    const { identity_assertion: assertion, identity } = response.body;
    const exchanged = await exchange(stage, assertion);
    expect(exchanged.body.scope).toBe("api.read");
    const { agent } = (await callApi(stage, exchanged.body.access_token)).body;
    expect(agent).toMatchObject({
      registrationId: visit.id,
      user: { id: "usr_alice" },
      scopes: ["api.read"],
    });
    expect(await row("registrations")).toMatchObject({
      user_id: "usr_alice",
      claimed_at: stage.clock.now(),
      collected_at: stage.clock.now(),
      generation: 2,
    });
    expect((await refresh(stage, identity.refresh_token.value)).status).toBe(200);
  });

  test("is good once: a second call is claimed_or_in_flight and hands out nothing (CLM-36)", async () => {
    const code = await reveal(stage, visit);
    const { identity_assertion: assertion } = (await complete(stage, visit.claimToken, code)).body;
    const before = await stage.snapshot();
    for (const again of [code, wrongCode(code)]) {
      const response = await complete(stage, visit.claimToken, again);
      expectAgentRefusal(response, 409, "claimed_or_in_flight", "already_claimed");
      expect(Object.keys(response.body).sort()).toEqual(["code", "error", "error_description", "message"]);
    }
    expect(await stage.snapshot()).toEqual(before);
    expect((await exchange(stage, assertion)).status).toBe(200);
  });

  test("leaves nothing for a poll, and the page says that it is done", async () => {
    await complete(stage, visit.claimToken, await reveal(stage, visit));
    expectOauthRefusal(await poll(stage, visit.claimToken), "invalid_grant");
    expect((await openPage(stage, visit.uri, "alice")).text).toContain("Your agent is connected");
    expectAgentRefusal(
      await startClaim(stage, visit.claimToken),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
  });

  test("ends what an anonymous agent held before, and widens it to what was granted", async () => {
    const { claim_token, identity_assertion } = (await register.anonymous(stage)).body;
    const { access_token } = (await exchange(stage, identity_assertion)).body;
    const { attempt, id } = (await startClaim(stage, claim_token)).body;
    const code = await reveal(stage, { uri: attempt.verification_uri });
    expect((await callApi(stage, access_token)).status).toBe(200);
    const response = await complete(stage, claim_token, code);
    expectCompleted(response, id, stage.clock.now());
    expect((await callApi(stage, access_token)).status).toBe(401);
    const superseded = await exchange(stage, identity_assertion);
    expectOauthRefusal(superseded, "invalid_grant");
    expect((await exchange(stage, response.body.identity.assertion)).body.scope).toBe("api.read api.write");
  });

  const forms: [string, (code: string) => string][] = [
    ["as the page shows it", (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
    ["with spaces", (code) => ` ${code.split("").join(" ")} `],
    ["with an en dash", (code) => `${code.slice(0, 3)}–${code.slice(3)}`],
    ["in full-width digits", (code) => code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + +digit))],
  ];
  test.each(forms)("is taken %s (CLM-19)", async (_what, written) => {
    const code = await reveal(stage, visit);
    expect((await complete(stage, visit.claimToken, written(code))).status).toBe(200);
  });

  test("is taken under the name otp, and user_code wins over it", async () => {
    const code = await reveal(stage, visit);
    const wrong = await complete(stage, visit.claimToken, wrongCode(code), { otp: code });
    expectAgentRefusal(wrong, 401, "otp_invalid", "invalid_user_code");
    const response = await complete(stage, visit.claimToken, undefined, { otp: code });
    expectCompleted(response, visit.id, stage.clock.now());
  });

  test("is taken after four wrong ones, and until the last second", async () => {
    stage.clock.advance(599);
    const code = await reveal(stage, visit);
    for (const remaining of [4, 3, 2, 1]) {
      const { body } = await complete(stage, visit.claimToken, wrongCode(code));
      expect([body.error, body.remaining_guesses]).toEqual(["otp_invalid", remaining]);
    }
    stage.clock.advance(599);
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
  });

  test("goes on to work after the secrets were rotated, and the page goes on to show it", async () => {
    const secrets = ["a secret for tests, thirty-two bytes or more"];
    stage = await eventStage({ options: { secrets } });
    visit = await asked(stage);
    const code = await reveal(stage, visit);
    const rotated = await eventStage({
      options: { storage: stage.store, clock: stage.clock, secrets: ["n".repeat(32), ...secrets] },
    });
    expect(shownCode((await openPage(rotated, visit.uri, "alice")).text)).toBe(code);
    expect((await complete(rotated, visit.claimToken, code)).status).toBe(200);
  });

  test("is written down: who, what and which way, and no code", async () => {
    stage.app.set("trust proxy", true);
    const code = await reveal(stage, visit, "alice", ["api.write"]);
    const seen = (await stage.audit()).length;
    await complete(stage, visit.claimToken, code).set("X-Forwarded-For", "192.0.2.7");
    const attemptId = (await row("claim_attempts"))?.id;
    expect(
      (await stage.audit())
        .slice(seen)
        .map(({ type, actor_kind, actor_id, ip, detail }) => [
          type,
          actor_kind,
          actor_id,
          ip,
          JSON.parse(String(detail)),
        ]),
    ).toEqual([
      [
        "claim.confirmed",
        "user",
        "usr_alice",
        // Where the agent is says nothing about the person.
        null,
        { attemptId, userId: "usr_alice", scopes: ["api.write"], ceremony: "read_back" },
      ],
      ["assertion.issued", "agent", visit.id, "192.0.2.7", {}],
    ]);
  });

  test("is told to the host, like any other claim", async () => {
    const told: unknown[] = [];
    stage.auth.on("claim.confirmed", (event) => {
      told.push(event.registrationId);
    });
    await complete(stage, visit.claimToken, await reveal(stage, visit));
    await stage.auth.sweep();
    expect(told).toEqual([visit.id]);
  });
});

describe("the two codes of one attempt", () => {
  test("are two secrets: neither is good in the place of the other", async () => {
    const code = await reveal(stage, visit);
    expect(code).not.toBe(visit.userCode);
    expectAgentRefusal(
      await complete(stage, visit.claimToken, visit.userCode),
      401,
      "otp_invalid",
      "invalid_user_code",
    );
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
  });

  test("have one budget of guesses", async () => {
    const code = await reveal(stage, visit);
    for (let guess = 0; guess < 2; guess += 1)
      await submitPage(stage, visit.uri, "alice", { userCode: wrongCode(code, visit.userCode) });
    const { body } = await complete(stage, visit.claimToken, wrongCode(code, visit.userCode));
    expect(body.remaining_guesses).toBe(2);
    for (let guess = 0; guess < 2; guess += 1) await complete(stage, visit.claimToken, wrongCode(code));
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      410,
      "otp_expired",
      "user_code_expired",
    );
    expect((await openPage(stage, visit.uri, "alice")).status).toBe(410);
  });

  test("close each other: what was typed on the page is delivered to the poll, and not to a completion", async () => {
    const code = await reveal(stage, visit, "alice", ["api.read"]);
    const typed = await submitPage(stage, visit.uri, "alice", { userCode: visit.userCode });
    expect(typed.status).toBe(303);
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
    const delivered = await poll(stage, visit.claimToken);
    expect([delivered.status, delivered.body.scope]).toEqual([200, "api.read"]);
  });

  test("live ten minutes each: a reveal does not lengthen the life of the one the agent shows", async () => {
    stage.clock.advance(300);
    const code = await reveal(stage, visit);
    stage.clock.advance(300);
    const late = await submitPage(stage, visit.uri, "alice", { userCode: visit.userCode });
    expect(late.status).toBe(400);
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
  });
});
