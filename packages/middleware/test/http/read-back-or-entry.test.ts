/** The page of a revealed code where the agent may have shown one too: two secrets, one budget, one ending. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { type Asked, asked as askedOf, expectPage, openForm, problemOf } from "../support/claim-visit.js";
import { changesNothing, type EventStage, eventStage } from "../support/event-stage.js";
import { notice, pages, texts } from "../support/headings.js";
import { together } from "../support/mailbox.js";
import { expectForm, expectMovedTo, formOf, PageBrowser } from "../support/page-browser.js";
import { complete, reveal, shownCode, wrongCode } from "../support/read-back.js";
import { openPage, pathOf, poll, type Response } from "../support/world.js";
import { tagsOf } from "../views/markup.js";
import { expectAgentRefusal } from "./observed-world.js";

let stage: EventStage;
let visit: Asked;
let alice: PageBrowser;
const open = async (options: object = {}) => {
  stage = await eventStage({ options });
  visit = await askedOf(stage);
  alice = new PageBrowser(stage, "alice");
};
beforeEach(() => open());
const page = () => openPage(stage, visit.uri, "alice");
const path = () => pathOf(visit.uri);
const type = (user_code: string | string[], more: object = {}) =>
  alice.press(path(), "authorize", { user_code, ...more });
const guesses = async () => (await stage.rows("claim_attempts")).at(-1)?.wrong_guesses;
const hasCodeField = ({ text }: Response) =>
  tagsOf(text).some(({ attributes }) => attributes.get("name") === "user_code");

test.each([
  ["both", true],
  ["read-back", false],
] as const)("the other way is offered where the service uses both: %s", async (ceremony, isOffered) => {
  await open({ ceremony });
  await reveal(stage, visit);
  const shown = await page();
  expect(hasCodeField(shown)).toBe(isOffered);
  expect(formOf(shown.text).actions).toEqual(isOffered ? ["authorize", "deny"] : ["deny"]);
});

test("read-back takes no code on its page: whatever is typed spends nothing and binds nothing", async () => {
  await open({ ceremony: "read-back" });
  const code = await reveal(stage, visit);
  const form = formOf((await page()).text);
  for (const user_code of [code, "000000", "x"]) {
    const send = () => alice.submit(form, { action: "authorize", user_code, scope: "api.read" });
    expectMovedTo(await changesNothing(stage, send), path());
  }
});

describe("the agent's code, typed on the page of ours", () => {
  test.each([
    ["no scopes", {}],
    ["every scope", { scope: ["api.read", "api.write"] }],
  ])("binds with the scopes that were confirmed, and ours is over: sent with %s", async (_what, more) => {
    const code = await reveal(stage, visit, "alice", ["api.read"]);
    expectMovedTo(await type(visit.userCode, more), path());
    expectPage(await page(), 200, notice("claimed"));
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
    expect((await poll(stage, visit.claimToken)).body.scope).toBe("api.read");
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
  });

  test("in another tab, with fewer scopes ticked there, grants no more than is ticked there", async () => {
    const older = await openForm(stage, visit);
    await reveal(stage, visit);
    expect((await older({ userCode: visit.userCode, scopes: ["api.read"] })).status).toBe(303);
    expect((await poll(stage, visit.claimToken)).body.scope).toBe("api.read");
  });

  test("in another tab, with nothing left of both ticked, grants nothing", async () => {
    const older = await openForm(stage, visit);
    await reveal(stage, visit, "alice", ["api.read"]);
    const send = () => older({ userCode: visit.userCode, scopes: ["api.write"] });
    const answer = await changesNothing(stage, send);
    expect([answer.status, problemOf(answer.text)]).toEqual([400, texts.problems.noScope]);
  });

  test("wrong, is told on the page that goes on to show ours, and costs from the one budget", async () => {
    const code = await reveal(stage, visit);
    const wrong = wrongCode(code, visit.userCode);
    for (const left of [4, 3]) {
      const answer = await type(wrong);
      expectForm(answer, 400, pages.code);
      expect(problemOf(answer.text)).toBe(texts.problems.wrongCode(left));
      expect(shownCode(answer.text)).toBe(code);
      expect(tagsOf(answer.text).some(({ attributes }) => attributes.get("value") === wrong)).toBe(false);
    }
    const refused = await complete(stage, visit.claimToken, wrong);
    expect(refused.body.remaining_guesses).toBe(2);
    // Ours is no good in its place, and theirs not in the place of ours.
    expect(problemOf((await type(code)).text)).toBe(texts.problems.wrongCode(1));
    expect((await complete(stage, visit.claimToken, visit.userCode)).body.remaining_guesses).toBe(0);
    expectPage(await page(), 410, notice("too_many_guesses"));
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      410,
      "otp_expired",
      "user_code_expired",
    );
    expect([await guesses(), await stage.audit("claim.confirmed")]).toEqual([5, []]);
  });

  test.each(["12345x", "abcdef", "<b>1</b>", "1".repeat(60_000), "١٢٣٤٥٦"])(
    "malformed, spends nothing and is not repeated: %.12s",
    async (typed) => {
      const code = await reveal(stage, visit);
      const answer = await changesNothing(stage, () => type(typed));
      expectForm(answer, 400, pages.code);
      expect([problemOf(answer.text), shownCode(answer.text)]).toEqual([texts.problems.malformedCode, code]);
      expect(answer.text).not.toContain(typed);
    },
  );

  test("twice in one form is no code, also where both are right", async () => {
    await reveal(stage, visit);
    const answer = await changesNothing(stage, () => type([visit.userCode, visit.userCode]));
    expect(problemOf(answer.text)).toBe(texts.problems.malformedCode);
  });

  test("lives no longer because ours was revealed: it is not asked for any more, and no longer right", async () => {
    stage.clock.advance(599);
    const code = await reveal(stage, visit);
    const form = formOf((await page()).text);
    expect(hasCodeField(await page())).toBe(true);
    stage.clock.advance(1);
    expect(hasCodeField(await page())).toBe(false);
    const late = await alice.submit(form, { action: "authorize", user_code: visit.userCode });
    expectForm(late, 400, pages.code);
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: null, claimed_at: null }]);
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
  });

  test("and ours, brought at the same time, many times: one of them binds", async () => {
    const code = await reveal(stage, visit);
    const form = formOf((await page()).text);
    const answers = await together(10, (index) =>
      index % 2 === 0
        ? alice.submit(form, { action: "authorize", user_code: visit.userCode })
        : complete(stage, visit.claimToken, code).then((answer) => answer),
    );
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
    const delivered = answers.filter(
      ({ status, body }) => status === 200 && body.identity_assertion !== undefined,
    );
    expect(delivered.length + Number((await poll(stage, visit.claimToken)).status === 200)).toBe(1);
  });
});
