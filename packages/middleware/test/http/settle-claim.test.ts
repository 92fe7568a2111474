/** `POST /agent/claim`: what Authorize and Deny do, once (PROTOCOL sections 4.1, 4.4; CLM-18 to CLM-21, WEB-22). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  type Asked,
  asked,
  askedAgain,
  expectPage,
  expectRedirect,
  guessWrong,
  lockForGood,
  openForm,
  problemOf,
  reviewHeading,
  wrongFor,
} from "../support/claim-visit.js";
import { callApi, openPage, pathOf, poll, type Response, startClaim } from "../support/world.js";
import { tagsOf, tagWith } from "../views/markup.js";
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

const tickedIn = (html: string) =>
  tagsOf(html)
    .filter(({ attributes }) => attributes.get("name") === "scope" && attributes.has("checked"))
    .map(({ attributes }) => attributes.get("value"));

/** The answer leads back to the page, and the page says this. */
async function expectDone(response: Response, status: number, heading: string, which = visit): Promise<void> {
  expectRedirect(response, 303, pathOf(which.uri));
  expectPage(await openPage(stage, which.uri, "alice"), status, heading);
}

/** Refused with the form again and these words, and nothing changed. */
async function expectAgain(send: () => PromiseLike<Response>, status: number, problem: string) {
  const before = await stage.snapshot();
  const response = await send();
  expectPage(response, status, reviewHeading);
  expect(problemOf(response.text)).toBe(problem);
  expect(await stage.snapshot()).toEqual(before);
  return response;
}

describe("Authorize with the right code", () => {
  test("leads to the claimed notice, binds the person, and the agent gets what was ticked", async () => {
    const send = await openForm(stage, visit);
    await expectDone(await send({ userCode: visit.userCode }), 200, "Your agent is connected");
    expect(await stage.rows("registrations")).toMatchObject([
      { id: visit.id, user_id: "usr_alice", claimed_at: stage.clock.now(), generation: 2 },
    ]);
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
    const { body } = await poll(stage, visit.claimToken);
    expect(body.scope.split(" ").sort()).toEqual(["api.read", "api.write"]);
    expect((await callApi(stage, body.access_token)).body.agent).toMatchObject({ user: { id: "usr_alice" } });
  });

  const fullWidth = (code: string) =>
    code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  test.each<[string, (code: string) => string]>([
    ["a dash", (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
    ["a space", (code) => `${code.slice(0, 3)} ${code.slice(3)}`],
    ["spaces around", (code) => `  ${code} `],
    ["a space after every digit", (code) => code.replace(/./g, "$& ")],
    ["an en dash", (code) => `${code.slice(0, 3)}–${code.slice(3)}`],
    ["a minus of another script", (code) => `${code.slice(0, 3)}－${code.slice(3)}`],
    ["a no-break space", (code) => `${code.slice(0, 3)}\u00A0${code.slice(3)}`],
    ["a line break, as pasted", (code) => `${code}\r\n`],
    ["full-width digits", fullWidth],
  ])("takes it with %s (CLM-19)", async (_what, typed) => {
    const send = await openForm(stage, visit);
    await expectDone(await send({ userCode: typed(visit.userCode) }), 200, "Your agent is connected");
  });

  test("takes it until the last second, and is too late in the next", async () => {
    const send = await openForm(stage, visit);
    stage.clock.advance(600);
    const before = await stage.snapshot();
    expectPage(await send({ userCode: visit.userCode }), 410, "This link has expired");
    expect(await stage.snapshot()).toEqual(before);
    stage.clock.advance(-1);
    await expectDone(await send({ userCode: visit.userCode }), 200, "Your agent is connected");
  });
});

describe("the ticked permissions", () => {
  test("are all that is granted", async () => {
    const send = await openForm(stage, visit);
    await send({ userCode: visit.userCode, scopes: ["api.read"] });
    const { body } = await poll(stage, visit.claimToken);
    expect(body.scope).toBe("api.read");
    const bearer = `Bearer ${body.access_token}`;
    expect((await stage.agent.post("/api/notes").set("Authorization", bearer)).status).toBe(403);
  });

  test("may hold doubles and names nobody offered, which grant nothing", async () => {
    const send = await openForm(stage, visit);
    const scopes = ["admin", "api.read", "api.read", "api.read api.write", "__proto__", ""];
    await send({ userCode: visit.userCode, scopes });
    expect((await poll(stage, visit.claimToken)).body.scope).toBe("api.read");
  });

  test.each<[string, string[]]>([
    ["none", []],
    ["an empty one", [""]],
    ["only what was not offered", ["admin", "API.READ"]],
  ])("are asked for again when there is %s, and no guess is spent", async (_what, scopes) => {
    const send = await openForm(stage, visit);
    for (const userCode of [visit.userCode, wrongFor(visit.userCode), ""])
      await expectAgain(
        () => send({ userCode, scopes }),
        400,
        "Tick at least one permission, or choose Deny.",
      );
    await expectDone(await send({ userCode: visit.userCode }), 200, "Your agent is connected");
    expect(await stage.rows("registrations")).toMatchObject([{ wrong_guesses: 0 }]);
  });

  test("beyond what the service lets people grant are not granted", async () => {
    await stage.close();
    stage = await observedWorld({ options: { postClaimScopes: ["api.read"] } });
    visit = await asked(stage);
    const send = await openForm(stage, visit);
    await expectAgain(
      () => send({ userCode: visit.userCode, scopes: ["api.write"] }),
      400,
      "Tick at least one permission, or choose Deny.",
    );
    await send({ userCode: visit.userCode });
    expect((await poll(stage, visit.claimToken)).body.scope).toBe("api.read");
  });

  test("stay as they were after a wrong code", async () => {
    const send = await openForm(stage, visit);
    const response = await send({ userCode: wrongFor(visit.userCode), scopes: ["api.write"] });
    expect(tickedIn(response.text)).toEqual(["api.write"]);
  });
});

describe("a wrong code", () => {
  test("is told with the tries that are left; after the fifth the right one fails too (CLM-18)", async () => {
    const send = await openForm(stage, visit);
    for (const left of ["4 tries", "3 tries", "2 tries", "1 try"]) {
      const response = await send({ userCode: wrongFor(visit.userCode) });
      expectPage(response, 400, reviewHeading);
      expect(problemOf(response.text)).toBe(`That is not the right code. ${left} left.`);
      const field = tagWith(response.text, "id", "user_code");
      expect(field.attributes.get("aria-invalid")).toBe("true");
      expect(field.attributes.has("value")).toBe(false);
    }
    await expectDone(await send({ userCode: wrongFor(visit.userCode) }), 410, "Too many wrong codes");
    const before = await stage.snapshot();
    expectPage(await send({ userCode: visit.userCode }), 410, "Too many wrong codes");
    expect(await stage.snapshot()).toEqual(before);
    expect(await stage.audit("claim.confirmed")).toEqual([]);
    expectOauthRefusal(await poll(stage, visit.claimToken), "expired_token");
  });

  test("changes the two counters and nothing else", async () => {
    const send = await openForm(stage, visit);
    const { registrations, claim_attempts, ...rest } = await stage.snapshot();
    await send({ userCode: wrongFor(visit.userCode) });
    expect(await stage.snapshot()).toEqual({
      ...rest,
      registrations: [{ ...registrations[0], wrong_guesses: 1 }],
      claim_attempts: [{ ...claim_attempts[0], wrong_guesses: 1 }],
    });
  });

  test("may be followed by the right one, four times over", async () => {
    await guessWrong(stage, visit, 4);
    const send = await openForm(stage, visit);
    await expectDone(await send({ userCode: visit.userCode }), 200, "Your agent is connected");
  });

  test("is what the code of another attempt or another claim is (CLM-20)", async () => {
    const other = await asked(stage);
    const newer = await askedAgain(stage, visit);
    const send = await openForm(stage, newer);
    const strangers = [visit.userCode, other.userCode].filter((code) => code !== newer.userCode);
    for (const userCode of strangers) expect((await send({ userCode })).status).toBe(400);
    expect(await stage.audit("claim.confirmed")).toEqual([]);
    await expectDone(await send({ userCode: newer.userCode }), 200, "Your agent is connected", newer);
  });

  test("for the fifteenth time locks the claim for good, on every link of it", async () => {
    const last = await lockForGood(stage, visit);
    for (const { uri } of [visit, last])
      expectPage(await openPage(stage, uri, "alice"), 410, "This request is locked");
    expect(await stage.audit("claim.locked")).toMatchObject([{ actor_id: "usr_alice" }]);
    stage.clock.advance(3601);
    const before = await stage.snapshot();
    expectAgentRefusal(await startClaim(stage, visit.claimToken), 403, "claim_denied");
    expectOauthRefusal(await poll(stage, visit.claimToken), "access_denied");
    expect(await stage.snapshot()).toEqual(before);
  });

  test("counts over more attempts than three, and the last tries are told", async () => {
    let current = visit;
    for (const guesses of [4, 4, 4]) {
      await guessWrong(stage, current, guesses);
      current = await askedAgain(stage, current);
    }
    const send = await openForm(stage, current);
    const wrong = () => send({ userCode: wrongFor(current.userCode) });
    expect(problemOf((await wrong()).text)).toBe("That is not the right code. 2 tries left.");
    expect(problemOf((await wrong()).text)).toBe("That is not the right code. 1 try left.");
    await expectDone(await wrong(), 410, "This request is locked", current);
    const before = await stage.snapshot();
    expectPage(await send({ userCode: current.userCode }), 410, "This request is locked");
    expect(await stage.snapshot()).toEqual(before);
  });

  test.each<[string, (code: string) => string]>([
    ["too short", (code) => code.slice(1)],
    ["too long", (code) => `${code}0`],
    ["letters", () => "ABCDEF"],
    ["a number in another notation", () => "0x1e24"],
    ["Arabic digits", () => "١٢٣٤٥٦"],
    ["markup", () => "<b>1</b>"],
    ["behind a NUL", (code) => `\u0000${code}`],
    ["ten kilobytes", (code) => code.repeat(1700)],
    ["sixty kilobytes of spaces and the code", (code) => " ".repeat(60_000) + code],
  ])("is not what a malformed one is, which spends nothing: %s", async (_what, typed) => {
    const send = await openForm(stage, visit);
    const response = await expectAgain(
      () => send({ userCode: typed(visit.userCode) }),
      400,
      "Enter the six digits.",
    );
    expect(response.text).not.toContain("<b>");
    await expectDone(await send({ userCode: visit.userCode }), 200, "Your agent is connected");
  });

  test("is not what none at all is, where the service reveals no codes", async () => {
    await stage.close();
    stage = await observedWorld({ options: { ceremony: "code-entry" } });
    visit = await asked(stage);
    const send = await openForm(stage, visit);
    await expectAgain(() => send({ userCode: "" }), 400, "Enter the six digits.");
    await expectDone(await send({ userCode: visit.userCode }), 200, "Your agent is connected");
  });

  test("is what two codes at once are: malformed", async () => {
    const send = await openForm(stage, visit);
    const fields = { user_code: [visit.userCode, visit.userCode] };
    await expectAgain(() => send({ fields }), 400, "Enter the six digits.");
  });
});
