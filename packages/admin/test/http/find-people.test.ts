/** How people are found by whoever looks for their agents: by address where the host can, by an id whatever it looks like. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { testDatabase } from "../../../middleware/test/support/database.js";
import { filledIn, problemsIn, wordsOf } from "../support/form.js";
import { linkedAgent, type ProviderStage, providerStage } from "../support/provider.js";
import { callApi, claimedAgent, people, Visitor } from "../support/stage.js";

const reason = "An account was taken over";
let on: ProviderStage;
let admin: Visitor;
afterEach(async () => {
  await on.close();
  expect(on.failures).toEqual([]);
});

const accounts = (own: object = {}) => ({
  currentUser: (request: { get(name: string): string | undefined }) =>
    users[request.get("x-test-person") ?? ""] ?? null,
  loginUrl: () => "/login",
  findById: (id: string) => Object.values(users).find((person) => person.id === id) ?? null,
  ...own,
});
let users = people;
const findByEmail = (email: string) => Object.values(users).find((person) => person.email === email) ?? null;

async function open(own: object, options: object = {}) {
  on = await providerStage({ options: { accounts: accounts(own), ...options } });
  admin = new Visitor(on, "admin");
}
const incident = (who: string) =>
  admin.post("/incident", { reach: "user", user_who: who, user_reason: reason, user_typed: who });
const search = async (text: string) => admin.get(`/registrations?q=${encodeURIComponent(text)}`);

describe("a host that finds nobody by address", () => {
  test("is said to be one, in place of saying that nobody has that address", async () => {
    await open({});
    expect(on.auth.admin.canFindByEmail).toBe(false);
    const { token } = await claimedAgent(on, "alice");
    const told = await incident("alice@example.com");
    expect(told.status).toBe(422);
    expect(problemsIn(told.text).user_who).toContain(
      "This service was not set up to find people by e-mail, and no user with that id has an agent or a link.",
    );
    expect(await on.auth.admin.listJobs()).toEqual([]);
    const found = await search("alice@example.com");
    expect(found.status).toBe(200);
    expect(wordsOf(found.text)).toContain(
      "This service was not set up to find people by e-mail. Enter the id of the user, with user: in front of it.",
    );
    for (const { text } of [told, found]) expect(text).not.toContain("has verified");
    expect((await callApi(on, token)).status).toBe(200);
  });

  test("is offered no address to type", async () => {
    await open({});
    const pages = [
      await admin.get("/incident"),
      await search(""),
      await admin.get("/registrations?name=nobody"),
    ];
    for (const { text } of pages) expect(text).not.toMatch(/user’s e-mail|verified e-mail|an e-mail address/);
    expect(wordsOf(pages[0]?.text ?? "")).toContain("This service was not set up to find people by e-mail.");
    expect(pages[1]?.text).toContain('placeholder="Id, user: and a user id, name, issuer or IP"');
  });

  test("stops the agents of a user by id", async () => {
    await open({});
    const { token } = await claimedAgent(on, "alice");
    const shown = await incident("usr_alice");
    expect((await admin.post("/incident", filledIn(shown.text, "/incident"))).status).toBe(303);
    await on.auth.sweep();
    expect((await callApi(on, token)).status).toBe(401);
  });
});

describe("a host that finds people by address", () => {
  test("offers it, and says when nobody has it and how to look for an id", async () => {
    await open({ findByEmail });
    expect(on.auth.admin.canFindByEmail).toBe(true);
    expect(wordsOf((await admin.get("/incident")).text)).toContain("User id or verified e-mail address");
    expect((await search("")).text).toContain("Id, user’s e-mail, name, issuer or IP");
    expect(wordsOf((await search("nobody@example.com")).text)).toContain(
      "No user of this service has verified that e-mail address. If it is the id of a user, put user: in front of it.",
    );
    const told = await incident("nobody@example.com");
    expect(told.status).toBe(422);
    expect(problemsIn(told.text).user_who).toContain("No user of this service has verified that address");
    expect(await on.auth.admin.listJobs()).toEqual([]);
  });
});

describe.each([
  ["that finds people by address", { findByEmail }],
  ["that does not", {}],
])("a host whose ids look like addresses, %s", (_what, own) => {
  /** Known by an id that is no address anybody has verified. */
  const id = "alice@corp.example";
  const asStored = people;
  afterEach(() => {
    users = asStored;
  });

  test("has a user of that id stopped once they have an agent", async () => {
    users = { ...people, alice: { ...people.alice, id } as (typeof people)[string] };
    await open(own);
    expect((await incident(id)).status).toBe(422);
    const agent = await claimedAgent(on, "alice");
    const bobs = await claimedAgent(on, "bob");
    const shown = await incident(id);
    expect(shown.status).toBe(200);
    expect(wordsOf(shown.text)).toContain(`User${id}`);
    expect((await admin.post("/incident", filledIn(shown.text, "/incident"))).status).toBe(303);
    await on.auth.sweep();
    expect((await callApi(on, agent.token)).status).toBe(401);
    expect((await callApi(on, bobs.token)).status).toBe(200);
    expect((await on.auth.admin.listJobs())[0]).toMatchObject({ filter: { userId: id }, changed: 1 });
  });

  test("finds their agents in the search as `user:` and the id", async () => {
    users = { ...people, alice: { ...people.alice, id } as (typeof people)[string] };
    await open(own);
    await claimedAgent(on, "alice", "Hers");
    const reply = await search(`user:${id}`);
    expect(reply.headers.location).toBe(`${on.mount}/registrations?user=${encodeURIComponent(id)}`);
    expect(wordsOf((await admin.get(`/registrations?user=${encodeURIComponent(id)}`)).text)).toContain(
      "Hers",
    );
  });
});

test("an id that looks like an address is one when all there is of the user is a link", async () => {
  const database = await testDatabase();
  await open({ findByEmail }, { storage: database.storage });
  await linkedAgent(on);
  const id = "carol@corp.example";
  expect((await incident(id)).status).toBe(422);
  await database.run("UPDATE delegations SET user_id = ?", [id]);
  const shown = await incident(id);
  expect(shown.status).toBe(200);
  expect(wordsOf(shown.text)).toContain(`Nothing is found for user ${id}`);
  expect((await admin.post("/incident", filledIn(shown.text, "/incident"))).status).toBe(303);
  await on.auth.sweep();
  expect((await on.auth.admin.listJobs())[0]).toMatchObject({ filter: { userId: id }, unlinked: 1 });
  await on.auth.close();
  await database.destroy();
});
