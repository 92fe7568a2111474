/** Whatever follows the ceremony that is in force (PROTOCOL section 4.1; CLM-31, CLM-32). */
import { seededRandom } from "@agent-auth/middleware/testing";
import { describe, expect, test } from "@jest/globals";
import { asked, openForm } from "../support/claim-visit.js";
import { claimWaiting, eventStage, identify, steppedUp } from "../support/event-stage.js";
import { complete, reveal, shownCode, wrongCode } from "../support/read-back.js";
import { openPage, poll, register, startClaim, submitPage } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";

const open = (ceremony: "both" | "code-entry" | "read-back") =>
  eventStage({ options: { ceremony, random: seededRandom("ceremony") } });

describe("read-back", () => {
  test("has no user_code in any answer, page, audit row or column before the person has authorised", async () => {
    const stage = await open("read-back");
    const { body: named } = await register.serviceAuth(stage);
    const { body: anonymous } = await register.anonymous(stage);
    const { body: started } = await startClaim(stage, anonymous.claim_token);
    const { body: stepUp } = await identify(stage, stage.provider.idJag());
    const page = await openPage(stage, named.claim.verification_uri, "alice");
    const answers = JSON.stringify([
      named,
      anonymous,
      started,
      { ...stepUp, error_description: "", message: "" },
    ]);
    expect(answers).not.toContain("user_code");
    expect(page.text).not.toContain("user_code");
    expect(await stage.audit("user_code.minted")).toEqual([]);
    for (const attempt of await stage.rows("claim_attempts"))
      expect([attempt.user_code_hash, attempt.read_back_code_hash]).toEqual([null, null]);
  });

  test("says when its code came to be, once for each reveal, and by whom", async () => {
    const stage = await open("read-back");
    await reveal(stage, await claimWaiting(stage));
    expect(await stage.audit("user_code.minted")).toMatchObject([
      { actor_kind: "user", actor_id: "usr_alice" },
    ]);
  });

  test("knows no claim grant, before, during and after a claim", async () => {
    const stage = await open("read-back");
    const visit = await asked(stage);
    const code = await reveal(stage, visit);
    expectOauthRefusal(await poll(stage, visit.claimToken), "unsupported_grant_type");
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
    expectOauthRefusal(await poll(stage, visit.claimToken), "unsupported_grant_type");
    expectOauthRefusal(await poll(stage, "ct_unknown"), "unsupported_grant_type");
  });

  test("takes a code typed on the page for none: it reveals one, and binds nobody", async () => {
    const both = await open("both");
    const visit = await asked(both);
    const stage = await eventStage({
      options: { ceremony: "read-back", storage: both.store, clock: both.clock },
    });
    // The attempt is older than the setting: the code that was made for it is worthless now.
    const send = await openForm(stage, visit);
    expect((await send({ userCode: visit.userCode })).status).toBe(303);
    expect((await both.rows("registrations"))[0]?.claimed_at).toBeNull();
    const code = shownCode((await openPage(stage, visit.uri, "alice")).text);
    await send({ userCode: visit.userCode });
    expect((await both.rows("registrations"))[0]?.claimed_at).toBeNull();
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
  });

  test("tells what to do where an account has to approve, without a code that is not there", async () => {
    const stage = await open("read-back");
    const response = await identify(stage, stage.provider.idJag());
    expectAgentRefusal(response, 401, "interaction_required");
    expect(response.body.error_description).not.toContain("user_code");
    const visit = { claimToken: response.body.claim_token, uri: response.body.claim.verification_uri };
    expect((await complete(stage, visit.claimToken, await reveal(stage, visit))).status).toBe(200);
  });
});

describe("code entry", () => {
  test("reveals nothing, however the form is sent, and every empty code is asked for again", async () => {
    const stage = await open("code-entry");
    const visit = await asked(stage);
    const before = (await stage.rows("claim_attempts")).map((row) => ({ ...row, viewed_at: 0 }));
    const send = await openForm(stage, visit);
    for (const fields of [{ user_code: "" }, { user_code: null }, { user_code: "  " }]) {
      const answer = await send({ fields });
      expect([answer.status, shownCode(answer.text)]).toEqual([400, undefined]);
    }
    expect((await stage.rows("claim_attempts")).map((row) => ({ ...row, viewed_at: 0 }))).toEqual(before);
    expect((await send({ userCode: visit.userCode })).status).toBe(303);
    expect((await poll(stage, visit.claimToken)).status).toBe(200);
  });

  test("a code that was revealed before it was switched on is worthless, and stays in flight until it lapses", async () => {
    const both = await open("both");
    const visit = await asked(both);
    const code = await reveal(both, visit);
    const stage = await eventStage({
      options: { ceremony: "code-entry", storage: both.store, clock: both.clock },
    });
    expectAgentRefusal(await complete(stage, visit.claimToken, code), 400, "read_back_not_enabled");
    expectAgentRefusal(await startClaim(stage, visit.claimToken), 409, "ceremony_in_flight");
    both.clock.advance(600);
    expect((await startClaim(stage, visit.claimToken)).status).toBe(200);
  });
});

describe("both", () => {
  test("is what a service starts with, and lets agents finish either way, step-ups too", async () => {
    const stage = await eventStage();
    const first = await steppedUp(stage);
    await submitPage(stage, first.uri, "alice", { userCode: first.userCode });
    expect((await poll(stage, first.claimToken)).status).toBe(200);
    const second = await asked(stage);
    expect((await complete(stage, second.claimToken, await reveal(stage, second))).status).toBe(200);
  });

  test("a poll waits while a code is revealed, at its interval, and hears when it has lapsed", async () => {
    const stage = await open("both");
    const visit = await asked(stage);
    const code = await reveal(stage, visit);
    expectOauthRefusal(await poll(stage, visit.claimToken), "authorization_pending");
    await complete(stage, visit.claimToken, wrongCode(code));
    stage.clock.advance(599);
    expectOauthRefusal(await poll(stage, visit.claimToken), "authorization_pending");
    stage.clock.advance(1);
    expectOauthRefusal(await poll(stage, visit.claimToken), "expired_token");
  });
});
