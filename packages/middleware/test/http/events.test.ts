/** The receiver of Security Event Tokens: what it takes, what it refuses and how (RFC 8417, RFC 8935, PROTOCOL section 7). */
import { describe, expect, test } from "@jest/globals";
import express from "express";
import { disabledEvent, type Members, revokedEvent, sessionRevokedEvent } from "../support/event-issuer.js";
import {
  changesNothing,
  eventStage,
  expectAccepted,
  expectEventRefusal,
  notify,
  registered,
} from "../support/event-stage.js";
import { callApi } from "../support/world.js";
import { expectRefused } from "./refused-events.js";

const carols: Members = { sub: "sub-carol" };

describe("the request (SET-01 to SET-06)", () => {
  test.each([
    "application/secevent+jwt",
    "Application/SecEvent+JWT",
    "application/secevent+jwt; charset=utf-8",
  ])("is taken as %s: 202 and an empty body", async (type) => {
    const stage = await eventStage();
    const { accessToken } = await registered(stage);
    expectAccepted(await notify(stage, stage.provider.event(carols), type));
    expect((await callApi(stage, accessToken)).status).toBe(401);
  });

  test("is taken with white space around the token, and from a host that parsed the body before us", async () => {
    const stage = await eventStage({ before: [express.text({ type: "*/*" }), express.json()] });
    const { accessToken } = await registered(stage);
    expectAccepted(await notify(stage, `\r\n${stage.provider.event(carols)}\n`));
    expect((await callApi(stage, accessToken)).status).toBe(401);
  });

  test.each([
    "application/json",
    "application/jwt",
    "application/secevent+json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/secevent+jwt; charset=latin1",
    "nonsense",
    ";",
  ])("of type %s is malformed", async (type) => {
    const stage = await eventStage();
    const token = stage.provider.event(carols);
    expectEventRefusal(await changesNothing(stage, () => notify(stage, token, type)), "invalid_request");
    expectAccepted(await notify(stage, token));
  });

  test("without a type, or compressed, is malformed", async () => {
    const stage = await eventStage();
    const post = () => stage.agent.post("/agent/event/notify");
    const token = stage.provider.event(carols);
    for (const send of [
      () => post().set("Content-Type", "").send(token),
      () =>
        post().set({ "Content-Type": "application/secevent+jwt", "Content-Encoding": "gzip" }).send(token),
      () => post(),
    ])
      expectEventRefusal(await changesNothing(stage, send), "invalid_request");
  });

  test.each([
    ["empty", () => ""],
    ["JSON", () => "{}"],
    ["of two parts", (token: string) => token.split(".").slice(0, 2).join(".")],
    ["of four parts", (token: string) => `${token}.AA`],
    ["of two tokens", (token: string) => `${token} ${token}`],
    ["padded", (token: string) => `${token}==`],
    ["longer than 16 KiB", (token: string) => token + "A".repeat(16_384)],
    ["without a header", (token: string) => token.replace(/^[^.]+/, "W10")],
  ])("with a body that is %s is malformed", async (_what, spoil) => {
    const stage = await eventStage();
    const body = spoil(stage.provider.event(carols));
    expectEventRefusal(await changesNothing(stage, () => notify(stage, body)), "invalid_request");
  });

  test("with a body beyond all measure is refused with 413", async () => {
    const stage = await eventStage();
    const refused = await changesNothing(stage, () => notify(stage, "a".repeat(70_000)));
    expectEventRefusal(refused, "invalid_request", 413);
  });

  test.each(["get", "put", "patch", "delete"] as const)("by %s is refused with 405", async (method) => {
    const stage = await eventStage();
    const refused = await changesNothing(stage, () => stage.agent[method]("/agent/event/notify"));
    expectEventRefusal(refused, "invalid_request", 405);
    expect(refused.headers.allow).toBe("POST");
  });

  test("is not for scripts on other origins", async () => {
    const stage = await eventStage();
    const preflight = await stage.agent
      .options("/agent/event/notify")
      .set({ Origin: "https://evil.example", "Access-Control-Request-Method": "POST" });
    expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([405, undefined]);
  });
});

describe("whom it is for (SET-10, SET-19)", () => {
  test.each<[string, unknown]>([
    ["the issuer", "https://notes.example"],
    ["an array of it", ["https://notes.example"]],
    ["an array with others", ["https://other.example", "https://notes.example"]],
  ])("%s is right", async (_name, aud) => {
    const stage = await eventStage();
    expectAccepted(await notify(stage, stage.provider.event({ ...carols, aud })));
  });

  test.each<[string, unknown]>([
    ["another receiver", "https://other.example"],
    ["a longer name", "https://notes.example.evil.example"],
    ["a trailing slash", "https://notes.example/"],
    ["others only", ["https://other.example"]],
    ["an empty array", []],
    ["a nested array", [["https://notes.example"]]],
    ["nothing", undefined],
  ])("%s is wrong", async (_name, aud) => {
    const stage = await eventStage();
    const send = () => notify(stage, stage.provider.event({ ...carols, aud }));
    await expectRefused(stage, send, "invalid_audience");
  });
});

describe("its time", () => {
  test.each([-86_400, -86_399.5, 0, 0.5, 60])("an iat %d s from now is good", async (seconds) => {
    const stage = await eventStage();
    expectAccepted(
      await notify(stage, stage.provider.event({ ...carols, iat: stage.clock.now() + seconds })),
    );
  });

  test.each([-86_401, -86_400.5, 61, 60.5])("an iat %d s from now is not", async (seconds) => {
    const stage = await eventStage();
    const iat = stage.clock.now() + seconds;
    await expectRefused(
      stage,
      () => notify(stage, stage.provider.event({ ...carols, iat })),
      "invalid_request",
    );
  });

  test.each([undefined, null, "1767225600", -1, {}])(
    "an iat that is %p is malformed (SET-07)",
    async (iat) => {
      const stage = await eventStage();
      await expectRefused(
        stage,
        () => notify(stage, stage.provider.event({ ...carols, iat })),
        "invalid_request",
      );
    },
  );

  test.each([-59, 0, 3600])(
    "an exp %d s from now is good, though there need be none (SET-09)",
    async (seconds) => {
      const stage = await eventStage();
      expectAccepted(
        await notify(stage, stage.provider.event({ ...carols, exp: stage.clock.now() + seconds })),
      );
    },
  );

  test.each([-60, -3600])("an exp %d s from now is past", async (seconds) => {
    const stage = await eventStage();
    const exp = stage.clock.now() + seconds;
    await expectRefused(
      stage,
      () => notify(stage, stage.provider.event({ ...carols, exp })),
      "invalid_request",
    );
  });

  test.each([null, "soon", {}])("an exp that is %p is malformed", async (exp) => {
    const stage = await eventStage();
    await expectRefused(
      stage,
      () => notify(stage, stage.provider.event({ ...carols, exp })),
      "invalid_request",
    );
  });
});

describe("its jti", () => {
  test.each([undefined, null, "", 7, "j".repeat(256)])("%p is malformed (SET-07)", async (jti) => {
    const stage = await eventStage();
    await expectRefused(
      stage,
      () => notify(stage, stage.provider.event({ ...carols, jti })),
      "invalid_request",
    );
  });

  test("of 255 characters is good", async () => {
    const stage = await eventStage();
    expectAccepted(await notify(stage, stage.provider.event({ ...carols, jti: "j".repeat(255) })));
  });
});

describe("discovery", () => {
  test("lists exactly the events that have an effect (SSF-14)", async () => {
    const stage = await eventStage();
    const { body } = await stage.agent.get("/.well-known/oauth-authorization-server");
    expect(body.agent_auth.events_endpoint).toBe("https://notes.example/agent/event/notify");
    expect(body.agent_auth.revocation_uri).toBe(body.agent_auth.events_endpoint);
    expect([...body.agent_auth.events_supported].sort()).toEqual(
      [revokedEvent, sessionRevokedEvent, disabledEvent].sort(),
    );
  });
});
