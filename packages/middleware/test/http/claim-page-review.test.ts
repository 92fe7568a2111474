/** Whom `GET /agent/claim` lets in, what it shows them, and that looking changes nothing (CLM-24, CLM-26, WEB-12). */
import type { HostUser } from "@agent-auth/middleware";
import { afterEach, describe, expect, test } from "@jest/globals";
import {
  type Asked,
  asked,
  everybodyIs,
  expectPage,
  headingOf,
  loginUrlOf,
  openForm,
  reviewHeading,
} from "../support/claim-visit.js";
import {
  claimedByAlice,
  openPage,
  type Person,
  pathOf,
  people,
  personHeader,
  poll,
  register,
  startClaim,
  type WorldOptions,
} from "../support/world.js";
import { tagsOf, tagWith } from "../views/markup.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
afterEach(() => stage.close());

async function open(options: WorldOptions["options"] = {}): Promise<void> {
  stage = await observedWorld({ options });
  stage.app.set("trust proxy", true);
}

const advisoriesOf = (html: string) =>
  tagsOf(html)
    .map(({ attributes }) => /advisory-(\w+)$/.exec(attributes.get("class") ?? "")?.[1])
    .filter((kind) => kind !== undefined);
const wordsOf = (html: string) =>
  html
    .replace(/<input type="hidden"[^>]*>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
const page = (visit: Asked, person: Person = "alice") => openPage(stage, visit.uri, person);

describe("the wrong account", () => {
  test.each(["bob", "unverified"] as const)(
    "is refused, told about itself only, and can switch: %s (WEB-20, CLM-23)",
    async (person) => {
      await open();
      const visit = await asked(stage);
      const before = await stage.snapshot();
      const response = await page(visit, person);
      expectPage(response, 403, "This request is for another account");
      expect(response.text).toContain(`<bdi>${people[person].email}</bdi>`);
      expect(tagWith(response.text, "href", loginUrlOf(visit))).toMatchObject({ text: "Switch account" });
      if (person === "bob") expect(response.text).not.toMatch(/alice|\*{3}/);
      const head = await stage.agent.head(pathOf(visit.uri)).set(personHeader, person);
      expect(head.status).toBe(403);
      expect(await stage.snapshot()).toEqual(before);
    },
  );

  test("sees the same page whether or not the hinted account exists", async () => {
    await open();
    const [known, unknown] = [await asked(stage), await asked(stage, { login_hint: "nobody@example.org" })];
    const pages = await Promise.all([known, unknown].map((visit) => page(visit, "bob")));
    const [first, second] = pages.map(({ text }, index) =>
      text.replaceAll([known, unknown][index]?.attemptToken ?? "", ""),
    );
    expect(first).toBe(second);
    expect(pages[0]?.headers["content-length"]).toBe(pages[1]?.headers["content-length"]);
  });

  test.each(["bob", "unverified"] as const)(
    "is warned with a masked address and may go on, where the service advises: %s",
    async (person) => {
      await open({ wrongAccount: "advise" });
      const visit = await asked(stage, { login_hint: "alice.of.wonderland@mail.example.com" });
      const response = await page(visit, person);
      expectPage(response, 200, reviewHeading);
      expect(advisoriesOf(response.text)).toEqual(["hint_mismatch"]);
      expect(wordsOf(response.text)).toContain("a******************@m***.example.com");
      expect(response.text).not.toMatch(/wonderland|mail\.example/);
      const send = await openForm(stage, visit, person);
      expect((await send({ userCode: visit.userCode })).status).toBe(303);
      expect(await stage.auth.findRegistration(visit.id)).toMatchObject({ userId: people[person].id });
      expect((await poll(stage, visit.claimToken)).status).toBe(200);
    },
  );
});

describe("the hinted person", () => {
  test.each<[string, string, HostUser]>([
    ["the hint in capitals", "ALICE@EXAMPLE.COM", people.alice],
    ["the hint with spaces around it", "  Alice@Example.com ", people.alice],
    ["the account in capitals", "alice@example.com", { ...people.alice, email: "ALICE@Example.COM" }],
    [
      "the account with spaces around it",
      "alice@example.com",
      { ...people.alice, email: " alice@example.com " },
    ],
    [
      "accents composed differently",
      "zoe\u0301@example.com",
      { ...people.alice, email: "ZO\u00C9@example.com" },
    ],
  ])("is let in: %s", async (_what, login_hint, user) => {
    await open({ accounts: everybodyIs(user) });
    expectPage(await page(await asked(stage, { login_hint })), 200, reviewHeading);
  });

  test.each([
    "alice@example.com.evil.example",
    "alice@example.co",
    "alicе@example.com",
    "alice+x@example.com",
  ])("is nobody with a similar address: %s", async (email) => {
    await open({ accounts: everybodyIs({ ...people.alice, email }) });
    const visit = await asked(stage);
    const before = await stage.snapshot();
    expectPage(await page(visit), 403, "This request is for another account");
    expect(await stage.snapshot()).toEqual(before);
  });

  test("is told when this is their first agent, and not again", async () => {
    await open();
    expect(advisoriesOf((await page(await asked(stage))).text)).toEqual(["first_time_account"]);
    await claimedByAlice(stage);
    const second = await page(await asked(stage));
    expectPage(second, 200, reviewHeading);
    expect(advisoriesOf(second.text)).toEqual([]);
    const bobs = await asked(stage, { login_hint: "bob@example.com" });
    expect(advisoriesOf((await page(bobs, "bob")).text)).toEqual(["first_time_account"]);
  });
});

describe("looking", () => {
  test("is noted once, by a GET of the right person, and changes nothing else", async () => {
    await open();
    const visit = await asked(stage);
    const before = await stage.snapshot();
    for (const person of [null, "bob", "unverified"] as const) await openPage(stage, visit.uri, person);
    for (const person of [{}, { [personHeader]: "alice" }])
      await stage.agent.head(pathOf(visit.uri)).set(person);
    expect(await stage.snapshot()).toEqual(before);

    stage.clock.advance(5);
    const first = await page(visit).set("X-Forwarded-For", "192.0.2.44");
    const after = await stage.snapshot();
    expect(after).toEqual({
      ...before,
      claim_attempts: [{ ...before.claim_attempts[0], viewed_at: stage.clock.now() }],
      audit_events: [
        ...before.audit_events,
        expect.objectContaining({
          type: "claim.viewed",
          actor_kind: "user",
          actor_id: "usr_alice",
          ip: "192.0.2.44",
          at: stage.clock.now(),
        }),
      ],
    });
    stage.clock.advance(5);
    expect((await page(visit)).text).toBe(first.text);
    expect(await stage.snapshot()).toEqual(after);
  });

  test("a hundred times at once is noted once, and the code still works", async () => {
    await open();
    const visit = await asked(stage);
    const pages = await Promise.all(Array.from({ length: 100 }, () => page(visit)));
    expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await stage.audit("claim.viewed")).toHaveLength(1);
    const send = await openForm(stage, visit);
    expect((await send({ userCode: visit.userCode })).status).toBe(303);
  });
});

describe("the review page", () => {
  test("says who asks, from where, when, for what and for whom (CLM-24, WEB-16)", async () => {
    await open();
    const visit = await asked(
      stage,
      { client_name: "Notes Helper" },
      { "X-Forwarded-For": "203.0.113.7", "User-Agent": "notes-helper/1.4" },
    );
    const response = await page(visit);
    expectPage(response, 200, reviewHeading);
    const words = wordsOf(response.text);
    for (const part of [
      "If you did not just ask an agent to do this, choose Deny.",
      "Notes Helper Unverified This name was chosen by the agent and nobody checked it.",
      "Vouched for by Nobody. It registered with an email address.",
      "Asked on 1 Jan 2026, 00:00 UTC",
      "Asked from 203.0.113.7",
      "Software notes-helper/1.4 Unverified",
      "Your account Alice alice@example.com",
      "Read your notes api.read",
      "Write and delete your notes api.write",
      "good until 1 Jan 2026, 00:10 UTC",
      "Authorize Deny",
    ])
      expect(words).toContain(part);
    expect(tagWith(response.text, "id", "user_code").attributes.get("maxlength")).toBe("16");
    expect(tagsOf(response.text).filter(({ name }) => name === "form")).toHaveLength(1);
  });

  test.each([
    ["https://evil.example", "the website https://evil.example, in Mozilla/5.0"],
    ["null", "a website that hides its address, in Mozilla/5.0"],
  ])("says that a page of %s asked, in whatever browser", async (origin, said) => {
    await open();
    const headers = { Origin: origin, "User-Agent": "Mozilla/5.0" };
    const words = wordsOf((await page(await asked(stage, {}, headers))).text);
    expect(words).toContain(`Software ${said} Unverified`);
  });

  test("says so when the agent gave no name and no software, and the host knows no name", async () => {
    await open({ accounts: everybodyIs({ ...people.alice, name: undefined }) });
    const words = wordsOf((await page(await asked(stage, {}, { "User-Agent": "" }))).text);
    expect(words).toContain("An agent that gave no name");
    expect(words).toContain("Software The agent did not say");
    expect(words).toContain("Your account alice@example.com");
  });

  test("never holds the code, in whatever form", async () => {
    await open();
    const visit = await asked(stage);
    const send = await openForm(stage, visit);
    for (const response of [
      await page(visit),
      await send({ userCode: "12345" }),
      await send({ scopes: [] }),
    ]) {
      expect(headingOf(response.text)).toBe(reviewHeading);
      // Hidden fields are random letters and could hold any six digits; they are checked on their own.
      const shown = response.text.replace(/<input type="hidden"[^>]*>/g, "");
      for (const form of [visit.userCode, `${visit.userCode.slice(0, 3)}-${visit.userCode.slice(3)}`])
        expect(shown).not.toContain(form);
      expect(tagWith(response.text, "id", "user_code").attributes.has("value")).toBe(false);
    }
    expect(Object.keys(send.hidden).sort()).toEqual(["claim_attempt_token", "csrf"]);
  });

  test("offers what can be granted, all ticked, and nothing else", async () => {
    await open({ postClaimScopes: ["api.read"] });
    const boxes = tagsOf((await page(await asked(stage))).text).filter(
      ({ attributes }) => attributes.get("name") === "scope",
    );
    expect(boxes.map(({ attributes }) => [attributes.get("value"), attributes.has("checked")])).toEqual([
      ["api.read", true],
    ]);
  });

  test("is the same for an anonymous agent, but for who vouches", async () => {
    await open();
    const { claim_token } = (await register.anonymous(stage)).body;
    const { claim_attempt } = (await startClaim(stage, claim_token)).body;
    const response = await openPage(stage, claim_attempt.verification_uri, "alice");
    expectPage(response, 200, reviewHeading);
    expect(wordsOf(response.text)).toContain("Vouched for by Nobody. It registered by itself.");
  });
});
