/** "Needs attention" on the overview: what is told of, that each leads to where something can be done, and all clear. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { bare } from "../../../middleware/test/support/issuer.js";
import { mailServer } from "../../../middleware/test/support/mail-server.js";
import { wordsOf } from "../support/form.js";
import { identify, operator, type ProviderStage, providerStage } from "../support/provider.js";
import { anonymousAgent, hiddenFields, people, type Stage, stage, Visitor } from "../support/stage.js";

const day = 86_400;
let on: Stage;
let olga: Visitor;
beforeEach(async () => {
  on = await stage();
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

/** What the section says, and the addresses it links to, without those of issuers. */
async function attention(by = olga) {
  const { text } = await by.get("/");
  const section = /<section[^>]*aria-labelledby="attention".*?<\/section>/s.exec(text)?.[0] ?? "";
  const links = [...section.matchAll(/href="([^"]+)"/g)].map(([, href = ""]) =>
    href.replaceAll("&amp;", "&").slice(on.mount.length),
  );
  return { words: wordsOf(section), links };
}

/** Every link leads to a page. */
async function expectPages(links: string[], by = olga) {
  for (const link of links) expect([link, (await by.get(link)).status]).toEqual([link, 200]);
}

test("says so when there is nothing, also with agents", async () => {
  expect((await attention()).words).toContain("Nothing.");
  await anonymousAgent(on);
  expect((await attention()).words).toContain("Nothing.");
});

describe("a signing key", () => {
  test.each([
    [179, false],
    [180, true],
    [400, true],
  ])("of %i days is told of: %s", async (days, isOld) => {
    await anonymousAgent(on);
    on.clock.advance(days * day);
    const { words, links } = await attention();
    expect(words.includes(`The signing key has been in use for ${days} days.`)).toBe(isOld);
    expect(links.includes("/keys")).toBe(isOld);
    expect(words.includes("Nothing.")).toBe(!isOld);
  });

  test("leads admins to rotating it, after which nothing is told", async () => {
    on.clock.advance(200 * day);
    const admin = new Visitor(on, "admin");
    const { links } = await attention(admin);
    expect(links).toContain("/keys/rotate");
    await admin.submit("/keys/rotate", { reason: "Half a year" });
    expect((await attention(admin)).words).toContain("Nothing.");
  });
});

test("suspensions of more than a month, and only those", async () => {
  const { id } = await anonymousAgent(on);
  await on.auth.admin.suspend(id, operator);
  on.clock.advance(30 * day);
  expect((await attention()).words).toContain("Nothing.");
  on.clock.advance(1);
  const { words, links } = await attention();
  expect(words).toContain("1 agent has been suspended for more than 30 days.");
  expect(links).toEqual(["/registrations?status=suspended&order=oldest"]);
  expect((await olga.get(links[0] as string)).text).toContain(id);
  await on.auth.admin.resume(id, operator);
  expect((await attention()).words).toContain("Nothing.");
});

test("claims that were locked by wrong codes, for a week", async () => {
  const login_hint = people.alice?.email;
  const opened = await on.agent
    .post("/agent/identity")
    .send({ type: "service_auth", login_hint })
    .expect(200);
  const { claim_token } = opened.body;
  let uri = opened.body.claim.verification_uri as string;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (attempt > 0) {
      const again = await on.agent
        .post("/agent/identity/claim")
        .send({ claim_token, email: login_hint, login_hint })
        .expect(200);
      uri = (again.body.claim ?? again.body.claim_attempt).verification_uri;
    }
    const { pathname, search } = new URL(uri);
    const page = await on.agent.get(pathname + search).set("x-test-person", "alice");
    for (let guess = 0; guess < 5; guess += 1)
      await on.agent
        .post("/agent/claim")
        .set("x-test-person", "alice")
        .set("Sec-Fetch-Site", "same-origin")
        .type("form")
        .send({ ...hiddenFields(page.text), action: "authorize", user_code: "000000", scope: "api.read" });
  }
  const { words, links } = await attention();
  expect(words).toContain("1 claim was locked by too many wrong codes in the last 7 days");
  expect((await olga.get(links[0] as string)).text).toContain(opened.body.registration_id);
  await expectPages(links);
  on.clock.advance(8 * day);
  expect((await attention()).words).toContain("Nothing.");
});

test("mail that was given up, until it is tried again", async () => {
  await on.close();
  const server = await mailServer();
  server.onRecipient = () => ({ code: 550, text: "5.1.1 no such mailbox" });
  on = await stage({ options: { mail: { smtp: server.url, from: "Notes <no-reply@notes.example>" } } });
  olga = new Visitor(on, "operator");
  await on.agent
    .post("/agent/identity")
    .send({ type: "service_auth", login_hint: people.alice?.email })
    .expect(200);
  await on.auth.sweep();
  const { words, links } = await attention();
  expect(words).toContain("1 mail was given up and can be tried again.");
  expect(links).toEqual(["/mail?state=failed"]);
  await expectPages(links);
  server.onRecipient = () => null;
  const [mail] = (await on.auth.admin.queries?.pageMail({}, { after: null, limit: 1 }))?.rows ?? [];
  await olga.post(`/mail/${mail?.id}/retry`);
  expect((await attention()).words).toContain("Nothing.");
});

describe("a bulk job", () => {
  beforeEach(async () => {
    await anonymousAgent(on);
    const job = { action: "revoke", filter: { kind: "anonymous" }, includeNew: false, operator } as const;
    await on.auth.admin.startJob(job);
  });

  test("is told of while it runs, in another way when it stands still, and no more when it is done", async () => {
    expect((await attention()).words).toContain("1 bulk job is running.");
    on.clock.advance(300);
    expect((await attention()).words).toContain("1 bulk job is running.");
    on.clock.advance(1);
    const { words, links } = await attention();
    expect(words).toContain("1 bulk job has got no further for more than 5 minutes.");
    expect(links).toEqual(["/jobs"]);
    const jobs = await olga.get("/jobs");
    expect(jobs.text).toContain("Stalled");
    const [{ id } = { id: "" }] = await on.auth.admin.listJobs();
    expect((await olga.get(`/jobs/${id}`)).text).toContain("It has got no further for some minutes.");
    await on.auth.sweep();
    expect((await attention()).words).toContain("Nothing.");
    expect((await olga.get(`/jobs/${id}`)).text).not.toContain("Stalled");
  });
});

describe("a provider", () => {
  let at: ProviderStage;
  beforeEach(async () => {
    await on.close();
    at = await providerStage();
    on = at;
    olga = new Visitor(on, "operator");
  });

  test("whose keys cannot be fetched, until it is disabled", async () => {
    at.idp.answers.set("/.well-known/jwks.json", bare(503));
    expect((await identify(on, at.idJag())).status).toBe(503);
    const { words, links } = await attention();
    expect(words).toContain("Keys of Partner cannot be fetched: The answer was 503.");
    expect(words).toContain("Its agents are refused until they can.");
    expect(links).toEqual([`/providers/view?issuer=${encodeURIComponent(at.idp.issuer)}`]);
    await expectPages(links);
    await on.auth.admin.setProviderDisabled(at.idp.issuer, true, operator);
    expect((await attention()).words).toContain("Nothing.");
  });

  test("whose events were rejected, by name and for a week", async () => {
    const event = at.idp.mint({
      header: { typ: "secevent+jwt" },
      claims: { aud: "https://elsewhere.example" },
    });
    const notify = () =>
      on.agent.post("/agent/event/notify").type("application/secevent+jwt").send(event).expect(400);
    await notify();
    await notify();
    const { words, links } = await attention();
    expect(words).toContain("2 events of Partner were rejected in the last 7 days");
    expect(links[0]).toBe(`/providers/view?issuer=${encodeURIComponent(at.idp.issuer)}`);
    expect(links[1]).toContain("/audit?type=event.rejected&from=");
    await expectPages(links);
    expect((await olga.get(links[1] as string)).text).toContain("Provider event rejected");
    on.clock.advance(8 * day);
    expect((await attention()).words).toContain("Nothing.");
  });
});
