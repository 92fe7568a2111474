/**
 * Rotating `secrets` (PROTOCOL section 8): what an older one has made stays good as long as it is given, what a new one
 * makes outlives the older, and what nobody has the secret of any more is refused as docs/operations.md says.
 */
import { describe, expect, test } from "@jest/globals";
import { expectPage } from "../support/claim-visit.js";
import { notice, pages, texts } from "../support/headings.js";
import { expectForm, formOf, PageBrowser } from "../support/page-browser.js";
import { complete, reveal } from "../support/read-back.js";
import { newer, older, type Service, service } from "../support/rotated-secrets.js";
import {
  callApi,
  exchange,
  openPage,
  pathOf,
  poll,
  type Response,
  register,
  startClaim,
  submitPage,
  type World,
} from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";
import { claimedAgent, expectUnusableAnswer, refresh } from "./refreshing-agent.js";

/** Something made under a secret: what it is used for in another instance, and what that answers. */
interface Made {
  use: (world: World) => Promise<Response>;
}
interface Row {
  what: string;
  login: boolean;
  make: (world: World, host: Service) => Promise<Made>;
  expectGood: (response: Response) => void;
  expectRefused: (response: Response) => void;
}

const asked = async (world: World) => {
  const { body } = await register.serviceAuth(world);
  const { verification_uri: uri, user_code: userCode } = body.claim;
  return { id: body.id as string, claimToken: body.claim_token as string, uri: uri as string, userCode };
};
const status = (expected: number) => (response: Response) => expect(response.status).toBe(expected);
/** The same browser at another instance: it keeps its cookies. */
function moved(browser: PageBrowser, world: World): PageBrowser {
  const next = new PageBrowser(world, browser.person);
  for (const [name, cookie] of browser.cookies) next.cookies.set(name, cookie);
  return next;
}
const newestLink = async (...parameters: [Service, World, Parameters<Service["links"]>[1]]) => {
  const [host, world, name] = parameters;
  return (await host.links(world, name))[0] as string;
};

const rows: Row[] = [
  {
    what: "a refresh token",
    login: true,
    async make(world) {
      const { refreshToken } = await claimedAgent(world);
      return { use: async (next) => refresh(next, refreshToken) };
    },
    expectGood: status(200),
    expectRefused: expectUnusableAnswer,
  },
  {
    what: "a code an agent shows",
    login: true,
    async make(world) {
      const claim = await asked(world);
      return { use: (next) => submitPage(next, claim.uri, "alice", { userCode: claim.userCode }) };
    },
    expectGood: status(303),
    expectRefused: (response) => {
      expect(response.status).toBe(400);
      expect(response.text).toContain(texts.problems.wrongCode(4));
    },
  },
  {
    what: "a code to read back",
    login: true,
    async make(world) {
      const claim = await asked(world);
      const code = await reveal(world, claim);
      return { use: async (next) => complete(next, claim.claimToken, code) };
    },
    expectGood: status(200),
    expectRefused: (response) => expectAgentRefusal(response, 401, "otp_invalid", "invalid_user_code"),
  },
  {
    what: "the page of a revealed code",
    login: true,
    async make(world) {
      const claim = await asked(world);
      const code = await reveal(world, claim);
      return {
        use: async (next) => {
          const page = await openPage(next, claim.uri, "alice");
          // Shown as before, or not at all.
          expect(page.text.includes(`${code.slice(0, 3)}-${code.slice(3)}`)).toBe(page.status === 200);
          return page;
        },
      };
    },
    expectGood: status(200),
    expectRefused: (response) => expectPage(response, 410, notice("expired")),
  },
  {
    what: "the form of a page",
    login: true,
    async make(world) {
      const claim = await asked(world);
      const form = formOf((await openPage(world, claim.uri, "alice")).text);
      return {
        use: (next) =>
          new PageBrowser(next, "alice").submit(form, { action: "authorize", scope: "api.read" }),
      };
    },
    expectGood: status(303),
    expectRefused: (response) => expectForm(response, 403, pages.review),
  },
  {
    what: "the link of a claim mail",
    login: false,
    async make(world, host) {
      await asked(world);
      const path = await newestLink(host, world, "claim_attempt_token");
      return { use: (next) => new PageBrowser(next).get(path) };
    },
    expectGood: (response) => expectForm(response, 200, pages.prove),
    expectRefused: (response) => expectPage(response, 404, notice("unknown_link")),
  },
  {
    what: "the link that says it was not me",
    login: false,
    async make(world, host) {
      await asked(world);
      const path = await newestLink(host, world, "not_me");
      return { use: (next) => new PageBrowser(next).get(path) };
    },
    expectGood: (response) => expectForm(response, 200, pages.notMe),
    expectRefused: (response) => expectPage(response, 404, notice("unknown_link")),
  },
  {
    what: "the manage link of a mail",
    login: true,
    async make(world, host) {
      await claimedAgent(world);
      const path = await newestLink(host, world, "manage");
      return { use: (next) => new PageBrowser(next).get(path) };
    },
    expectGood: (response) => expectForm(response, 200, pages.openConnected),
    expectRefused: (response) => expectPage(response, 410, notice("link_used")),
  },
  {
    what: "the cookie of a proven mailbox",
    login: false,
    async make(world, host) {
      const claim = await asked(world);
      const browser = new PageBrowser(world);
      await browser.press(await newestLink(host, world, "claim_attempt_token"));
      return { use: (next) => moved(browser, next).get(pathOf(claim.uri)) };
    },
    expectGood: (response) => expectForm(response, 200, pages.review),
    expectRefused: (response) => expectForm(response, 200, pages.checkMail),
  },
  {
    what: "the cookie of an opened manage link",
    login: true,
    async make(world, host) {
      await claimedAgent(world);
      const browser = new PageBrowser(world);
      await browser.press(await newestLink(host, world, "manage"));
      return { use: (next) => moved(browser, next).get("/agent/connected") };
    },
    expectGood: status(200),
    expectRefused: status(302),
  },
];

/** Until a new signing key signs. */
const publishedSeconds = 300;

/** Puts the newest signing key under the current secret, and lets it take over. */
async function rotateKeys(world: World, host: Service): Promise<void> {
  await world.auth.rotateKeys();
  host.clock.advance(publishedSeconds);
}

describe.each(rows)("$what", ({ login, make, expectGood, expectRefused }) => {
  test("made under an older secret is good as long as that is given, first or last", async () => {
    for (const secrets of [
      [newer, older],
      [older, newer],
    ]) {
      const host = await service({ login });
      const { use } = await make(await host.under(older), host);
      expectGood(await use(await host.under(...secrets)));
    }
  });

  test("made under the new secret is good without the older", async () => {
    const host = await service({ login });
    const both = await host.under(newer, older);
    await rotateKeys(both, host);
    const { use } = await make(both, host);
    expectGood(await use(await host.under(newer)));
  });

  test("made under a secret nobody has any more is refused", async () => {
    const host = await service({ login });
    await rotateKeys(await host.under(newer, older), host);
    // The older one is current here, so this is what it makes.
    const { use } = await make(await host.under(older, newer), host);
    expectRefused(await use(await host.under(newer)));
  });
});

test("what depends on no secret is good under any: claim links, claim tokens, access tokens, assertions", async () => {
  const host = await service({ login: true });
  const first = await host.under(older, newer);
  await rotateKeys(await host.under(newer, older), host);
  const agent = await claimedAgent(first);
  const claim = await asked(first);
  const only = await host.under(newer);
  expect((await callApi(only, agent.accessToken)).status).toBe(200);
  expect((await exchange(only, agent.assertion)).status).toBe(200);
  expectForm(await openPage(only, claim.uri, "alice"), 200, pages.review);
  expect((await poll(only, claim.claimToken)).body.error).toBe("authorization_pending");
  // A new attempt has new codes, under the secret there is.
  const { claim_attempt } = (await startClaim(only, claim.claimToken)).body;
  const answer = await submitPage(only, claim_attempt.verification_uri, "alice", {
    userCode: claim_attempt.user_code,
  });
  expect(answer.status).toBe(303);
  expect((await poll(only, claim.claimToken)).status).toBe(200);
});
