/** Owns a visit to every page a person can be shown, in every state, by the request that shows it. */
import { asked } from "../support/claim-visit.js";
import { approved } from "../support/event-stage.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import {
  type MailboxInput,
  mailboxWorld,
  mailedClaim,
  manageLinks,
  provenBrowser,
} from "../support/mailbox.js";
import { formOf, formsOf, PageBrowser } from "../support/page-browser.js";
import { reveal } from "../support/read-back.js";
import { pathOf, type Response } from "../support/world.js";

export interface Visit {
  name: string;
  status: number;
  /** Its cookie, where the answer sets one. */
  sets?: RegExp;
  go: () => Promise<Response>;
}

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const claimPath = "/agent/claim";
const connectedPath = "/agent/connected";

/** A host with a login, a claim that waits for alice, and her browser. */
async function claim(input: MailboxInput = {}) {
  const world = await mailWorld(input);
  const waiting = await asked(world);
  const alice = new PageBrowser(world, "alice");
  const path = pathOf(waiting.uri);
  const press = (action: string, code = "", headers = {}) =>
    alice
      .get(path)
      .then(({ text }) =>
        alice.submit(formOf(text), { action, user_code: code, scope: "api.read" }, headers),
      );
  return { world, waiting, alice, path, press, stranger: new PageBrowser(world) };
}

/** A host without a login, and the links of the mail about a claim. */
async function mailed(input: MailboxInput = {}) {
  const world = await mailboxWorld(input);
  const waiting = await mailedClaim(world);
  return { world, waiting, path: pathOf(waiting.uri), browser: new PageBrowser(world) };
}

/** One agent connected to alice. */
async function connected() {
  const scene = await claim();
  await approved(scene.world, scene.waiting, "alice");
  return scene;
}

/** The mailed link to the page of connected agents. */
export async function manageLink(world: MailWorld) {
  const waiting = await mailedClaim(world);
  await approvedByMail(world, waiting);
  return (await manageLinks(world)).at(-1) as string;
}

async function approvedByMail(world: MailWorld, waiting: Awaited<ReturnType<typeof mailedClaim>>) {
  const browser = await provenBrowser(world, waiting);
  await browser.press(pathOf(waiting.uri), "authorize", {
    user_code: waiting.userCode,
    scope: ["api.read", "api.write"],
  });
}

const wrong = (code: string) => (code === "000000" ? "000001" : "000000");
const crossSite = { "Sec-Fetch-Site": "cross-site" };
const visit = (name: string, status: number, go: Visit["go"], sets?: RegExp): Visit => ({
  name,
  status,
  go,
  ...(sets === undefined ? {} : { sets }),
});

const claimVisits: Visit[] = [
  visit("a link nobody knows", 404, async () =>
    (await claim()).alice.get(`${claimPath}?claim_attempt_token=x`),
  ),
  visit("no link at all", 404, async () => (await claim()).stranger.get(claimPath)),
  visit("the way to the login", 302, async () => {
    const { stranger, path } = await claim();
    return stranger.get(path);
  }),
  visit("the review", 200, async () => {
    const { alice, path } = await claim();
    return alice.get(path);
  }),
  visit("another account", 403, async () => {
    const { world, path } = await claim();
    return new PageBrowser(world, "bob").get(path);
  }),
  visit("a wrong code", 400, async () => {
    const { press, waiting } = await claim();
    return press("authorize", wrong(waiting.userCode));
  }),
  visit("the answer to Authorize", 303, async () => {
    const { press, waiting } = await claim();
    return press("authorize", waiting.userCode);
  }),
  visit("a connected agent", 200, async () => {
    const { alice, path } = await connected();
    return alice.get(path);
  }),
  visit("a code to read out", 200, async () => {
    const { world, waiting, alice, path } = await claim();
    await reveal(world, waiting);
    return alice.get(path);
  }),
  visit("a denied request", 200, async () => {
    const { press, alice, path } = await claim();
    await press("deny");
    return alice.get(path);
  }),
  visit("an expired link", 410, async () => {
    const { world, alice, path } = await claim();
    world.clock.advance(601);
    return alice.get(path);
  }),
  visit("a revoked agent", 410, async () => {
    const { world, waiting, alice, path } = await claim();
    await world.auth.revokeRegistration(waiting.id, operator);
    return alice.get(path);
  }),
  visit("a suspended agent", 403, async () => {
    const { world, waiting, alice, path } = await claim();
    await world.auth.suspendRegistration(waiting.id, operator);
    return alice.get(path);
  }),
  visit("a form of another site", 403, async () => (await claim()).press("authorize", "", crossSite)),
  visit("a stale form", 403, async () => {
    const { alice, path } = await claim();
    const form = formOf((await alice.get(path)).text);
    return alice.submit(form, { action: "authorize", csrf: "1.x" });
  }),
  visit("a form that says nothing", 400, async () => (await claim()).press("nonsense")),
  visit("a form after signing out", 403, async () => {
    const { alice, stranger, path } = await claim();
    return stranger.submit(formOf((await alice.get(path)).text), { action: "authorize" });
  }),
  visit("too many forms", 429, async () => {
    const { press } = await claim({ options: { limits: { claimPagePerIpPerHour: 1 } } });
    await press("authorize", "1");
    return press("authorize", "1");
  }),
  visit("a failure of the host", 500, async () => {
    const { alice, path } = await claim({
      accounts: {
        currentUser: () => {
          throw new Error("secret detail of the host");
        },
      },
    });
    return alice.get(path);
  }),
  visit("no database", 503, async () => {
    const { world, alice, path } = await claim();
    await world.auth.close();
    return alice.get(path);
  }),
];

const oddRequests: Visit[] = [claimPath, connectedPath].flatMap((path) => [
  visit(`DELETE ${path}`, 405, async () => (await claim()).world.agent.delete(path)),
  visit(`JSON to ${path}`, 415, async () => (await claim()).world.agent.post(path).send({ action: "deny" })),
  visit(`a file to ${path}`, 415, async () => {
    const { world } = await claim();
    return world.agent.post(path).field("action", "deny");
  }),
  visit(`a huge form to ${path}`, 413, async () => {
    const { world } = await claim();
    return world.agent
      .post(path)
      .type("form")
      .send(`action=${"a".repeat(70_000)}`);
  }),
]);

const connectedVisits: Visit[] = [
  visit("connected agents of nobody", 302, async () => (await claim()).stranger.get(connectedPath)),
  visit("no connected agents", 200, async () => (await claim()).alice.get(connectedPath)),
  visit("connected agents", 200, async () => (await connected()).alice.get(connectedPath)),
  visit("the answer to Revoke", 303, async () => (await connected()).alice.press(connectedPath, "revoke")),
  visit("what was revoked", 200, async () => {
    const { alice } = await connected();
    return alice.get((await alice.press(connectedPath, "revoke")).headers.location as string);
  }),
  visit("a stale Revoke", 403, async () =>
    (await connected()).alice.press(connectedPath, "revoke", { csrf: "x" }),
  ),
  visit("a Revoke of another site", 403, async () => {
    const { alice } = await connected();
    const [form] = formsOf((await alice.get(connectedPath)).text);
    return alice.submit(form as NonNullable<typeof form>, { action: "revoke" }, crossSite);
  }),
  visit("a form of nobody's", 400, async () =>
    (await connected()).alice.press(connectedPath, undefined, { action: "x" }),
  ),
];

const mailVisits: Visit[] = [
  visit("check your mail", 200, async () => {
    const { browser, path } = await mailed();
    return browser.get(path);
  }),
  visit("the answer to Send again", 303, async () => {
    const { browser, path } = await mailed();
    return browser.press(path, "resend");
  }),
  visit("the mailed link", 200, async () => {
    const { browser, waiting } = await mailed();
    return browser.get(waiting.claim);
  }),
  visit(
    "the answer to Continue",
    303,
    async () => {
      const { browser, waiting } = await mailed();
      return browser.press(waiting.claim);
    },
    /^__Secure-aa_mailbox_\w+=/,
  ),
  visit("the review behind a proven mailbox", 200, async () => {
    const { world, waiting, path } = await mailed();
    return (await provenBrowser(world, waiting)).get(path);
  }),
  visit("this was not me", 200, async () => {
    const { browser, waiting } = await mailed();
    return browser.get(waiting.deny);
  }),
  visit("the answer to this was not me", 200, async () => {
    const { browser, waiting } = await mailed();
    return browser.press(waiting.deny);
  }),
  visit("a form for a link by mail", 200, async () => (await mailed()).browser.get(connectedPath)),
  visit("a malformed address", 400, async () => {
    const { browser } = await mailed();
    return browser.press(connectedPath, "send_link", { email: "x" });
  }),
  visit("the answer to Send a link", 303, async () => {
    const { browser } = await mailed();
    return browser.press(connectedPath, "send_link", { email: "alice@example.com" });
  }),
  visit("the mailed link to one's agents", 200, async () => {
    const world = await mailboxWorld();
    return new PageBrowser(world).get(await manageLink(world));
  }),
  visit(
    "the answer to Open",
    303,
    async () => {
      const world = await mailboxWorld();
      return new PageBrowser(world).press(await manageLink(world));
    },
    /^__Secure-aa_manage=/,
  ),
  visit("a used link to one's agents", 410, async () => {
    const world = await mailboxWorld();
    const link = await manageLink(world);
    await new PageBrowser(world).press(link);
    return new PageBrowser(world).get(link);
  }),
];

export const visits: Visit[] = [...claimVisits, ...oddRequests, ...connectedVisits, ...mailVisits];
