/** Posts to `/agent/claim` that no page of ours sent for this person: forged, stolen or too old (WEB-04, ASVS 3.5.1). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { csrfToken } from "../../src/http/page-security.js";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import {
  type Answer,
  type Asked,
  accountsWith,
  asked,
  askedAgain,
  expectPage,
  expectRedirect,
  headingOf,
  loginUrlOf,
  openForm,
  problemOf,
  reviewHeading,
} from "../support/claim-visit.js";
import { issuer, openPage, pathOf, type Response, type WorldOptions } from "../support/world.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";

const secret = "a secret of the page tests, thirty-two bytes or more";
const olderSecret = "an older secret of the page tests, long enough as well";
let stage: ObservedWorld;
let visit: Asked;

async function open(options: WorldOptions["options"] = {}): Promise<void> {
  await stage?.close();
  stage = await observedWorld({ options: { secrets: [secret], ...options } });
  visit = await asked(stage);
}
beforeEach(() => open());
afterEach(() => stage.close());

type Send = Awaited<ReturnType<typeof openForm>>;

/** Authorize with the right code and Deny, both refused with nothing changed. */
async function expectRefused(send: Send, answer: Answer, expected: (response: Response) => void) {
  const before = await stage.snapshot();
  for (const action of ["authorize", "deny"])
    expected(await send({ userCode: visit.userCode, ...answer, action }));
  expect(await stage.snapshot()).toEqual(before);
}

const crossSite = (response: Response) => expectPage(response, 403, "This did not come from our page");
const staleForm = (response: Response) => {
  expectPage(response, 403, reviewHeading);
  expect(problemOf(response.text)).toBe("This page was open for too long; check it and submit again.");
};
const works = async (send: Send, answer: Answer = {}) => {
  expectRedirect(await send({ userCode: visit.userCode, ...answer }), 303, pathOf(visit.uri));
  expect(headingOf((await openPage(stage, visit.uri, "alice")).text)).toBe("Your agent is connected");
};

describe("a form token", () => {
  /** A token made here with the service's own key, so that it differs from a good one in one point only. */
  const tokenWith = async (changes: {
    userId?: string;
    attemptId?: string;
    expiresIn?: number;
    secret?: string;
  }) => {
    const [{ key }] = deriveKeys([changes.secret ?? secret], "page-csrf");
    const attemptId = changes.attemptId ?? String((await stage.rows("claim_attempts"))[0]?.id);
    const person = changes.userId ?? "usr_alice";
    const subject = { person, about: attemptId, action: "settle_claim" } as const;
    return csrfToken(key, subject, stage.clock.now() + (changes.expiresIn ?? 600));
  };

  test("made here is the one on the page, so the forgeries below differ in one point only", async () => {
    const send = await openForm(stage, visit);
    expect(send.hidden.csrf).toBe(await tokenWith({}));
    await works(send, { fields: { csrf: await tokenWith({ expiresIn: 1 }) } });
  });

  const flipped = (token: string) =>
    token.slice(0, -2) + (token.at(-2) === "A" ? "B" : "A") + token.slice(-1);
  test.each<[string, (good: string) => string | string[] | null | Promise<string>]>([
    ["missing", () => null],
    ["empty", () => ""],
    ["noise", () => "noise"],
    ["with one letter changed", flipped],
    ["with a later end", (good) => good.replace(/^\d+/, (end) => String(Number(end) + 1))],
    ["without its end", (good) => good.replace(/^\d+/, "")],
    ["without its signature", (good) => good.replace(/\..*/, ".")],
    ["padded", (good) => `${good}=`],
    ["with a line break behind it", (good) => `${good}\n`],
    ["sent twice", (good) => [good, good]],
    ["behind a wrong one", (good) => ["x", good]],
    ["that has expired this second", () => tokenWith({ expiresIn: 0 })],
    ["that never expires", (good) => good.replace(/^\d+/, "999999999999")],
    ["of another person", () => tokenWith({ userId: "usr_bob" })],
    ["of another attempt", () => tokenWith({ attemptId: "att_other" })],
    ["under another secret", () => tokenWith({ secret: olderSecret })],
    ["of ten kilobytes", (good) => good + "A".repeat(10_000)],
  ])("is refused, the page comes back with a good one, and that works: %s", async (_what, change) => {
    const send = await openForm(stage, visit);
    const csrf = await change(send.hidden.csrf as string);
    await expectRefused(send, { fields: { csrf } }, staleForm);
    await works(send);
  });

  test("of another attempt's page is refused, of the same claim or not", async () => {
    const other = await openForm(stage, await asked(stage));
    const send = await openForm(stage, visit);
    await expectRefused(send, { fields: { csrf: other.hidden.csrf as string } }, staleForm);
    const newer = await askedAgain(stage, visit);
    const sendNewer = await openForm(stage, newer);
    const answer = { userCode: newer.userCode, fields: { csrf: send.hidden.csrf as string } };
    await expectRefused(sendNewer, answer, staleForm);
  });

  test("of another person's page is refused where both may open it", async () => {
    await open({ wrongAccount: "advise" });
    const bobs = await openForm(stage, visit, "bob");
    const send = await openForm(stage, visit);
    await expectRefused(send, { fields: { csrf: bobs.hidden.csrf as string } }, staleForm);
  });

  test("made before the secrets were rotated goes on to work", async () => {
    await open({ secrets: [secret, olderSecret] });
    const good = await tokenWith({ secret: olderSecret });
    await works(await openForm(stage, visit), { fields: { csrf: good } });
  });
});

describe("a post from another place", () => {
  test.each<[string, Record<string, string>]>([
    ["Sec-Fetch-Site: cross-site", { "Sec-Fetch-Site": "cross-site" }],
    ["Sec-Fetch-Site: same-site", { "Sec-Fetch-Site": "same-site" }],
    ["an unknown Sec-Fetch-Site", { "Sec-Fetch-Site": "same-origin, cross-site" }],
    ["an empty Sec-Fetch-Site", { "Sec-Fetch-Site": "" }],
    ["cross-site, although Origin is ours", { "Sec-Fetch-Site": "cross-site", Origin: issuer }],
  ])("is refused, good token or not: %s", async (_what, headers) => {
    const send = await openForm(stage, visit);
    await expectRefused(send, { headers }, crossSite);
    await expectRefused(send, { headers, fields: { csrf: null } }, crossSite);
    await works(send);
  });

  test.each([
    "https://evil.example",
    "null",
    "http://notes.example",
    "https://notes.example:8443",
    "https://notes.example.evil.example",
    "https://api.notes.example",
    "https://notes.example/",
    "HTTPS://NOTES.EXAMPLE",
    "",
  ])("is refused by its Origin, where the browser sends no Sec-Fetch-Site: %p", async (origin) => {
    const { hidden } = await openForm(stage, visit);
    const before = await stage.snapshot();
    for (const action of ["authorize", "deny"]) {
      const form = new URLSearchParams({ ...hidden, action, user_code: visit.userCode, scope: "api.read" });
      const response = await stage.agent
        .post("/agent/claim")
        .set({ "x-test-person": "alice", Origin: origin })
        .type("form")
        .send(form.toString());
      crossSite(response);
    }
    expect(await stage.snapshot()).toEqual(before);
  });

  test.each<[string, Record<string, string>]>([
    ["our Origin", { Origin: issuer }],
    ["neither header", {}],
    ["Sec-Fetch-Site: none", { "Sec-Fetch-Site": "none" }],
    [
      "same-origin with Origin: null, as privacy settings send it",
      { "Sec-Fetch-Site": "same-origin", Origin: "null" },
    ],
  ])("is not what this is: %s", async (_what, headers) => {
    const { hidden } = await openForm(stage, visit);
    const form = new URLSearchParams({ ...hidden, action: "authorize", user_code: visit.userCode });
    form.append("scope", "api.read");
    const response = await stage.agent
      .post("/agent/claim")
      .set({ "x-test-person": "alice", ...headers })
      .type("form")
      .send(form.toString());
    expectRedirect(response, 303, pathOf(visit.uri));
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
  });

  test("learns nothing about the link: every one gets the same answer", async () => {
    const send = await openForm(stage, visit);
    const headers = { "Sec-Fetch-Site": "cross-site" };
    const texts = await Promise.all([
      send({ headers }),
      send({ headers, fields: { claim_attempt_token: "unknown" } }),
      send({ headers, as: null }),
      send({ headers, action: "none" }),
    ]);
    expect(new Set(texts.map(({ text }) => text)).size).toBe(1);
  });
});

describe("a session that changed since the page was opened", () => {
  test.each(["bob", "unverified"] as const)("to another account is refused: %s", async (as) => {
    const send = await openForm(stage, visit);
    await expectRefused(send, { as }, (response) =>
      expectPage(response, 403, "This request is for another account"),
    );
  });

  test.each(["bob", "unverified"] as const)(
    "is refused where the service only advises, too: %s",
    async (as) => {
      await open({ wrongAccount: "advise" });
      const send = await openForm(stage, visit);
      await expectRefused(send, { as }, staleForm);
    },
  );

  test("to nobody shows the way to the login and back: a form may not be redirected elsewhere", async () => {
    const send = await openForm(stage, visit);
    await expectRefused(send, { as: null }, (response) => {
      expectPage(response, 403, "You are signed out");
      expect(response.text).toContain(`href="${loginUrlOf(visit).replaceAll("&", "&amp;")}"`);
    });
  });

  test("cannot be asked: a page with an id to mention, no detail, and nothing changed", async () => {
    let isBroken = false;
    const hooks = accountsWith({});
    const currentUser: typeof hooks.currentUser = (request) => {
      if (isBroken) throw new Error("session of alice@example.com lost");
      return hooks.currentUser?.(request) ?? null;
    };
    await open({ accounts: { ...hooks, currentUser } });
    const send = await openForm(stage, visit);
    isBroken = true;
    await expectRefused(send, {}, (response) => {
      expectPage(response, 500, "Something went wrong on our side");
      expect(response.text).toMatch(/<bdi>req_[0-9a-f]+<\/bdi>/);
      expect(response.text).not.toMatch(/session|lost|alice/);
    });
    expect(JSON.stringify(stage.logs)).not.toMatch(new RegExp(`${visit.attemptToken}|${visit.userCode}`));
    isBroken = false;
    await works(send);
  });
});
