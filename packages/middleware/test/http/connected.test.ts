/** `/agent/connected` of somebody signed in at the host: exactly their own agents, and Revoke, which is the one teardown. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { csrfToken } from "../../src/http/page-security.js";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { asked, expectPage, problemOf } from "../support/claim-visit.js";
import {
  approved,
  changesNothing,
  type EventStage,
  type EventStageInput,
  eventStage,
  identify,
  steppedUp,
} from "../support/event-stage.js";
import { notice, pages, texts } from "../support/headings.js";
import { gatherAt, together } from "../support/mailbox.js";
import { expectForm, expectMovedTo, formsOf, PageBrowser } from "../support/page-browser.js";
import { complete, refresh, reveal } from "../support/read-back.js";
import { callApi, exchange, register, startClaim } from "../support/world.js";
import { tagsOf } from "../views/markup.js";

const secret = "a secret of the connected tests, thirty-two bytes or more";
const path = "/agent/connected";
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
let stage: EventStage;
let alice: PageBrowser;
const open = async ({ options, ...input }: EventStageInput = {}) => {
  stage = await eventStage({ ...input, options: { secrets: [secret], ...options } });
  alice = new PageBrowser(stage, "alice");
};
beforeEach(() => open());

/** An agent of this person, with its access token. */
const agentOf = async (person: "alice" | "bob", body: object = {}) =>
  approved(stage, await asked(stage, { login_hint: `${person}@example.com`, ...body }), person);
const quietly = (send: Parameters<typeof changesNothing>[1]) => changesNothing(stage, send);
const listed = (html: string) => formsOf(html).map(({ fields }) => fields.registration);
const formFor = async (id: string, browser = alice) => {
  const form = formsOf((await browser.get(path)).text).find(({ fields }) => fields.registration === id);
  if (form === undefined) throw new Error(`${id} is not on the page`);
  return form;
};
const revoke = async (id: string) => alice.submit(await formFor(id), { action: "revoke" });
const rowOf = async (id: string) => (await stage.rows("registrations")).find((row) => row.id === id);
const textsOf = (html: string) => tagsOf(html).map(({ text }) => text.trim());

describe("the list", () => {
  test("holds the person's own active and suspended agents, newest first, and no others", async () => {
    const active = await agentOf("alice", { client_name: "First" });
    stage.clock.advance(60);
    const suspended = await agentOf("alice", { client_name: "Second" });
    await stage.auth.suspendRegistration(suspended.id, operator);
    const bobs = await agentOf("bob", { client_name: "Bob's" });
    const revoked = await agentOf("alice", { client_name: "Gone" });
    await stage.auth.revokeRegistration(revoked.id, operator);
    const waiting = await asked(stage, { client_name: "Waiting" });
    const unclaimed = (await register.anonymous(stage, { client_name: "Nobody's" })).body;
    await startClaim(stage, unclaimed.claim_token);
    await reveal(stage, waiting);

    const page = await quietly(() => alice.get(path));
    expectForm(page, 200, pages.connected);
    expect(listed(page.text)).toEqual([suspended.id, active.id]);
    for (const name of ["Bob&#39;s", "Gone", "Waiting", "Nobody&#39;s"])
      expect(page.text).not.toContain(name);
    expect(listed((await new PageBrowser(stage, "bob").get(path)).text)).toEqual([bobs.id]);
    expect(textsOf(page.text).filter((text) => text === texts.connected.suspended)).toHaveLength(1);
    expect(page.text).toContain("<bdi>alice@example.com</bdi>");
  });

  test("names what is known of each: its provider from our list, its scopes in words, since when and when last", async () => {
    await approved(stage, await steppedUp(stage));
    const page = await alice.get(path);
    for (const words of [
      "Example AI",
      "Read your notes",
      "Write and delete your notes",
      "1 Jan 2026, 00:00 UTC",
    ])
      expect(page.text).toContain(words);
    expect(page.text).not.toContain("api.read");
    const off = await eventStage({
      options: { secrets: [secret], storage: stage.store, clock: stage.clock, trustedProviders: [] },
    });
    const { text } = await new PageBrowser(off, "alice").get(path);
    expect(text).toContain(stage.provider.trust.issuer.replaceAll("&", "&amp;"));
    expect(text).not.toContain("Example AI");
  });

  test("shows no scope the service does not grant any more", async () => {
    await agentOf("alice");
    const narrowed = await eventStage({
      options: { secrets: [secret], storage: stage.store, clock: stage.clock, postClaimScopes: ["api.read"] },
    });
    const { text } = await new PageBrowser(narrowed, "alice").get(path);
    expect(text).toContain("Read your notes");
    expect(text).not.toContain("Write and delete");
  });

  test.each([
    '<img src=x onerror="alert(1)">',
    '"><script>alert(1)</script>',
    "</li></ul><form action=//evil.example>",
  ])("shows a name as text: %s", async (client_name) => {
    await agentOf("alice", { client_name: "x" });
    const plain = tagsOf((await alice.get(path)).text).map(({ name }) => name);
    await revoke(String((await stage.rows("registrations"))[0]?.id));
    const { id } = await agentOf("alice", { client_name });
    const hostile = tagsOf((await alice.get(path)).text);
    expect(hostile.map(({ name }) => name)).toEqual(plain);
    expect(hostile.map(({ text }) => text)).toContain(client_name);
    const after = await alice.get((await revoke(id)).headers.location as string);
    expect(tagsOf(after.text).map(({ text }) => text)).toContain(client_name);
  });

  test("is complete however many agents were revoked since", async () => {
    const oldest = await agentOf("alice");
    const [row] = await stage.rows("registrations");
    const template = await stage.store.findRegistration(String(row?.id));
    if (template === null) throw new Error("no registration");
    for (let index = 0; index < 450; index += 1)
      await stage.store.createRegistration({
        registration: {
          ...template,
          id: `reg_${index}`,
          claimTokenHash: null,
          createdAt: template.createdAt + 1 + index,
          revokedAt: template.createdAt + 2 + index,
          revokedBy: "user",
          revokedReason: "user_request",
        },
        attempt: null,
        audit: [],
      });
    expect(listed((await alice.get(path)).text)).toEqual([oldest.id]);
  });

  test("is empty for somebody without agents, and says how one gets there", async () => {
    const page = await quietly(() => alice.get(path));
    expectPage(page, 200, pages.connected);
    expect(page.text).toContain(texts.connected.empty);
  });
});

describe("Revoke", () => {
  test("ends the agent at once: the next call, exchange, refresh and ID-JAG are refused", async () => {
    const waiting = await steppedUp(stage);
    const { body } = await complete(stage, waiting.claimToken, await reveal(stage, waiting));
    const { access_token: token } = (await exchange(stage, body.identity_assertion)).body;
    expect((await callApi(stage, token)).status).toBe(200);
    const idJag = stage.provider.idJag();
    const answer = await revoke(waiting.id);
    expectMovedTo(answer, `${path}?revoked=${waiting.id}`);
    const page = await quietly(() => alice.get(String(answer.headers.location)));
    expectPage(page, 200, pages.connected);
    expect(page.text).toContain('role="status"');
    expect((await callApi(stage, token)).status).toBe(401);
    expect((await exchange(stage, body.identity_assertion)).body.error).toBe("invalid_grant");
    expect((await refresh(stage, body.identity.refresh_token.value)).status).not.toBe(200);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null }]);
    expect((await identify(stage, idJag)).body.error).toBe("assertion_revoked");
    stage.clock.advance(1);
    expect((await identify(stage, stage.provider.idJag())).body.error).toBe("interaction_required");
    expect(await stage.audit("registration.revoked")).toMatchObject([
      { actor_kind: "user", actor_id: "usr_alice", registration_id: waiting.id, ip: "127.0.0.1" },
    ]);
    expect(await stage.audit("delegation.deleted")).toHaveLength(1);
  });

  test("ends a suspended agent for good, and leaves the others alone", async () => {
    const [first, second] = [await agentOf("alice"), await agentOf("alice")];
    const bobs = await agentOf("bob");
    await stage.auth.suspendRegistration(first.id, operator);
    await revoke(first.id);
    await stage.auth.resumeRegistration(first.id, operator);
    const statuses = await Promise.all(
      [first, second, bobs].map(({ accessToken }) => callApi(stage, accessToken)),
    );
    expect(statuses.map(({ status }) => status)).toEqual([401, 200, 200]);
    expect(listed((await alice.get(path)).text)).toEqual([second.id]);
  });

  test("pressed twenty times at once is one revocation, and each answer is the same", async () => {
    const { id } = await agentOf("alice");
    const form = await formFor(id);
    gatherAt(stage, "endRegistration", 20);
    for (const answer of await together(20, () => alice.submit(form, { action: "revoke" })))
      expectMovedTo(answer, `${path}?revoked=${id}`);
    expect(await stage.audit("registration.revoked")).toHaveLength(1);
    await quietly(() => alice.submit(form, { action: "revoke" }));
  });

  test("is for one's own agents: nobody else's id changes anything or tells whether it exists", async () => {
    const { id } = await agentOf("alice");
    const bobs = await agentOf("bob");
    const unclaimed = (await register.anonymous(stage)).body.id;
    const waiting = await asked(stage);
    const [{ key }] = deriveKeys([secret], "page-csrf");
    const expires = stage.clock.now() + 600;
    const answers = [];
    for (const registration of [
      bobs.id,
      unclaimed,
      waiting.id,
      "reg_unknown",
      "",
      "x".repeat(60_000),
      "\u0000",
    ]) {
      // A token that is good for this person and this id, which no page of ours would hold.
      const csrf = csrfToken(
        key,
        { action: "revoke_agent", person: "usr_alice", about: registration },
        expires,
      );
      const forge = (fields: object) =>
        quietly(() =>
          alice.submit({ target: path, fields: { registration, action: "revoke", csrf } }, { ...fields }),
        );
      answers.push(await forge({}));
      expect((await forge({ csrf: "x" })).status).toBe(403);
      const looks = () =>
        alice.get(`${path}?${new URLSearchParams({ revoked: registration.slice(0, 9000) })}`);
      expect((await quietly(looks)).text).not.toContain('role="status"');
    }
    for (const answer of answers) expectMovedTo(answer, path);
    expect(await rowOf(bobs.id)).toMatchObject({ revoked_at: null });
    expect(listed((await alice.get(path)).text)).toEqual([id]);
  });

  test("needs our form: another agent's, another person's, too old, doubled, or another site's", async () => {
    const [one, two, bobs] = [await agentOf("alice"), await agentOf("alice"), await agentOf("bob")];
    const form = await formFor(one.id);
    const [{ key }] = deriveKeys([secret], "page-csrf");
    const token = (expiresIn: number, person = "usr_alice") =>
      csrfToken(key, { action: "revoke_agent", person, about: one.id }, stage.clock.now() + expiresIn);
    expect(form.fields.csrf).toBe(token(3600));
    const bobsForm = await formFor(bobs.id, new PageBrowser(stage, "bob"));
    for (const csrf of [
      null,
      "",
      (await formFor(two.id)).fields.csrf as string,
      bobsForm.fields.csrf as string,
      token(0),
      token(3600, "usr_bob"),
      [token(3600), token(3600)],
    ]) {
      const answer = await quietly(() => alice.submit(form, { action: "revoke", csrf }));
      expectForm(answer, 403, pages.connected);
      expect(problemOf(answer.text)).toBe(texts.problems.staleForm);
    }
    for (const headers of [
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
      { "Sec-Fetch-Site": "" },
    ])
      expectPage(
        await quietly(() => alice.submit(form, { action: "revoke" }, headers)),
        403,
        notice("cross_site"),
      );
    const doubled = () => alice.submit(form, { action: "revoke", registration: [one.id, two.id] });
    expect((await quietly(doubled)).status).toBe(403);
    for (const action of [null, "", "Revoke", ["revoke", "revoke"], ["revoke", "open"]])
      expectPage(await quietly(() => alice.submit(form, { action })), 400, notice("bad_request"));
    const asBob = () => new PageBrowser(stage, "bob").submit(form, { action: "revoke" });
    expect((await quietly(asBob)).status).toBe(403);
    expect((await callApi(stage, one.accessToken)).status).toBe(200);
  });
});
