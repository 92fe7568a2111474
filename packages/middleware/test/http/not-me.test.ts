/** "This wasn't me": the link in every claim mail with which its reader ends the claim, without signing in anywhere. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { csrfToken } from "../../src/http/page-security.js";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { type Asked, askedAgain, expectPage } from "../support/claim-visit.js";
import { approved, claimWaiting, identify, steppedUp } from "../support/event-stage.js";
import { notice, pages } from "../support/headings.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import {
  claimLinks,
  gatherAt,
  leavesAll,
  type MailboxInput,
  type MailedLinks,
  mailboxWorld,
  mailedClaim,
  manageLinks,
  together,
} from "../support/mailbox.js";
import { expectForm, formOf, PageBrowser } from "../support/page-browser.js";
import { complete, reveal } from "../support/read-back.js";
import { callApi, pathOf, poll, register, startClaim } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";

const secret = "a secret of the mailbox tests, thirty-two bytes or more";
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
let stage: MailWorld;
let visit: Asked & MailedLinks;
let stranger: PageBrowser;

describe.each([
  ["with a login", mailWorld],
  ["with mail only", mailboxWorld],
])("at a host %s", (_kind, openWorld) => {
  const open = async ({ options, ...input }: MailboxInput = {}) => {
    stage = await openWorld({ ...input, options: { secrets: [secret], ...options } });
    visit = await mailedClaim(stage);
    stranger = new PageBrowser(stage);
  };
  beforeEach(() => open());
  const quietly = (send: Parameters<typeof leavesAll>[1]) => leavesAll(stage, send);
  const form = async (path = visit.deny) => formOf((await stranger.get(path)).text);

  test("the link is harmless to open, however often and by whatever program", async () => {
    for (const method of ["get", "head", "get", "options"] as const) {
      if (method === "options") await quietly(() => stage.agent.options(visit.deny));
      else expect((await quietly(() => stranger[method](visit.deny))).status).toBe(200);
    }
    expectForm(await stranger.get(visit.deny), 200, pages.notMe);
    expect(stranger.cookies.size).toBe(0);
  });

  test("the button denies, and the handle has ended for good: nothing starts, nothing is mailed", async () => {
    const answer = await stranger.press(visit.deny);
    expectPage(answer, 200, notice("denied"));
    const [row, ...more] = await stage.audit("claim.denied");
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      actor_kind: "user",
      actor_id: null,
      registration_id: visit.id,
      ip: "127.0.0.1",
    });
    expectAgentRefusal(await quietly(() => startClaim(stage, visit.claimToken)), 403, "claim_denied");
    const completing = () => complete(stage, visit.claimToken, "123456");
    expectAgentRefusal(await quietly(completing), 403, "claim_denied");
    expectOauthRefusal(await quietly(() => poll(stage, visit.claimToken)), "access_denied");
    for (const path of [visit.deny, visit.claim, pathOf(visit.uri)])
      expectPage(await quietly(() => stranger.get(path)), 200, notice("denied"));
    await stage.deliver();
    expect([stage.server.mails.length, (await stage.outbox()).length]).toEqual([1, 1]);
  });

  test("a mail that was waiting is not sent any more", async () => {
    stage.server.onRecipient = () => ({ code: 451, text: "later" });
    // Another mail for the same attempt, which the server does not take yet.
    const mail = { template: "claim_link", recipient: "alice@example.com", userId: null } as const;
    const attemptId = String((await stage.rows("claim_attempts"))[0]?.id);
    await stage.store.queueMail({
      mail: { ...mail, attemptId },
      registrationId: visit.id,
      now: stage.clock.now(),
    });
    await stage.deliver();
    expectPage(await stranger.press(visit.deny), 200, notice("denied"));
    stage.server.onRecipient = () => null;
    stage.clock.advance(60);
    await stage.deliver();
    expect((await stage.outbox()).map(({ failure }) => failure)).toEqual([null, "superseded"]);
    expect(stage.server.mails).toHaveLength(1);
  });

  test("a code that was revealed already is over with it", async () => {
    stage = await mailWorld();
    visit = await mailedClaim(stage);
    stranger = new PageBrowser(stage);
    const code = await reveal(stage, visit);
    expectPage(await stranger.press(visit.deny), 200, notice("denied"));
    expectAgentRefusal(await complete(stage, visit.claimToken, code), 403, "claim_denied");
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: null, claimed_at: null }]);
  });

  test("twenty at once, or one after the other, are one denial", async () => {
    const sent = await form();
    gatherAt(stage, "denyClaim", 20);
    const answers = await together(20, () => stranger.submit(sent));
    for (const answer of answers) expectPage(answer, 200, notice("denied"));
    expectPage(await quietly(() => stranger.submit(sent)), 200, notice("denied"));
    expect(await stage.audit("claim.denied")).toHaveLength(1);
  });

  test.each<[string, (path: string) => string]>([
    [
      "with one letter changed",
      (path) => path.slice(0, -2) + (path.at(-2) === "A" ? "B" : "A") + path.at(-1),
    ],
    ["of another mail", (path) => path.replace("cmd_1_", "cmd_2_")],
    ["of a mail nobody sent", (path) => path.replace("cmd_1_", "cmd_999_")],
    ["for the claim", () => visit.claim.replace("claim_attempt_token", "not_me")],
    [
      "for the claim, renamed",
      () => visit.claim.replace("claim_attempt_token", "not_me").replace("cml", "cmd"),
    ],
    ["of the agent", () => `/agent/claim?not_me=${visit.attemptToken}`],
    ["twice", (path) => `${path}&${path.split("?")[1]}`],
    ["empty", () => "/agent/claim?not_me="],
    ["empty, before the claim's", () => `/agent/claim?not_me=&${visit.claim.split("?")[1]}`],
    ["with a NUL", (path) => `${path}%00`],
  ])("a link is unknown %s", async (_what, forge) => {
    await mailedClaim(stage, { login_hint: "bob@example.com" });
    const path = forge(visit.deny);
    expectPage(await quietly(() => stranger.get(path)), 404, notice("unknown_link"));
    const good = await form();
    const values = new URL(path, "https://notes.example").searchParams.getAll("not_me");
    const send = () => stranger.submit(good, { not_me: values });
    expectPage(await quietly(send), 404, notice("unknown_link"));
  });

  test("a link for another purpose opens nothing here, and this one opens no other page", async () => {
    const bobs = await mailedClaim(stage, { login_hint: "bob@example.com" });
    const denySecret = visit.deny.split("=")[1] as string;
    for (const path of [
      `/agent/claim?claim_attempt_token=${denySecret}`,
      `/agent/connected?manage=${denySecret}`,
    ])
      expect([404, 410]).toContain((await quietly(() => stranger.get(path))).status);
    const { fields } = await form();
    const as = (changes: object) =>
      quietly(() => stranger.submit({ target: "/agent/claim", fields }, { ...changes }));
    for (const action of ["authorize", "deny", "prove_mailbox", "resend"])
      expectPage(await as({ action, claim_attempt_token: denySecret }), 404, notice("unknown_link"));
    expect((await as({ not_me: bobs.deny.split("=")[1] as string })).status).toBe(403);
  });

  test("needs our form: no token, a foreign one, an old one, another site's", async () => {
    const good = await form();
    const bobs = await mailedClaim(stage, { login_hint: "bob@example.com" });
    const [{ key }] = deriveKeys([secret], "page-csrf");
    const token = (expiresIn: number, changes: object = {}) =>
      csrfToken(
        key,
        { action: "deny_by_mail", person: "", about: "1", ...changes },
        stage.clock.now() + expiresIn,
      );
    expect(good.fields.csrf).toBe(token(3600));
    for (const csrf of [
      null,
      "",
      "x",
      (await form(bobs.deny)).fields.csrf as string,
      token(0),
      token(600, { about: "2" }),
      token(600, { action: "prove_mailbox" }),
      token(600, { person: "usr_alice" }),
      [good.fields.csrf as string, good.fields.csrf as string],
    ])
      expectForm(await quietly(() => stranger.submit(good, { csrf })), 403, pages.notMe);
    for (const headers of [
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site", Origin: "https://www.notes.example" },
    ])
      expectPage(await quietly(() => stranger.submit(good, {}, headers)), 403, notice("cross_site"));
    const old = stage.agent.post("/agent/claim").type("form");
    const body = new URLSearchParams(good.fields).toString();
    for (const origin of ["https://evil.example", "null", "http://notes.example"])
      expectPage(await quietly(() => old.set("Origin", origin).send(body)), 403, notice("cross_site"));
  });

  test("the link of an older mail ends the newer request for the same address, whose own mail may be missing", async () => {
    const sent = await form();
    await askedAgain(stage, visit);
    expect((await quietly(() => stranger.get(visit.deny))).status).toBe(200);
    expectPage(await stranger.submit(sent), 200, notice("denied"));
    expectAgentRefusal(await startClaim(stage, visit.claimToken), 403, "claim_denied");
  });

  test("the link of an older mail ends nothing that names somebody else by now", async () => {
    const sent = await form();
    expect((await startClaim(stage, visit.claimToken, { login_hint: "bob@example.com" })).status).toBe(200);
    const [, newer] = await claimLinks(stage);
    expectPage(await quietly(() => stranger.get(visit.deny)), 410, notice("replaced"));
    expectPage(await quietly(() => stranger.submit(sent)), 410, notice("replaced"));
    expectPage(await stranger.press(newer?.deny as string), 200, notice("denied"));
  });

  test("the link ends the claim after its attempt has lapsed too: the agent could start another", async () => {
    stage.clock.advance(600);
    expectPage(await stranger.press(visit.deny), 200, notice("denied"));
    expectAgentRefusal(await quietly(() => startClaim(stage, visit.claimToken)), 403, "claim_denied");
    expect(await stage.audit("claim.denied")).toHaveLength(1);
  });

  test.each<[string, number, Parameters<typeof notice>[0], () => unknown]>([
    ["expired", 410, "expired", () => stage.clock.advance(86_400)],
    ["revoked", 410, "revoked", () => stage.auth.revokeRegistration(visit.id, operator)],
    ["suspended", 403, "suspended", () => stage.auth.suspendRegistration(visit.id, operator)],
  ])("a claim that is over stays as it is: %s", async (_what, status, heading, end) => {
    const sent = await form();
    await end();
    expectPage(await quietly(() => stranger.get(visit.deny)), status, notice(heading));
    expectPage(await quietly(() => stranger.submit(sent)), status, notice(heading));
  });
});

describe("after the claim is done", () => {
  test("the link says so and ends nothing: that is for the page of connected agents", async () => {
    stage = await mailWorld();
    visit = await mailedClaim(stage);
    stranger = new PageBrowser(stage);
    const sent = formOf((await stranger.get(visit.deny)).text);
    const { accessToken } = await approved(stage, visit);
    expect(await manageLinks(stage)).toHaveLength(1);
    for (const send of [() => stranger.get(visit.deny), () => stranger.submit(sent)])
      expectPage(await leavesAll(stage, send), 200, notice("claimed"));
    expect((await callApi(stage, accessToken)).status).toBe(200);
  });

  test("and Deny, at once: one of them is how it ends, and both answers agree with it", async () => {
    stage = await mailWorld();
    visit = await mailedClaim(stage);
    stranger = new PageBrowser(stage);
    const alice = new PageBrowser(stage, "alice");
    const review = formOf((await alice.get(visit.claim)).text);
    const denial = formOf((await stranger.get(visit.deny)).text);
    await together(10, (index) =>
      index % 2 === 0
        ? stranger.submit(denial)
        : alice.submit(review, { action: "authorize", user_code: visit.userCode, scope: "api.read" }),
    );
    const wasDenied = (await stage.audit("claim.denied")).length === 1;
    expect((await stage.audit("claim.denied")).length + (await stage.audit("claim.confirmed")).length).toBe(
      1,
    );
    const heading = notice(wasDenied ? "denied" : "claimed");
    for (const path of [visit.deny, visit.claim]) expectPage(await stranger.get(path), 200, heading);
  });
});

describe("an agent of a provider", () => {
  test.each([
    ["a step-up", steppedUp],
    ["a claim with an ID-JAG", claimWaiting],
  ])("is denied by mail too, links nothing, and may ask anew with a fresh ID-JAG: %s", async (_way, ask) => {
    stage = await mailWorld();
    const waiting = await ask(stage);
    stranger = new PageBrowser(stage);
    const [links] = await claimLinks(stage);
    expectPage(await stranger.press(links?.deny as string), 200, notice("denied"));
    expectOauthRefusal(await poll(stage, waiting.claimToken), "access_denied");
    expect((await stage.rows("delegations")).filter(({ user_id }) => user_id !== null)).toEqual([]);
    expect((await identify(stage, stage.provider.idJag())).body.error).toBe("interaction_required");
    expect((await register.serviceAuth(stage)).status).toBe(200);
  });
});
