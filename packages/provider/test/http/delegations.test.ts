/** `/consent`, `/delegations`, and the events that *Revoke* sends. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { type Receiver, receiver } from "../support/receiver.js";
import {
  decide,
  exchange,
  issuer,
  service,
  signIn,
  submit,
  verified,
  type World,
  world,
} from "../support/world.js";

const revokedType = "https://schemas.workos.com/events/agent/auth/identity/assertion/revoked";

let stage: World;
let notes: Receiver;
beforeEach(async () => {
  notes = await receiver();
  stage = await world({ dangerouslyAllowPrivateNetwork: true });
});
afterEach(async () => {
  await stage.close();
  await notes.close();
});

const revokeOnPage = (audience: string) => submit(stage, "/delegations", "/delegations/revoke", { audience });
const page = async () => (await stage.browser.get("/delegations")).text.replace(/\s+/g, " ");

describe("GET /consent", () => {
  test("asks who is not signed in to sign in first, and comes back", async () => {
    const path = `/consent?audience=${encodeURIComponent(notes.issuer)}`;
    const { status, headers } = await stage.browser.get(path);
    expect([status, headers.location]).toEqual([302, `/sign-in?return_to=${encodeURIComponent(path)}`]);
    expect((await signIn(stage, "alice", path)).headers.location).toBe(path);
  });

  test("shows the host, and the service's name as its own words", async () => {
    await signIn(stage);
    const { text } = await stage.browser.get(`/consent?audience=${encodeURIComponent(notes.issuer)}`);
    expect(text).toContain(new URL(notes.issuer).host);
    expect(text).toContain("<q><bdi>Example Notes</bdi></q>");
    expect(text).toContain("its own words");
  });

  test("does without a name when the service cannot be asked", async () => {
    await stage.close();
    stage = await world();
    await signIn(stage);
    const { status, text } = await stage.browser.get(`/consent?audience=${encodeURIComponent(notes.issuer)}`);
    expect(status).toBe(200);
    expect(text).not.toContain("its own words");
    expect(notes.requests).toEqual([]);
  });

  test.each(["", "nonsense", "javascript:alert(1)", "https://notes.example/#x", issuer])(
    "refuses %p as a service",
    async (audience) => {
      await signIn(stage);
      const { status, text } = await stage.browser.get(`/consent?audience=${encodeURIComponent(audience)}`);
      expect(status).toBe(400);
      expect(text).toContain("This is not a service");
    },
  );

  test("decides nothing by itself", async () => {
    await signIn(stage);
    await stage.browser.get(`/consent?audience=${encodeURIComponent(service)}&decision=always`);
    const subjectToken = await stage.provider.createSubjectToken("usr_alice");
    expect((await exchange(stage, subjectToken)).body.error).toBe("interaction_required");
  });

  test("refuses a decision that is none", async () => {
    await signIn(stage);
    const path = `/consent?audience=${encodeURIComponent(service)}`;
    expect((await submit(stage, path, "/consent", { decision: "forever" })).status).toBe(400);
  });
});

describe("GET /delegations", () => {
  test("lists what was delegated where, to its owner only", async () => {
    await signIn(stage);
    expect(await page()).toContain("Nothing yet");
    await decide(stage, "always", service);
    await decide(stage, "deny", "https://never.example");
    expect(await page()).toMatch(/notes\.example.*always.*never.*0 times/);
    await exchange(stage, await stage.provider.createSubjectToken("usr_alice"));
    expect(await page()).toMatch(/1 Jan 2026, 00:00 UTC.*1 time</);
    expect(await page()).not.toContain("never.example");
    await signIn(stage, "bob");
    expect(await page()).toContain("Nothing yet");
  });
});

describe("Revoke", () => {
  test("tells the service with a signed event, and nothing more is minted", async () => {
    await signIn(stage);
    await decide(stage, "always", notes.issuer);
    const subjectToken = await stage.provider.createSubjectToken("usr_alice");
    expect((await exchange(stage, subjectToken, { audience: notes.issuer })).status).toBe(200);
    const response = await revokeOnPage(notes.issuer);
    expect([response.status, response.headers.location]).toEqual([303, "/delegations"]);

    const [event] = notes.received;
    expect(event?.contentType).toBe("application/secevent+jwt");
    const { payload } = await verified(stage, event?.token ?? "", {
      typ: "secevent+jwt",
      audience: notes.issuer,
    });
    expect(payload).toEqual({
      iss: issuer,
      iat: stage.clock.now(),
      jti: expect.any(String),
      aud: notes.issuer,
      sub: "usr_alice",
      events: { [revokedType]: {} },
    });
    const again = await exchange(stage, subjectToken, { audience: notes.issuer });
    expect(again.body.error).toBe("interaction_required");
    expect(await page()).toMatch(/Revoked.*event-success">sent</);
  });

  test("pressed twice sends one event", async () => {
    await signIn(stage);
    await decide(stage, "always", notes.issuer);
    const fields = { audience: notes.issuer };
    await submit(stage, "/sign-out", "/delegations/revoke", fields);
    const first = await revokeOnPage(notes.issuer);
    expect(first.status).toBe(303);
    const second = await submit(stage, "/delegations", "/delegations/revoke", fields);
    expect(second.status).toBe(403);
    expect(notes.received).toHaveLength(1);
  });

  test("is tried again after 503 with the same jti, at the times it says", async () => {
    notes.answers.push({ status: 503 }, { status: 429, headers: { "Retry-After": "60" } });
    await signIn(stage);
    await decide(stage, "always", notes.issuer);
    await revokeOnPage(notes.issuer);
    expect(await page()).toMatch(
      /waiting \(it answered 503\), next try at <time datetime="2026-01-01T00:00:05/,
    );
    stage.clock.advance(4);
    await stage.provider.flushEvents();
    expect(notes.received).toHaveLength(1);
    stage.clock.advance(1);
    await stage.provider.flushEvents();
    expect(notes.received).toHaveLength(2);
    stage.clock.advance(59);
    await stage.provider.flushEvents();
    expect(notes.received).toHaveLength(2);
    stage.clock.advance(1);
    await stage.provider.flushEvents();
    const ids = notes.received.map(({ token }) => decodeJwt(token).jti);
    expect(new Set(ids).size).toBe(1);
    expect(notes.received).toHaveLength(3);
    expect(await page()).toContain('event-success">sent<');
    await stage.provider.flushEvents({ ignoreSchedule: true });
    expect(notes.received).toHaveLength(3);
  });

  test("is signed with the key of the day when it is tried again", async () => {
    notes.answers.push({ status: 503 });
    const { status } = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    expect(status).toBe("waiting");
    const { kid } = await stage.provider.rotateKeys({ alg: "RS256", immediately: true });
    await stage.provider.flushEvents({ ignoreSchedule: true });
    expect(notes.received.map(({ token }) => decodeProtectedHeader(token).alg)).toEqual(["ES256", "RS256"]);
    expect(decodeProtectedHeader(notes.received[1]?.token ?? "").kid).toBe(kid);
  });

  test("gives up after a day", async () => {
    notes.answers.push(...Array.from({ length: 200 }, () => ({ status: 500 })));
    let event = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    while (stage.clock.now() < 1_767_225_600 + 2 * 86_400) {
      stage.clock.advance(600);
      await stage.provider.flushEvents();
    }
    expect(notes.received.length).toBeGreaterThan(20);
    await signIn(stage);
    expect(await page()).toContain("not sent: gave up after a day: it answered 500");
    expect(decodeJwt(notes.received.at(-1)?.token ?? "").jti).toBe(event.jti);
    const iat = decodeJwt(notes.received.at(-1)?.token ?? "").iat ?? 0;
    expect(iat).toBe(1_767_225_600);
    event = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    expect(event.status).toBe("waiting");
  });

  test("is not tried again when the service refuses, and says why", async () => {
    notes.answers.push({ status: 400, body: { err: "invalid_audience", description: "no" } });
    await signIn(stage);
    await decide(stage, "always", notes.issuer);
    await revokeOnPage(notes.issuer);
    expect(await page()).toContain("refused: invalid_audience");
    stage.clock.advance(3600);
    await stage.provider.flushEvents({ ignoreSchedule: true });
    expect(notes.received).toHaveLength(1);
  });

  test("does not print what a service answers", async () => {
    notes.answers.push({ status: 400, body: { err: "<b>x</b>" } });
    const event = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    expect(event).toMatchObject({ status: "refused", problem: "it answered 400" });
  });

  test("waits for a service that is down", async () => {
    await notes.close();
    const event = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    expect(event).toMatchObject({ status: "waiting", problem: "connection ECONNREFUSED", attempts: 1 });
    notes = await receiver();
  });

  test.each([
    ["another issuer", { issuer: "https://evil.example" }, "its metadata names another issuer"],
    ["no events endpoint", { agent_auth: {} }, "its metadata has no agent_auth.events_endpoint"],
    ["an endpoint that is no URL", { agent_auth: { events_endpoint: "nowhere" } }, "not a URL"],
  ])("fails with a reason when the metadata has %s", async (_name, metadata, problem) => {
    Object.assign(notes.metadata, metadata);
    const event = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    expect(event).toMatchObject({ status: "failed", problem });
    expect(notes.received).toEqual([]);
  });

  test("follows no redirect", async () => {
    notes.answers.push({ status: 302, headers: { Location: `${notes.issuer}/elsewhere` } });
    const event = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    expect(event).toMatchObject({ status: "refused", problem: "it answered 302" });
    expect(notes.requests).not.toContain("/elsewhere");
  });

  test("finds the metadata of a service whose issuer has a path", async () => {
    const tenant = await receiver({ path: "/tenants/one" });
    const event = await stage.provider.revoke({ userId: "usr_alice", audience: tenant.issuer });
    expect(event.status).toBe("sent");
    expect(tenant.requests[0]).toBe("/.well-known/oauth-authorization-server/tenants/one");
    await tenant.close();
  });

  test("sends nothing into a private network", async () => {
    await stage.close();
    stage = await world();
    const event = await stage.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    expect(event).toMatchObject({ status: "failed", problem: "not an https URL" });
    const local = await stage.provider.revoke({
      userId: "usr_alice",
      audience: notes.issuer.replace("http:", "https:"),
    });
    expect(local).toMatchObject({ status: "failed", problem: "its address is not a public one" });
    const named = await stage.provider.revoke({ userId: "usr_alice", audience: "https://localhost:1" });
    expect(named).toMatchObject({ status: "failed", problem: "its address is not a public one" });
    expect(notes.requests).toEqual([]);
  });
});

test("sendEvent sends any event, with claims of one's own", async () => {
  const type = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
  const event = await stage.provider.sendEvent({
    userId: "usr_bob",
    audience: notes.issuer,
    type,
    payload: { reason_admin: "test" },
    overrides: { aud: "https://other.example" },
  });
  expect(event.status).toBe("sent");
  expect(decodeJwt(notes.received[0]?.token ?? "")).toMatchObject({
    sub: "usr_bob",
    aud: "https://other.example",
    jti: event.jti,
    events: { [type]: { reason_admin: "test" } },
  });
});

test("no token, code or password is ever logged", async () => {
  notes.answers.push({ status: 503 });
  await signIn(stage);
  await decide(stage, "always", notes.issuer);
  const subjectToken = await stage.provider.createSubjectToken("usr_alice");
  const { body } = await exchange(stage, subjectToken, { audience: notes.issuer });
  await revokeOnPage(notes.issuer);
  const logged = JSON.stringify(stage.logs);
  expect(logged).toContain("minted an ID-JAG");
  for (const secret of [subjectToken, body.access_token, notes.received[0]?.token, "alice-demo"]) {
    expect(logged).not.toContain(secret);
  }
});
