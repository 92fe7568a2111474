/** The page for the worst day: what it reaches is shown before anything happens, and what was shown is done, once. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { testDatabase } from "../../../middleware/test/support/database.js";
import { multiply } from "../support/database-stage.js";
import { filledIn, problemsIn, wordsOf } from "../support/form.js";
import { linkedAgent, operator, type ProviderStage, providerStage } from "../support/provider.js";
import { anonymousAgent, callApi, claimedAgent, hiddenFields, people, Visitor } from "../support/stage.js";

const reason = "His laptop is gone";
const path = "/incident";
type Fields = Record<string, string | string[]>;

let on: ProviderStage;
let admin: Visitor;
beforeEach(async () => {
  on = await providerStage();
  admin = new Visitor(on, "admin");
});
afterEach(async () => {
  await on.close();
  expect(on.failures).toEqual([]);
});

const ofUser = (who: string): Fields => ({
  reach: "user",
  user_who: who,
  user_reason: reason,
  user_typed: who,
});
const ofProvider = (issuer: string): Fields => ({
  reach: "provider",
  provider_who: issuer,
  provider_reason: reason,
  provider_typed: issuer,
});
const ofAll: Fields = { reach: "all", all_reason: reason, all_typed: "revoke everything" };
/** What was typed, on the form of the page. */
const typed = async (fields: Fields) => ({
  once: hiddenFields((await admin.get(path)).text).once ?? "",
  ...fields,
});
const headingOf = (html: string) => wordsOf(/<h1[^>]*>(.*?)<\/h1>/s.exec(html)?.[1] ?? "").trim();
const jobs = () => on.auth.admin.listJobs();
const isDisabled = async () =>
  (await on.auth.admin.findProvider(on.idp.issuer))?.provider.disabledAt !== null;
const nextCalls = (agents: { token: string }[]) =>
  Promise.all(agents.map(async ({ token }) => (await callApi(on, token)).status));

/** Types it, sees what it reaches, and goes on. */
async function carriedOut(fields: Fields) {
  const shown = await admin.post(path, await typed(fields));
  expect([shown.status, await jobs()]).toEqual([200, []]);
  const done = await admin.post(path, filledIn(shown.text, path));
  expect(done.status).toBe(303);
  await on.auth.sweep();
  return { shown: wordsOf(shown.text), title: headingOf(shown.text), job: (await jobs())[0] };
}

describe("what it reaches is shown before it is done", () => {
  test("for one user, found by address, and nobody else is touched", async () => {
    const agents = [await claimedAgent(on, "alice"), await claimedAgent(on, "alice", "Her second")];
    const bobs = await claimedAgent(on, "bob");
    const gone = await claimedAgent(on, "alice", "Over already");
    await on.auth.admin.revoke(gone.id, operator);
    const { shown, title, job } = await carriedOut(ofUser("alice@example.com"));
    expect(title).toBe("Revoke 2 registrations");
    expect(shown).toContain("Userusr_alice");
    expect(shown).toContain("Found byalice@example.com");
    expect(shown).toContain(`Reason${reason}`);
    expect(shown).toContain("Her second");
    expect(shown).not.toContain("Over already");
    expect(shown).toContain("Links to people at providers in reach are cut");
    expect(shown).toContain("Revoke 2 registrations now");
    expect(shown).not.toMatch(/disabled first|by mail/);
    expect(job).toMatchObject({ filter: { userId: "usr_alice" }, reason, changed: 2 });
    expect(await nextCalls([...agents, bobs])).toEqual([401, 401, 200]);
  });

  test("for a provider, which is disabled first, and not by looking", async () => {
    const hers = await linkedAgent(on);
    const bobs = await claimedAgent(on, "bob");
    const looked = await admin.post(path, await typed(ofProvider(on.idp.issuer)));
    expect(headingOf(looked.text)).toBe("Revoke 1 registration");
    expect(wordsOf(looked.text)).toContain(`Issuer${on.idp.issuer}`);
    expect(wordsOf(looked.text)).toContain("The provider is disabled first");
    expect(await isDisabled()).toBe(false);
    expect(await nextCalls([hers])).toEqual([200]);
    const { shown } = await carriedOut(ofProvider(on.idp.issuer));
    expect(shown).toContain("Disable it and revoke 1 registration now");
    expect(await isDisabled()).toBe(true);
    expect(await nextCalls([hers, bobs])).toEqual([401, 200]);
    const again = await admin.post(path, await typed(ofProvider(on.idp.issuer)));
    expect(wordsOf(again.text)).toContain("The provider is disabled already");
    expect(wordsOf(again.text)).not.toContain("Disable it");
  });

  test("for everybody", async () => {
    const agents = [await anonymousAgent(on), await claimedAgent(on, "bob"), await linkedAgent(on)];
    const { title, shown } = await carriedOut(ofAll);
    expect(title).toBe("Revoke 3 registrations");
    expect(shown).toContain("Every agent of this service");
    expect(await nextCalls(agents)).toEqual([401, 401, 401]);
  });

  test("in numbers that take no longer for a crowd: a counter tells, or it says more than", async () => {
    await on.close();
    const database = await testDatabase();
    on = await providerStage({ options: { storage: database.storage } });
    admin = new Visitor(on, "admin");
    const hers = await claimedAgent(on, "alice");
    await multiply({ database }, hers.id, 10_699);
    await on.auth.admin.revoke((await anonymousAgent(on)).id, operator);
    const shown = async (fields: Fields) => {
      const { status, text } = await admin.post(path, await typed(fields));
      return [status, headingOf(text)];
    };
    expect(await shown(ofUser("usr_alice"))).toEqual([200, "Revoke more than 10,000 registrations"]);
    expect(await shown(ofAll)).toEqual([200, "Revoke 10,700 registrations"]);
    expect(await jobs()).toEqual([]);
    await on.auth.close();
    await database.destroy();
  });
});

describe("when nothing is found", () => {
  test("a mistyped user id is told before anything starts", async () => {
    const { token } = await claimedAgent(on, "alice");
    const { status, text } = await admin.post(path, await typed(ofUser("usr_alicce")));
    expect(status).toBe(200);
    expect(headingOf(text)).toBe("Nothing is found to revoke");
    expect(wordsOf(text)).toContain("Nothing is found for user usr_alicce: make sure that this is their id.");
    expect(await jobs()).toEqual([]);
    expect((await callApi(on, token)).status).toBe(200);
  });

  test("it can be carried out all the same, and covers what comes in meanwhile", async () => {
    const { shown, job } = await carriedOut(ofUser("usr_alice"));
    expect(shown).toContain("Go ahead all the same");
    expect(job).toMatchObject({ filter: { userId: "usr_alice" }, createdBefore: null, changed: 0 });
    const provider = await admin.post(path, await typed(ofProvider(on.idp.issuer)));
    expect(wordsOf(provider.text)).toContain("Nothing is found for provider Partner.");
    expect(await isDisabled()).toBe(false);
    await admin.post(path, filledIn(provider.text, path));
    expect(await isDisabled()).toBe(true);
  });
});

describe("what is asked for stays", () => {
  test.each<[string, Fields, string]>([
    ["the same typed again", { user_typed: "bob" }, "user_typed"],
    ["a reason", { user_reason: "" }, "user_reason"],
    ["somebody", { user_who: "", user_typed: "" }, "user_who"],
    [
      "an address somebody has verified",
      { user_who: "x@example.com", user_typed: "x@example.com" },
      "user_who",
    ],
  ])("%s, before and after the impact was shown", async (_what, changes, field) => {
    const { token } = await claimedAgent(on, "alice");
    const fields = await typed(ofUser("usr_alice"));
    const shown = filledIn((await admin.post(path, fields)).text, path);
    for (const sent of [fields, shown]) {
      const reply = await admin.post(path, { ...sent, ...changes });
      expect(reply.status).toBe(422);
      expect(Object.keys(problemsIn(reply.text))).toContain(field);
    }
    expect(await jobs()).toEqual([]);
    expect((await callApi(on, token)).status).toBe(200);
  });

  test("what was shown for one is not taken for another", async () => {
    const [alices, bobs] = [await claimedAgent(on, "alice"), await claimedAgent(on, "bob")];
    const { shown = [] } = filledIn((await admin.post(path, await typed(ofUser("usr_alice")))).text, path);
    for (const fields of [ofUser("usr_bob"), ofProvider(on.idp.issuer), ofAll]) {
      const reply = await admin.post(path, { ...(await typed(fields)), shown });
      expect([reply.status, headingOf(reply.text)]).toEqual([
        200,
        expect.stringMatching(/^Revoke |^Nothing is found/),
      ]);
    }
    expect([await jobs(), await isDisabled()]).toEqual([[], false]);
    expect(await nextCalls([alices, bobs])).toEqual([200, 200]);
  });

  test("an address that is somebody else's by now is shown again", async () => {
    const form = filledIn((await admin.post(path, await typed(ofUser("alice@example.com")))).text, path);
    const { alice, bob } = people as Record<"alice" | "bob", { email: string | null }>;
    const emails = [alice.email, bob.email];
    try {
      [alice.email, bob.email] = [null, "alice@example.com"];
      const reply = await admin.post(path, form);
      expect(reply.status).toBe(200);
      expect(wordsOf(reply.text)).toContain("user usr_bob");
      expect(await jobs()).toEqual([]);
    } finally {
      [alice.email = null, bob.email = null] = emails;
    }
  });
});

describe("a form that is sent twice", () => {
  test("starts one job, pressed at once, later, or from where the back button leads", async () => {
    const { token } = await linkedAgent(on);
    const first = await typed(ofProvider(on.idp.issuer));
    const second = filledIn((await admin.post(path, first)).text, path);
    expect(second.once).toEqual([first.once]);
    const presses = await Promise.all(Array.from({ length: 8 }, () => admin.post(path, second)));
    await on.auth.sweep();
    expect((await callApi(on, token)).status).toBe(401);
    presses.push(await admin.post(path, second), await admin.post(path, first));
    const [job, ...others] = await jobs();
    expect(others).toEqual([]);
    const places = presses.map(({ status, headers }) => `${status} ${headers.location?.split("?")[0]}`);
    expect([...new Set(places)]).toEqual([`303 ${on.mount}/jobs/${job?.id}`]);
    expect(job).toMatchObject({ changed: 1 });
  });

  test("has a key of its own even when the first one was made by hand", async () => {
    const second = filledIn((await admin.post(path, ofAll)).text, path);
    expect(second.once?.[0]).toMatch(/^[\w-]{16}$/);
    await Promise.all([1, 2, 3].map(() => admin.post(path, second)));
    expect(await jobs()).toHaveLength(1);
  });
});
