/** `scope` and `resource` at the token endpoint: narrowing only, and for our resource only (TOK-13, TOK-22, RSI). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  callApi,
  claimedByAlice,
  exchange,
  jwtBearerGrant,
  type Response,
  register,
} from "../support/world.js";
import { expectOauthRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
let assertion: string;
beforeEach(async () => {
  stage = await observedWorld();
  assertion = (await register.anonymous(stage)).body.identity_assertion;
});
afterEach(() => stage.close());

const post = (body: string) =>
  stage.agent.post("/oauth2/token").set("Content-Type", "application/x-www-form-urlencoded").send(body);
const form = () => new URLSearchParams({ grant_type: jwtBearerGrant, assertion }).toString();

/** Refused as told, nothing stored, and the same assertion still works (RSI-09). */
async function expectRefused(send: () => PromiseLike<Response>, error: string): Promise<void> {
  const before = await stage.snapshot();
  expectOauthRefusal(await send(), error);
  expect(await stage.snapshot()).toEqual(before);
  expect((await exchange(stage, assertion)).status).toBe(200);
}

describe("scope", () => {
  beforeEach(async () => {
    assertion = (await claimedByAlice(stage)).body.identity_assertion;
  });
  const write = (token: string) => stage.agent.post("/api/notes").set("Authorization", `Bearer ${token}`);

  test.each<[string, string, string]>([
    ["left out", "", "api.read api.write"],
    ["narrowed", "scope=api.read", "api.read"],
    ["in another order", "scope=api.write+api.read", "api.write api.read"],
    ["with both spellings of a space (TOK-10)", "scope=api.read%20api.write", "api.read api.write"],
    ["with runs of spaces", "scope=++api.read+++api.write+", "api.read api.write"],
    ["with doubles", "scope=api.read+api.read", "api.read"],
    ["empty, which counts as left out", "scope=", "api.read api.write"],
  ])("may be %s, and the answer says what was granted (TOK-13)", async (_what, parameter, granted) => {
    const { status, body } = await post(`${form()}&${parameter}`);
    expect({ status, scope: body.scope }).toEqual({ status: 200, scope: granted });
    const read = await callApi(stage, body.access_token);
    expect(read.body.agent.scopes).toEqual(granted.split(" "));
    expect((await write(body.access_token)).status).toBe(granted.includes("api.write") ? 201 : 403);
  });

  test.each([
    ["an unknown one", "scope=api.admin"],
    ["a granted and an unknown one", "scope=api.read+api.admin"],
    ["a tab between two", "scope=api.read%09api.write"],
    ["a line break", "scope=api.read%0Aapi.write"],
    ["a comma between two", "scope=api.read,api.write"],
    ["one in capitals", "scope=API.READ"],
    ["only space", "scope=+"],
    ["quotes", "scope=%22api.read%22"],
    ["a wildcard", "scope=*"],
  ])("may not be %s (TOK-22)", async (_what, parameter) => {
    await expectRefused(() => post(`${form()}&${parameter}`), "invalid_scope");
  });

  test("never reaches beyond what the person left ticked (JBG-13)", async () => {
    assertion = (await claimedByAlice(stage, ["api.read"])).body.identity_assertion;
    expect((await exchange(stage, assertion)).body.scope).toBe("api.read");
    await expectRefused(() => exchange(stage, assertion, { scope: "api.write" }), "invalid_scope");
  });

  test("never reaches beyond the pre-claim scopes before the claim", async () => {
    assertion = (await register.anonymous(stage)).body.identity_assertion;
    await expectRefused(() => exchange(stage, assertion, { scope: "api.read api.write" }), "invalid_scope");
  });
});

describe("resource", () => {
  const resource = (value: string) => `resource=${encodeURIComponent(value)}`;

  test.each<[string, string]>([
    ["left out (RSI-06)", ""],
    ["ours (RSI-03)", resource("https://notes.example")],
    ["ours with the root slash clients add (RSI-07)", resource("https://notes.example/")],
    ["ours, several times (RSI-04)", [1, 2, 3].map(() => resource("https://notes.example")).join("&")],
  ])("may be %s", async (_what, parameter) => {
    const { status, body } = await post(`${form()}&${parameter}`);
    expect(status).toBe(200);
    expect((await callApi(stage, body.access_token)).body.agent.resource).toBe("https://notes.example");
  });

  test.each<[string, string]>([
    ["relative (RSI-01)", resource("/api")],
    ["no URI (RSI-01)", resource("notes")],
    ["ours with a fragment (RSI-01)", resource("https://notes.example#x")],
    ["somebody else's (RSI-02)", resource("https://other.example")],
    ["ours with a path", resource("https://notes.example/api")],
    ["ours with a query", resource("https://notes.example/?a")],
    ["ours with two slashes", resource("https://notes.example//")],
    ["ours without https", resource("http://notes.example")],
    ["ours in capitals", resource("https://NOTES.example")],
    ["ours with the port", resource("https://notes.example:443")],
    [
      "ours and somebody else's (RSI-04)",
      `${resource("https://notes.example")}&${resource("https://b.example")}`,
    ],
    [
      "somebody else's and ours (RSI-04)",
      `${resource("https://b.example")}&${resource("https://notes.example")}`,
    ],
  ])("may not be %s", async (_what, parameter) => {
    await expectRefused(() => post(`${form()}&${parameter}`), "invalid_target");
  });

  test("of a path is compared character by character", async () => {
    await stage.close();
    stage = await observedWorld({ options: { resource: "https://notes.example/api" } });
    assertion = (await register.anonymous(stage)).body.identity_assertion;
    const { body } = await post(`${form()}&${resource("https://notes.example/api")}`);
    expect((await callApi(stage, body.access_token)).body.agent.resource).toBe("https://notes.example/api");
    for (const other of ["https://notes.example/api/", "https://notes.example", "https://notes.example/ap"])
      await expectRefused(() => post(`${form()}&${resource(other)}`), "invalid_target");
  });
});
