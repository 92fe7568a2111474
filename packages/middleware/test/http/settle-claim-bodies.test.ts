/** Bodies of `POST /agent/claim` that are no form of ours, and too many of them: always a page, never a failure. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Asked, asked, expectPage, expectRedirect, openForm } from "../support/claim-visit.js";
import { openPage, pathOf, personHeader, type WorldOptions } from "../support/world.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
let visit: Asked;
let good: string;

async function open(options: WorldOptions["options"] = {}): Promise<void> {
  await stage?.close();
  stage = await observedWorld({ options });
  stage.app.set("trust proxy", true);
  visit = await asked(stage);
  const { hidden } = await openForm(stage, visit);
  const fields = { ...hidden, action: "authorize", user_code: visit.userCode, scope: "api.read" };
  good = new URLSearchParams(fields).toString();
}
beforeEach(() => open());
afterEach(() => stage.close());

const form = "application/x-www-form-urlencoded";
const send = (body: string | Buffer, headers: Record<string, string> = {}) => {
  const request = stage.agent
    .post("/agent/claim")
    .set({ [personHeader]: "alice", "Content-Type": form, ...headers });
  // A Buffer is sent as it is, whatever the type says.
  return request.serialize((bytes) => bytes).send(Buffer.from(body) as unknown as string);
};

/** A page with this status, and the form that is good still works. */
async function expectUnread(status: number, body: string | Buffer, headers: Record<string, string> = {}) {
  const before = await stage.snapshot();
  const response = await send(body, headers);
  expectPage(response, status, "We could not read this request");
  expect(await stage.snapshot()).toEqual(before);
  expectRedirect(await send(good), 303, pathOf(visit.uri));
}

describe("a body", () => {
  test.each<[string, string]>([
    ["JSON", "application/json"],
    ["text", "text/plain"],
    ["parts", "multipart/form-data; boundary=x"],
    ["a form in UTF-16", `${form}; charset=utf-16`],
    ["a form in Latin 1", `${form}; charset=iso-8859-1`],
    ["nothing", ""],
    ["a broken type", ";;;"],
    ["two types", `${form}, text/plain`],
  ])("of the wrong type is a 415 page: %s", async (_what, type) => {
    await expectUnread(415, good, { "Content-Type": type });
  });

  test.each(["gzip", "br", "x-unknown"])("that is encoded is a 415 page: %s", async (encoding) => {
    await expectUnread(415, good, { "Content-Encoding": encoding });
  });

  test("over 64 KiB is a 413 page", async () => {
    await expectUnread(413, `${good}&padding=${"x".repeat(65_536)}`);
  });

  test.each<[string, () => string | Buffer]>([
    ["half an escape", () => `${good}&x=%`],
    ["no escape", () => `${good}&x=%zz`],
    ["an escape that is no UTF-8", () => `${good}&x=%ff%fe`],
    ["bytes that are no UTF-8", () => Buffer.concat([Buffer.from(`${good}&x=`), Buffer.from([0xff, 0xfe])])],
    ["hundreds of fields", () => good + "&x=1".repeat(300)],
    ["nothing at all", () => ""],
    ["no action", () => good.replace("action=authorize", "x=1")],
    ["an empty action", () => good.replace("action=authorize", "action=")],
    ["an action nobody knows", () => good.replace("action=authorize", "action=Authorize")],
    ["both actions", () => `${good}&action=deny`],
    ["one action twice", () => `${good}&action=authorize`],
    ["JSON under the name of a form", () => JSON.stringify({ action: "authorize" })],
    ["the action in a list", () => good.replace("action=", "action[]=")],
  ])("that is no form of ours is a 400 page: %s", async (_what, body) => {
    await expectUnread(400, body());
  });

  test.each<[string, () => string]>([
    ["without a link", () => good.replace(/claim_attempt_token=[^&]*/, "x=1")],
    ["with two links", () => `${good}&claim_attempt_token=${visit.attemptToken}`],
    ["with another kind of token", () => good.replace(visit.attemptToken, visit.claimToken)],
  ])("is a 404 page: %s", async (_what, body) => {
    const before = await stage.snapshot();
    expectPage(await send(body()), 404, "This link does not work");
    expect(await stage.snapshot()).toEqual(before);
  });

  test("may have its link in the address as well, which does not count", async () => {
    const before = await stage.snapshot();
    const response = await stage.agent
      .post(pathOf(visit.uri))
      .set(personHeader, "alice")
      .type("form")
      .send(good.replace(/claim_attempt_token=[^&]*&?/, ""));
    expectPage(response, 404, "This link does not work");
    expect(await stage.snapshot()).toEqual(before);
  });

  test("in UTF-8, said in capitals, is fine", async () => {
    const response = await send(good, { "Content-Type": "Application/X-WWW-Form-URLEncoded; charset=UTF-8" });
    expectRedirect(response, 303, pathOf(visit.uri));
  });
});

describe("too many codes from one address", () => {
  test("are a 429 page that says when to come back; Deny and other addresses go on", async () => {
    await open({ limits: { claimPagePerIpPerHour: 2 } });
    const from = (ip: string) => ({ "X-Forwarded-For": ip });
    const malformed = good.replace(/user_code=\d+/, "user_code=1");
    for (let time = 0; time < 2; time += 1)
      expect((await send(malformed, from("192.0.2.1"))).status).toBe(400);
    const before = await stage.snapshot();
    const response = await send(good, from("192.0.2.1"));
    expectPage(response, 429, "Too many requests");
    const seconds = Number(response.headers["retry-after"]);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(3600);
    expect(response.headers["ratelimit-policy"]).toBe('"claim-page-ip";q=2;w=3600');
    expect(response.headers.ratelimit).toBe(`"claim-page-ip";r=0;t=${seconds}`);
    expect(response.text).toMatch(/Wait <bdi>about (1 hour|\d+ minutes)<\/bdi>/);
    expect(await stage.snapshot()).toEqual(before);

    expect((await openPage(stage, visit.uri, "alice").set(from("192.0.2.1"))).status).toBe(200);
    const other = await asked(stage);
    const deny = await openForm(stage, other);
    expect((await deny({ action: "deny", headers: from("192.0.2.1") })).status).toBe(303);
    expectRedirect(await send(good, from("192.0.2.2")), 303, pathOf(visit.uri));
  });

  test("are not counted for posts from other sites or with a forged token", async () => {
    await open({ limits: { claimPagePerIpPerHour: 1 } });
    for (let time = 0; time < 5; time += 1) {
      expect((await send(good, { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
      expect((await send(good.replace("csrf=", "csrf=x"))).status).toBe(403);
    }
    expectRedirect(await send(good), 303, pathOf(visit.uri));
  });
});
