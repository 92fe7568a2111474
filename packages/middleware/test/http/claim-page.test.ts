/** The gates of `GET /agent/claim`, in their order (PROTOCOL section 4.3; WEB-01 to WEB-20, CLM-23, CLM-26). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  type Asked,
  accountsWith,
  asked,
  askedAgain,
  expectPage,
  expectRedirect,
  guessWrong,
  lockForGood,
  loginUrlOf,
  reviewHeading,
} from "../support/claim-visit.js";
import { ownDatabase } from "../support/stages.js";
import {
  issuer,
  openPage,
  type Person,
  pathOf,
  personHeader,
  startClaim,
  submitPage,
  type WorldOptions,
  world,
} from "../support/world.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
let visit: Asked;
/** How often the host was asked who is signed in, or where people sign in. */
let hostAsked: number;

async function open(options: WorldOptions["options"] = {}): Promise<void> {
  await stage?.close();
  const hooks = accountsWith({});
  hostAsked = 0;
  const currentUser: typeof hooks.currentUser = (request) => {
    hostAsked += 1;
    return hooks.currentUser?.(request) ?? null;
  };
  stage = await observedWorld({ options: { accounts: { ...hooks, currentUser }, ...options } });
  visit = await asked(stage);
}
beforeEach(() => open());
afterEach(() => stage.close());

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const authorize = (which = visit) =>
  submitPage(stage, which.uri, "alice", { userCode: which.userCode }).then((response) =>
    expect(response.status).toBe(303),
  );
const deny = () => submitPage(stage, visit.uri, "alice", { action: "deny" });
const revoke = () => stage.auth.revokeRegistration(visit.id, operator);
const suspend = () => stage.auth.suspendRegistration(visit.id, operator);
const replace = () => startClaim(stage, visit.claimToken);
const expire = () => stage.clock.advance(600);
const guessOut = () => guessWrong(stage, visit, 5);
const lock = async () => {
  visit = await lockForGood(stage, visit);
};

const everybody: (Person | null)[] = [null, "alice", "bob", "unverified"];

/** Whoever comes, by GET or HEAD, gets this notice, the host is not asked, and nothing changes. */
async function expectDeadLink(status: number, heading: string, path = pathOf(visit.uri)): Promise<void> {
  const before = await stage.snapshot();
  hostAsked = 0;
  for (const person of everybody) {
    const from = person === null ? {} : { [personHeader]: person };
    const page = await stage.agent.get(path).set(from);
    expectPage(page, status, heading);
    expect(page.text).not.toContain(visit.attemptToken);
    expect(page.text).not.toContain("alice@example.com");
    const head = await stage.agent.head(path).set(from);
    expect([head.status, head.text]).toEqual([status, undefined]);
    const { date: _date, "x-request-id": _id, ...same } = page.headers;
    expect(head.headers).toMatchObject(same);
  }
  expect(hostAsked).toBe(0);
  expect(await stage.snapshot()).toEqual(before);
}

describe("a link that is not known", () => {
  const at = (query: string) => `/agent/claim${query}`;
  const token = () => `claim_attempt_token=${visit.attemptToken}`;

  test.each<[string, () => string]>([
    ["without a token", () => ""],
    ["with an empty token", () => "?claim_attempt_token="],
    ["with noise", () => "?claim_attempt_token=noise"],
    ["with a token of the right form", () => `?claim_attempt_token=cat_${"A".repeat(39)}`],
    ["with one letter changed", () => `?${token().slice(0, -1)}${token().endsWith("0") ? "1" : "0"}`],
    ["cut short", () => `?${token().slice(0, -1)}`],
    ["with a letter too many", () => `?${token()}x`],
    ["with the token twice", () => `?${token()}&${token()}`],
    ["with the token behind a wrong one", () => `?claim_attempt_token=x&${token()}`],
    ["with the token before an empty one", () => `?${token()}&claim_attempt_token=`],
    ["with a list", () => `?claim_attempt_token[]=${visit.attemptToken}`],
    ["with another name", () => `?token=${visit.attemptToken}`],
    ["with the claim_token", () => `?claim_attempt_token=${visit.claimToken}`],
    ["with markup, which is not repeated", () => "?claim_attempt_token=%3Cscript%3Ealert(1)%3C/script%3E"],
    ["with broken encoding", () => "?claim_attempt_token=%E0%A4%A"],
    ["with ten kilobytes", () => `?claim_attempt_token=${"a".repeat(10_000)}`],
  ])("is answered 404: %s", async (_what, query) => {
    await expectDeadLink(404, "This link does not work", at(query()));
  });

  test("is the claim page's own 404 only: longer paths are the host's", async () => {
    const response = await stage.agent.get(`/agent/claim/more?${token()}`).set(personHeader, "alice");
    expect(response.status).toBe(404);
    expect(response.text).not.toContain("This link does not work");
  });
});

describe("a link that is over", () => {
  test("says so when the claim is done, to everybody", async () => {
    await authorize();
    await expectDeadLink(200, "Your agent is connected");
  });

  test("says so when the claim is done, also where a newer attempt was the one", async () => {
    await authorize(await askedAgain(stage, visit));
    await expectDeadLink(200, "Your agent is connected");
  });

  test.each<[string, number, string, () => unknown]>([
    ["denied", 200, "Request denied", deny],
    ["locked", 410, "This request is locked", lock],
    ["expired", 410, "This link has expired", expire],
    ["guessed out", 410, "Too many wrong codes", guessOut],
    ["replaced", 410, "There is a newer request", replace],
    ["revoked", 410, "This agent’s access has ended", revoke],
    ["suspended", 403, "This agent is suspended", suspend],
  ])("is told without asking anybody to sign in: %s", async (_what, status, heading, end) => {
    await end();
    await expectDeadLink(status, heading);
  });

  test("expires in the exact second, and not one before", async () => {
    stage.clock.advance(599);
    expectPage(await openPage(stage, visit.uri, "alice"), 200, reviewHeading);
    stage.clock.advance(1);
    await expectDeadLink(410, "This link has expired");
  });

  test("expires with the claim window, if that closes first", async () => {
    await open({ lifetimes: { claimWindowSeconds: 300 } });
    stage.clock.advance(299);
    expectPage(await openPage(stage, visit.uri, "alice"), 200, reviewHeading);
    stage.clock.advance(1);
    await expectDeadLink(410, "This link has expired");
  });

  test("works again once a suspended registration is resumed", async () => {
    await suspend();
    await stage.auth.resumeRegistration(visit.id, operator);
    expectPage(await openPage(stage, visit.uri, "alice"), 200, reviewHeading);
  });

  test.each<[string, number, string, (() => unknown)[]]>([
    ["claimed before expired", 200, "Your agent is connected", [authorize, expire]],
    ["revoked before claimed", 410, "This agent’s access has ended", [authorize, revoke]],
    ["suspended before claimed", 403, "This agent is suspended", [authorize, suspend]],
    ["revoked before suspended", 410, "This agent’s access has ended", [suspend, revoke]],
    ["revoked before denied", 410, "This agent’s access has ended", [deny, revoke]],
    ["suspended before locked", 403, "This agent is suspended", [lock, suspend]],
    ["suspended before expired", 403, "This agent is suspended", [suspend, expire]],
    ["denied before expired", 200, "Request denied", [deny, expire]],
    ["locked before expired", 410, "This request is locked", [lock, expire]],
    ["replaced before expired", 410, "There is a newer request", [replace, expire]],
    ["replaced before guessed out", 410, "There is a newer request", [guessOut, replace]],
    ["guessed out before expired", 410, "Too many wrong codes", [guessOut, expire]],
  ])("keeps to the order: %s", async (_what, status, heading, ends) => {
    for (const end of ends) await end();
    await expectDeadLink(status, heading);
  });
});

describe("somebody who is not signed in", () => {
  test("is sent to the host's login, and back by a path of this origin (WEB-13)", async () => {
    const before = await stage.snapshot();
    const response = await openPage(stage, visit.uri, null);
    expectRedirect(response, 302, loginUrlOf(visit));
    const returnTo = new URL(response.headers.location as string, issuer).searchParams.get("return_to");
    expect(returnTo).toMatch(/^\/agent\/claim\?claim_attempt_token=cat_[\w-]+$/);
    expect(new URL(returnTo as string, issuer).href).toBe(visit.uri);
    expect(await stage.snapshot()).toEqual(before);
  });

  test("is sent back to the link only, whatever else was in it or in the headers", async () => {
    const before = await stage.snapshot();
    const response = await stage.agent
      .get(`${pathOf(visit.uri)}&return_to=//evil.example&user_code=${visit.userCode}`)
      .set({ Host: "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http" });
    expectRedirect(response, 302, loginUrlOf(visit));
    expect(await stage.snapshot()).toEqual(before);
  });

  test("is sent there by HEAD too", async () => {
    const response = await stage.agent.head(pathOf(visit.uri));
    expect([response.status, response.headers.location]).toEqual([302, loginUrlOf(visit)]);
  });
});

describe("a method that is not offered", () => {
  test.each(["put", "patch", "delete", "options"] as const)("is refused: %s", async (method) => {
    const before = await stage.snapshot();
    const response = await stage.agent[method](pathOf(visit.uri)).set(personHeader, "alice");
    expectPage(response, 405, "We could not read this request");
    expect(response.headers.allow).toBe("GET, HEAD, POST");
    expect(await stage.snapshot()).toEqual(before);
  });
});

describe("a failure", () => {
  test.each<[string, () => never | Promise<never>]>([
    [
      "thrown",
      () => {
        throw new Error("session of alice@example.com lost");
      },
    ],
    ["rejected", () => Promise.reject(new Error("session of alice@example.com lost"))],
  ])("of the host's hook is a page with an id to mention and no detail: %s", async (_what, currentUser) => {
    await open({ accounts: accountsWith({ currentUser }) });
    const before = await stage.snapshot();
    const response = await openPage(stage, visit.uri, "alice");
    expectPage(response, 500, "Something went wrong on our side");
    const [requestId] = /req_[0-9a-f]+/.exec(response.text) ?? [];
    expect(stage.logs.filter(({ level }) => level === "error")).toEqual([
      expect.objectContaining({ fields: expect.objectContaining({ requestId, route: "claimPage" }) }),
    ]);
    expect(response.text).not.toMatch(/session|lost|alice/);
    expect(await stage.snapshot()).toEqual(before);
  });

  test("of the database is a page that says when to come back", async () => {
    const { store } = (await ownDatabase()).open();
    const broken = await world({ options: { storage: store } });
    const { uri } = await asked(broken);
    await store.close();
    const response = await openPage(broken, uri, "alice");
    expectPage(response, 503, "Not available right now");
    expect(response.headers["retry-after"]).toBe("2");
    await broken.close();
  });
});

describe("a service without https", () => {
  test("sends the same headers but Strict-Transport-Security (WEB-14)", async () => {
    await open({ issuer: "http://localhost:3000" });
    expectPage(await openPage(stage, visit.uri, "alice"), 200, reviewHeading, false);
    expectPage(await stage.agent.get("/agent/claim"), 404, "This link does not work", false);
  });
});
