/** Whom a claim is bound to that somebody finished from their mail alone: found, created once, or nobody (PROTOCOL 4.3). */
import { describe, expect, test } from "@jest/globals";
import { mailboxAccountKey } from "../../src/protocol/ids.js";
import { expectPage, problemOf } from "../support/claim-visit.js";
import { claimWaiting, type EventStageInput, steppedUp, type Waiting } from "../support/event-stage.js";
import { notice, pages, texts } from "../support/headings.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import {
  claimLinks,
  gatherAt,
  leavesAll,
  type MailedLinks,
  mailboxWorld,
  mailedClaim,
  provenBrowser,
  together,
} from "../support/mailbox.js";
import { expectForm, expectMovedTo, formOf, type PageBrowser } from "../support/page-browser.js";
import { complete, expectCompleted, reveal, shownCode, wrongCode } from "../support/read-back.js";
import { callApi, exchange, poll } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";

type Visit = Awaited<ReturnType<typeof mailedClaim>>;
const newcomer = "new@example.com";
const both = { scope: ["api.read", "api.write"] };
const registration = async (stage: MailWorld, id: string) =>
  (await stage.rows("registrations")).find((row) => row.id === id);

/** Presses Authorize without a code and reads the one that is shown. */
async function revealIn(browser: PageBrowser, { claim }: MailedLinks): Promise<string> {
  expectMovedTo(await browser.press(claim, "authorize", both), claim);
  return shownCode((await browser.get(claim)).text) as string;
}

/** The two ways from a proven mailbox to an access token. */
const ceremonies: [string, (stage: MailWorld, visit: Visit, browser: PageBrowser) => Promise<string>][] = [
  [
    "typing the agent's code",
    async (stage, { claim, claimToken, userCode }, browser) => {
      const press = () => browser.press(claim, "authorize", { ...both, user_code: userCode });
      const answer = await press();
      // Somebody who was given an account meanwhile is another person than the form was made for.
      expectMovedTo(answer.status === 403 ? await press() : answer, claim);
      return (await poll(stage, claimToken)).body.access_token;
    },
  ],
  [
    "reading ours to the agent",
    async (stage, visit, browser) => {
      const completed = await complete(stage, visit.claimToken, await revealIn(browser, visit));
      expectCompleted(completed, visit.id, stage.clock.now());
      return (await exchange(stage, completed.body.identity_assertion)).body.access_token;
    },
  ],
];

describe.each(ceremonies)("by %s", (_ceremony, finish) => {
  test("somebody with an account connects an agent to it from the mail alone", async () => {
    const stage = await mailboxWorld();
    const visit = await mailedClaim(stage);
    const browser = await provenBrowser(stage, visit);
    const { status, body } = await callApi(stage, await finish(stage, visit, browser));
    expect([status, body.agent.user?.id]).toEqual([200, "usr_alice"]);
    expectPage(await browser.get(visit.claim), 200, notice("claimed"));
    expect([stage.host.created, new Set(stage.host.asked)]).toEqual([[], new Set(["alice@example.com"])]);
    expect(await stage.audit("claim.confirmed")).toMatchObject([
      { actor_kind: "user", actor_id: "usr_alice" },
    ]);
  });

  test("somebody without one is given one at the end, and not a moment before", async () => {
    const stage = await mailboxWorld();
    const visit = await mailedClaim(stage, { login_hint: " New@Example.com" });
    const browser = await provenBrowser(stage, visit);
    for (const seen of [
      await browser.get(visit.claim),
      await leavesAll(stage, () => browser.get(visit.claim)),
    ])
      expectForm(seen, 200, pages.review);
    await browser.press(visit.claim, "authorize", { ...both, user_code: wrongCode(visit.userCode) });
    expect(stage.host.created).toEqual([]);
    const { status, body } = await callApi(stage, await finish(stage, visit, browser));
    const user = stage.host.users.find(({ email }) => email === newcomer);
    expect([status, body.agent.user?.id]).toEqual([200, user?.id]);
    const idempotencyKey = mailboxAccountKey(newcomer);
    expect(stage.host.created).toEqual([{ email: newcomer, issuer: null, subject: null, idempotencyKey }]);
    await stage.deliver();
    expect(stage.server.recipients()).toEqual([newcomer, newcomer]);
    expect(stage.host.users.filter(({ email }) => email === newcomer)).toHaveLength(1);
  });

  test("an account nobody proved the address of is none: a new one is made, and theirs stays theirs", async () => {
    const stage = await mailboxWorld();
    stage.host.users.push({ id: "usr_squatter", email: newcomer, emailVerified: false });
    const visit = await mailedClaim(stage, { login_hint: newcomer });
    const token = await finish(stage, visit, await provenBrowser(stage, visit));
    const userId = (await callApi(stage, token)).body.agent.user.id;
    expect(userId).not.toBe("usr_squatter");
    expect(stage.host.created).toMatchObject([{ email: newcomer }]);
  });

  test("twenty agents of one newcomer, finished at once, lead to one account", async () => {
    const stage = await mailboxWorld({
      mail: { perAddressPerHour: 99, perAddressPerDay: 99, perIpPerHour: 99 },
    });
    const visits: Visit[] = [];
    for (let agent = 0; agent < 20; agent += 1)
      visits.push(await mailedClaim(stage, { login_hint: newcomer }));
    const browsers = await Promise.all(visits.map((visit) => provenBrowser(stage, visit)));
    const tokens = await together(20, (index) =>
      finish(stage, visits[index] as Visit, browsers[index] as PageBrowser),
    );
    const users = stage.host.users.filter(({ email }) => email === newcomer);
    expect(users).toHaveLength(1);
    expect(new Set(stage.host.created.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    const owners = (await stage.rows("registrations")).map(({ user_id }) => user_id);
    expect(owners).toEqual(Array(20).fill(users[0]?.id));
    expect((await callApi(stage, tokens[19] as string)).status).toBe(200);
  });
});

describe("a form that is sent twenty times at once", () => {
  test("binds once, and asks the host for an account once", async () => {
    const stage = await mailboxWorld();
    const visit = await mailedClaim(stage, { login_hint: newcomer });
    const browser = await provenBrowser(stage, visit);
    const form = formOf((await browser.get(visit.claim)).text);
    gatherAt(stage, "spendGuess", 20);
    await together(20, () =>
      browser.submit(form, { ...both, action: "authorize", user_code: visit.userCode }),
    );
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
    expect(stage.host.users.filter(({ email }) => email === newcomer)).toHaveLength(1);
    // Within one process the host is not even asked twice.
    expect(stage.host.created).toHaveLength(1);
  });
});

describe("at a host that creates no accounts", () => {
  const none: EventStageInput = { accounts: { create: undefined } };

  test("somebody without one is told so, on every way there, and nothing is bound", async () => {
    const stage = await mailboxWorld(none);
    const visit = await mailedClaim(stage, { login_hint: newcomer });
    const withAccount = await mailedClaim(stage);
    const other = formOf((await (await provenBrowser(stage, withAccount)).get(withAccount.claim)).text);
    const browser = await provenBrowser(stage, visit);
    expectPage(await leavesAll(stage, () => browser.get(visit.claim)), 403, notice("no_account"));
    for (const user_code of ["", visit.userCode]) {
      const fields = { ...other.fields, claim_attempt_token: visit.attemptToken };
      const form = { target: other.target, fields };
      const send = () => browser.submit(form, { ...both, action: "authorize", user_code });
      expectPage(await leavesAll(stage, send), 403, notice("no_account"));
    }
    expect(await registration(stage, visit.id)).toMatchObject({
      user_id: null,
      claimed_at: null,
      wrong_guesses: 0,
    });
    // They have one by now: the same browser goes on.
    stage.host.users.push({ id: "usr_new", email: newcomer, emailVerified: true });
    expectForm(await browser.get(visit.claim), 200, pages.review);
  });

  test("one that refuses to create this one binds nothing, on the page and to the agent", async () => {
    const stage = await mailboxWorld({ accounts: { create: () => null } });
    const typing = await mailedClaim(stage, { login_hint: newcomer });
    const browser = await provenBrowser(stage, typing);
    const answer = await browser.press(typing.claim, "authorize", { ...both, user_code: typing.userCode });
    expectPage(answer, 403, notice("no_account"));
    const code = await revealIn(browser, typing);
    expectAgentRefusal(await complete(stage, typing.claimToken, code), 403, "account_not_found");
    expect(await registration(stage, typing.id)).toMatchObject({ user_id: null, claimed_at: null });
  });

  test("one whose account was deleted since the page was opened is not bound any more", async () => {
    const stage = await mailboxWorld(none);
    const visit = await mailedClaim(stage);
    const browser = await provenBrowser(stage, visit);
    const form = formOf((await browser.get(visit.claim)).text);
    stage.host.users = stage.host.users.filter(({ id }) => id !== "usr_alice");
    const send = () => browser.submit(form, { ...both, action: "authorize", user_code: visit.userCode });
    expectPage(await leavesAll(stage, send), 403, notice("no_account"));
  });
});

describe("an account that is gone when it matters", () => {
  test("between the page and the press: the form was another person's, and is shown anew", async () => {
    const stage = await mailboxWorld();
    const visit = await mailedClaim(stage);
    const browser = await provenBrowser(stage, visit);
    const form = formOf((await browser.get(visit.claim)).text);
    stage.host.users = stage.host.users.filter(({ id }) => id !== "usr_alice");
    for (const action of ["authorize", "deny"]) {
      const send = () => browser.submit(form, { ...both, action, user_code: visit.userCode });
      const answer = await leavesAll(stage, send);
      expectForm(answer, 403, pages.review);
      expect(problemOf(answer.text)).toBe(texts.problems.staleForm);
    }
  });

  test.each([
    ["at a host with mail only", true],
    ["at a host with a login", false],
  ])("between the reveal and the completion, %s: nothing is bound to nobody", async (_host, byMail) => {
    const stage = byMail ? await mailboxWorld() : await mailWorld();
    const visit = await mailedClaim(stage);

    const code = byMail
      ? await revealIn(await provenBrowser(stage, visit), visit)
      : await reveal(stage, visit);
    stage.host.users = stage.host.users.filter(({ id }) => id !== "usr_alice");
    expectAgentRefusal(await complete(stage, visit.claimToken, code), 403, "account_not_found");
    expect(await registration(stage, visit.id)).toMatchObject({ user_id: null, claimed_at: null });
    expect(await stage.rows("refresh_tokens")).toEqual([]);
  });

  test("after an account was made: a code that was revealed before binds to it", async () => {
    const stage = await mailboxWorld();
    const visit = await mailedClaim(stage, { login_hint: newcomer });
    const browser = await provenBrowser(stage, visit);
    const code = await revealIn(browser, visit);
    stage.host.users.push({ id: "usr_new", email: newcomer, emailVerified: true });
    expect(shownCode((await browser.get(visit.claim)).text)).toBe(code);
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
    expect([(await registration(stage, visit.id))?.user_id, stage.host.created]).toEqual(["usr_new", []]);
  });
});

describe.each<[string, (stage: MailWorld) => Promise<Waiting>]>([
  ["a step-up", (stage) => steppedUp(stage)],
  ["a claim with an ID-JAG", (stage) => claimWaiting(stage)],
])("%s is locked to the matched account", (_way, ask) => {
  const opened = async (input: EventStageInput = {}) => {
    const stage = await mailboxWorld(input);
    const waiting = await ask(stage);
    const links = (await claimLinks(stage)).at(-1) as MailedLinks;
    return { stage, waiting, links, browser: await provenBrowser(stage, links) };
  };

  test("whose owner finishes it from their mail, and links the provider", async () => {
    const { stage, waiting, links, browser } = await opened();
    expectMovedTo(
      await browser.press(links.claim, "authorize", { ...both, user_code: waiting.userCode }),
      links.claim,
    );
    expect((await poll(stage, waiting.claimToken)).status).toBe(200);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: "usr_alice" }]);
  });

  test.each<[string, (stage: MailWorld) => void]>([
    ["gone", ({ host }) => host.users.splice(0)],
    [
      "somebody else's by now",
      ({ host }) =>
        host.users.forEach((user) => {
          if (user.email === "alice@example.com") user.id = "usr_heir";
        }),
    ],
  ])("and to no other: the address is %s", async (_what, change) => {
    const { stage, waiting, links, browser } = await opened();
    const form = formOf((await browser.get(links.claim)).text);
    change(stage);
    expectPage(await leavesAll(stage, () => browser.get(links.claim)), 410, notice("expired"));
    for (const action of ["authorize", "deny"]) {
      const send = () => browser.submit(form, { ...both, action, user_code: waiting.userCode });
      expectPage(await leavesAll(stage, send), 410, notice("expired"));
    }
    expectOauthRefusal(await poll(stage, waiting.claimToken), "authorization_pending");
    expect([stage.host.created, await stage.audit("delegation.created")]).toEqual([[], []]);
  });
});
