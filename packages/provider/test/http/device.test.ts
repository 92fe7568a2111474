/** `POST /device_authorization`, the page `/device`, and the poll at `POST /token`. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { decodeProtectedHeader } from "jose";
import * as oauth from "oauth4webapi";
import { fixedClock } from "../support/time.js";
import {
  clientId,
  decide,
  deviceGrant,
  exchange,
  issuer,
  signIn,
  submit,
  type World,
  world,
} from "../support/world.js";

let stage: World;
beforeEach(async () => {
  stage = await world();
});
afterEach(() => stage.close());

const start = (fields: object = {}) =>
  stage.agent
    .post("/device_authorization")
    .type("form")
    .send({ client_id: clientId, ...fields });
const poll = (deviceCode: string, fields: object = {}) =>
  stage.agent
    .post("/token")
    .type("form")
    .send({ grant_type: deviceGrant, client_id: clientId, device_code: deviceCode, ...fields });
const answer = (userCode: string, choice: string) =>
  submit(stage, `/device?user_code=${userCode}`, "/device", { user_code: userCode, answer: choice });

describe("an agent's sign-in", () => {
  test("goes from a code to an ID token to an ID-JAG", async () => {
    const started = await start();
    expect(started.status).toBe(200);
    expect(started.body).toEqual({
      device_code: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${issuer}/device`,
      verification_uri_complete: `${issuer}/device?user_code=${started.body.user_code}`,
      expires_in: 600,
      interval: 5,
    });
    const { device_code: deviceCode, user_code: userCode } = started.body;
    expect((await poll(deviceCode)).body.error).toBe("authorization_pending");

    const gate = await stage.browser.get(`/device?user_code=${userCode}`);
    expect(gate.status).toBe(302);
    await signIn(stage);
    const typed = await submit(stage, "/device", "/device", { user_code: ` ${userCode.toLowerCase()} ` });
    expect(typed.text).toContain("Does your agent show this code?");
    expect(typed.text).toContain("Example AI agent");
    expect((await answer(userCode, "allow")).text).toContain("Your agent is signed in");

    const { status, body } = await poll(deviceCode);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3600, id_token: expect.any(String) });
    expect(decodeProtectedHeader(body.id_token)).toMatchObject({ typ: "JWT", alg: "ES256" });
    await decide(stage, "once");
    expect((await exchange(stage, body.id_token)).status).toBe(200);
    expect((await poll(deviceCode)).body.error).toBe("invalid_grant");
  });

  test("is one a strict client library understands", async () => {
    // The library goes by the real time.
    await stage.close();
    stage = await world({}, fixedClock(Math.floor(Date.now() / 1000)));
    const as = await oauth.processDiscoveryResponse(
      new URL(issuer),
      Response.json((await stage.agent.get("/.well-known/oauth-authorization-server")).body),
    );
    const client = { client_id: clientId };
    const started = await start();
    const device = await oauth.processDeviceAuthorizationResponse(as, client, Response.json(started.body));
    await signIn(stage);
    await answer(device.user_code, "allow");
    const { body } = await poll(device.device_code);
    const tokens = await oauth.processDeviceCodeResponse(as, client, Response.json(body), {});
    expect(tokens.id_token).toBe(body.id_token);
  });

  test("ends for good when the person refuses", async () => {
    const { body } = await start();
    await signIn(stage);
    expect((await answer(body.user_code, "deny")).text).toContain("You refused");
    expect((await answer(body.user_code, "allow")).text).not.toContain("is signed in");
    expect((await poll(body.device_code)).body.error).toBe("access_denied");
  });

  test("slows down agents that poll too often, but not the first poll or an answer", async () => {
    const { body } = await start();
    expect((await poll(body.device_code)).body.error).toBe("authorization_pending");
    expect((await poll(body.device_code)).body.error).toBe("slow_down");
    stage.clock.advance(6);
    expect((await poll(body.device_code)).body.error).toBe("slow_down");
    stage.clock.advance(15);
    expect((await poll(body.device_code)).body.error).toBe("authorization_pending");
    await signIn(stage);
    await answer(body.user_code, "allow");
    expect((await poll(body.device_code)).status).toBe(200);
  });

  test("is over after ten minutes, on both sides", async () => {
    const { body } = await start();
    stage.clock.advance(600);
    expect((await poll(body.device_code)).body.error).toBe("expired_token");
    await signIn(stage);
    expect((await stage.browser.get(`/device?user_code=${body.user_code}`)).status).toBe(404);
  });

  test("belongs to the client that started it", async () => {
    await stage.close();
    stage = await world({
      clients: [
        { client_id: "one", name: "One" },
        { client_id: "two", name: "Two" },
      ],
    });
    const { body } = await start({ client_id: "one" });
    expect((await poll(body.device_code, { client_id: "two" })).body.error).toBe("invalid_grant");
    expect((await start({ client_id: "three" })).status).toBe(401);
  });

  test("delivers the ID token to one of many polls", async () => {
    const { body } = await start();
    await signIn(stage);
    await answer(body.user_code, "allow");
    const polls = await Promise.all(Array.from({ length: 10 }, () => poll(body.device_code)));
    expect(polls.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("asks for the password again when the agent wants a recent sign-in", async () => {
    await signIn(stage);
    stage.clock.advance(100);
    const { body } = await start({ max_age: "0" });
    const page = await stage.browser.get(`/device?user_code=${body.user_code}`);
    expect([page.status, page.headers.location]).toEqual([
      303,
      `/sign-in?return_to=${encodeURIComponent(`/device?user_code=${body.user_code}`)}`,
    ]);
    stage.clock.advance(5);
    await signIn(stage);
    stage.clock.advance(5);
    expect((await stage.browser.get(`/device?user_code=${body.user_code}`)).status).toBe(200);
  });
});

describe("the code field", () => {
  test("says so when no agent waits, escapes what was typed, and stops guessing", async () => {
    await signIn(stage);
    const hostile = await stage.browser.get("/device?user_code=%3Cimg%20src%3Dx%3E");
    expect(hostile.status).toBe(404);
    expect(hostile.text).toContain("No agent waits for this code");
    expect(hostile.text).not.toContain("<img");
    for (let tries = 0; tries < 19; tries += 1) {
      expect((await stage.browser.get("/device?user_code=BBBB-BBBB")).status).toBe(404);
    }
    expect((await stage.browser.get("/device?user_code=BBBB-BBBB")).status).toBe(429);
  });

  test("is not answered by opening a link", async () => {
    const { body } = await start();
    await signIn(stage);
    await stage.browser.get(`/device?user_code=${body.user_code}&answer=allow`);
    expect((await poll(body.device_code)).body.error).toBe("authorization_pending");
  });
});
