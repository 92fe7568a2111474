/** The page of the read-back ceremony: who gets to see a code, what its form can do, and where a code never turns up. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import {
  type Asked,
  accountsWith,
  askedAgain,
  asked as askedOf,
  expectPage,
  expectRedirect,
  loginUrlOf,
  openForm,
  problemOf,
} from "../support/claim-visit.js";
import { changesNothing, type EventStage, eventStage } from "../support/event-stage.js";
import { notice, pages, texts } from "../support/headings.js";
import { gatherAt, together } from "../support/mailbox.js";
import { expectForm, expectMovedTo, formOf, PageBrowser } from "../support/page-browser.js";
import { complete, expectCompleted, reveal, shownCode, wrongCode } from "../support/read-back.js";
import { databaseStage } from "../support/stages.js";
import { exchange, openPage, type Person, pathOf, people, poll, startClaim } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";

let stage: EventStage;
let visit: Asked;
let alice: PageBrowser;
const open = async (options: object = {}) => {
  stage = await eventStage({ options });
  visit = await askedOf(stage);
  alice = new PageBrowser(stage, "alice");
};
const page = (person: Person | null = "alice") => openPage(stage, visit.uri, person);
const path = () => pathOf(visit.uri);
const quietly = (send: Parameters<typeof changesNothing>[1]) => changesNothing(stage, send);
const scopesOf = async (assertion: string) => (await exchange(stage, assertion)).body.scope;

describe.each(["both", "read-back"] as const)(
  "Authorize without a code, where the service uses %s",
  (ceremony) => {
    beforeEach(() => open({ ceremony }));

    test("reveals one, and every look at the page shows the same one and changes nothing", async () => {
      const answer = await alice.press(path(), "authorize", {
        user_code: " ",
        scope: ["api.read", "api.write"],
      });
      expectMovedTo(answer, path());
      const first = await quietly(() => page());
      expectForm(first, 200, pages.code);
      expect(shownCode(first.text)).toMatch(/^\d{6}$/);
      for (const seconds of [0, 60, 539]) {
        stage.clock.advance(seconds);
        expect((await quietly(() => page())).text).toBe(first.text);
      }
      const head = await quietly(() => alice.head(path()));
      expect([head.status, head.text]).toEqual([200, undefined]);
      expect(
        (await stage.audit("user_code.minted")).filter(({ actor_kind }) => actor_kind === "user"),
      ).toMatchObject([{ actor_id: "usr_alice", registration_id: visit.id }]);
      stage.clock.advance(1);
      expectPage(await quietly(() => page()), 410, notice("expired"));
    });

    test("binds nothing: the code does, brought by the agent, with what was left ticked", async () => {
      const code = await reveal(stage, visit, "alice", ["api.read"]);
      const { text } = await page();
      expect(text).toContain("Read your notes");
      expect(text).not.toContain("Write and delete");
      expect(await stage.rows("registrations")).toMatchObject([{ user_id: null, claimed_at: null }]);
      const { body } = await complete(stage, visit.claimToken, code);
      expect(await scopesOf(body.identity_assertion)).toBe("api.read");
      expectPage(await quietly(() => page()), 200, notice("claimed"));
    });

    test.each([[[]], [["unknown"]], [["API.READ", "api.read "]]])(
      "asks again where nothing on offer is ticked, and changes nothing: %j",
      async (scopes) => {
        const send = await openForm(stage, visit);
        const answer = await quietly(() => send({ scopes }));
        expectForm(answer, 400, pages.review);
        expect(problemOf(answer.text)).toBe(texts.problems.noScope);
        expect((await send({ scopes: ["api.write", "unknown", "api.write"] })).status).toBe(303);
        expect(await stage.rows("claim_attempts")).toMatchObject([{ confirmed_scopes: "api.write" }]);
      },
    );

    test.each(["bob", "unverified"] as const)(
      "tells it to nobody else, whoever advises: %s",
      async (person) => {
        for (const wrongAccount of ["refuse", "advise"] as const) {
          await open({ ceremony, wrongAccount });
          const code = await reveal(stage, visit);
          const answers = [await quietly(() => page(person))];
          const send = await openForm(stage, visit);
          for (const action of ["authorize", "deny"])
            for (const userCode of ["", visit.userCode ?? code])
              answers.push(await quietly(() => send({ action, userCode, as: person })));
          for (const answer of answers) {
            expectPage(answer, 403, notice("wrong_account"));
            expect(answer.text).not.toMatch(new RegExp(`${code}|${code.slice(0, 3)}-${code.slice(3)}`));
          }
          expectRedirect(await quietly(() => page(null)), 302, loginUrlOf(visit));
          expectPage(await quietly(() => send({ as: null })), 403, notice("signed_out"));
        }
      },
    );

    test("is whoever's pressed first, where anybody may: the other is told nothing", async () => {
      await open({ ceremony, wrongAccount: "advise" });
      const forms = await Promise.all(
        (["alice", "bob"] as const).map((person) => openForm(stage, visit, person)),
      );
      gatherAt(stage, "revealReadBackCode", 20);
      await together(20, (index) => forms[index % 2]?.({}) as ReturnType<(typeof forms)[0]>);
      const owner = (await stage.rows("claim_attempts"))[0]?.confirmed_user_id;
      const [mine, theirs] =
        owner === people.alice.id ? (["alice", "bob"] as const) : (["bob", "alice"] as const);
      expect(shownCode((await page(mine)).text)).toMatch(/^\d{6}$/);
      expectPage(await page(theirs), 403, notice("wrong_account"));
      expect(
        (await stage.audit("user_code.minted")).filter(({ actor_kind }) => actor_kind === "user"),
      ).toHaveLength(1);
    });

    test("keeps it out of every header, redirect, row and log", async () => {
      const answers = [await alice.press(path(), "authorize", { scope: "api.read" }), await page()];
      const code = shownCode(answers[1]?.text as string) as string;
      answers.push(
        await page("bob"),
        await page(null),
        await alice.submit(formOf(answers[1]?.text as string)),
      );
      answers.push(await complete(stage, visit.claimToken, wrongCode(code, visit.userCode)));
      answers.push(
        await poll(stage, visit.claimToken),
        await complete(stage, visit.claimToken, code),
        await page(),
      );
      const places = [
        ...answers.map(({ headers }) => JSON.stringify(headers)),
        ...answers.filter((_, index) => index !== 1).map(({ text }) => text),
        JSON.stringify([await stage.snapshot(), stage.logs]),
      ];
      const spelled = new RegExp(`(?<![\\w-])(${code}|${code.slice(0, 3)}-${code.slice(3)})(?![\\w-])`);
      expect(answers[1]?.text).toMatch(spelled);
      for (const place of places) expect(place).not.toMatch(spelled);
    });

    test("twice, or twenty times at once, reveals one code and leads to its page each time", async () => {
      const send = await openForm(stage, visit);
      gatherAt(stage, "revealReadBackCode", 20);
      for (const answer of await together(20, () => send({}))) expectMovedTo(answer, path());
      const { text } = await page();
      expectMovedTo(await quietly(() => send({ scopes: [] })), path());
      expectMovedTo(await quietly(() => alice.submit(formOf(text), { action: "authorize" })), path());
      expect((await page()).text).toBe(text);
      expect(
        (await stage.audit("user_code.minted")).filter(({ actor_kind }) => actor_kind === "user"),
      ).toHaveLength(1);
    });

    test("can be taken back on the page of the code: Deny ends the claim and the code", async () => {
      const code = await reveal(stage, visit);
      expectMovedTo(await alice.press(path(), "deny"), path());
      expectPage(await page(), 200, notice("denied"));
      expectAgentRefusal(await complete(stage, visit.claimToken, code), 403, "claim_denied");
      expectAgentRefusal(await startClaim(stage, visit.claimToken), 403, "claim_denied");
      expect(await stage.audit("claim.denied")).toMatchObject([{ actor_id: "usr_alice" }]);
    });

    test("and Deny and the agent's completion, all at once: one ending, which the page shows", async () => {
      const code = await reveal(stage, visit);
      const form = formOf((await page()).text);
      const answers = await together(12, (index) =>
        index % 2 === 0
          ? alice.submit(form, { action: "deny" })
          : complete(stage, visit.claimToken, code).then((answer) => answer),
      );
      const wasDenied = (await stage.audit("claim.denied")).length === 1;
      expect([
        ...(await stage.audit("claim.denied")),
        ...(await stage.audit("claim.confirmed")),
      ]).toHaveLength(1);
      const delivered = answers.filter(({ body }) => body.identity_assertion !== undefined);
      expect(delivered).toHaveLength(wasDenied ? 0 : 1);
      expectPage(await page(), 200, notice(wasDenied ? "denied" : "claimed"));
    });

    test("in a tab that is too late does nothing: lapsed, then replaced", async () => {
      const [review, code] = [await openForm(stage, visit), await reveal(stage, visit)];
      const form = formOf((await page()).text);
      const late = () => [
        ...["authorize", "deny"].map((action) => () => alice.submit(form, { action })),
        ...["authorize", "deny"].map((action) => () => review({ action })),
      ];
      stage.clock.advance(600);
      for (const send of late()) expectPage(await quietly(send), 410, notice("expired"));
      expectAgentRefusal(
        await complete(stage, visit.claimToken, code),
        410,
        "otp_expired",
        "user_code_expired",
      );
      const newer = await askedAgain(stage, visit);
      for (const send of late()) expectPage(await quietly(send), 410, notice("replaced"));
      const next = await reveal(stage, newer);
      expectAgentRefusal(
        await complete(stage, visit.claimToken, wrongCode(next)),
        401,
        "otp_invalid",
        "invalid_user_code",
      );
      expectCompleted(await complete(stage, visit.claimToken, next), visit.id, stage.clock.now());
    });

    test("cannot be pressed for the person: no token, somebody else's, or a form of another site", async () => {
      const strangers = await openForm(stage, await askedOf(stage));
      const forms = [await openForm(stage, visit)];
      const attacks = async (heading: string) => {
        for (const send of forms)
          for (const action of ["authorize", "deny"]) {
            for (const csrf of [
              null,
              "",
              "x",
              strangers.hidden.csrf as string,
              [send.hidden.csrf as string, "x"],
            ]) {
              const answer = await quietly(() => send({ action, fields: { csrf } }));
              expectForm(answer, 403, heading);
              expect(problemOf(answer.text)).toBe(texts.problems.staleForm);
            }
            for (const headers of [{ "Sec-Fetch-Site": "cross-site" }, { "Sec-Fetch-Site": "same-site" }])
              expectPage(await quietly(() => send({ action, headers })), 403, notice("cross_site"));
          }
      };
      await attacks(pages.review);
      await reveal(stage, visit);
      forms.push(await openForm(stage, visit));
      await attacks(pages.code);
    });
  },
);

describe("a rotation of the secrets between reveal and reload", () => {
  const older = "an older secret of the page tests, long enough as well";
  const restart = async (...secrets: string[]) => {
    stage = await eventStage({ options: { storage: stage.store, clock: stage.clock, secrets } });
    alice = new PageBrowser(stage, "alice");
  };

  test("changes nothing on the page, and its form goes on to work", async () => {
    await open({ secrets: [older] });
    const code = await reveal(stage, visit);
    const old = formOf((await page()).text);
    await restart("n".repeat(32), older);
    expect(shownCode((await page()).text)).toBe(code);
    expectMovedTo(await alice.submit(old, { action: "deny" }), path());
    expectPage(await page(), 200, notice("denied"));
  });

  test("that starts over without the old one ends the code: the page says so instead of showing none", async () => {
    const before = await databaseStage({ options: { secrets: [older] } });
    visit = await askedOf(before);
    await reveal(before, visit);
    const { database } = before;
    await database.run("DELETE FROM signing_keys");
    const after = await databaseStage({ options: { secrets: ["n".repeat(32)] }, database });
    expectPage(await openPage(after, visit.uri, "alice"), 410, notice("expired"));
  });
});

test("the page of a code asks who is signed in each time, and a host that cannot tell shows none", async () => {
  let isBroken = false;
  const hooks = accountsWith({});
  const currentUser: typeof hooks.currentUser = (request) => {
    if (isBroken) throw new Error("no session store");
    return hooks.currentUser?.(request) ?? null;
  };
  await open({ accounts: { ...hooks, currentUser } });
  const code = await reveal(stage, visit);
  isBroken = true;
  const response = await quietly(() => page());
  expectPage(response, 500, notice("server_error"));
  expect(response.text).not.toContain(code.slice(0, 3));
  expectOauthRefusal(await poll(stage, visit.claimToken), "authorization_pending");
});
