/** `POST /agent/identity`, every refusal in the order of the error table (PROTOCOL section 9). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ownDatabase } from "../support/stages.js";
import { type Response, register, world } from "../support/world.js";
import { expectAgentRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld();
});
afterEach(() => stage.close());

const post = (body: string, type = "application/json") =>
  stage.agent.post("/agent/identity").set("Content-Type", type).send(body);

/** Refused as told, nothing stored, and the next good request works. */
async function expectRefused(
  send: () => PromiseLike<Response>,
  status: number,
  error: string,
  code = error,
): Promise<Response> {
  const before = await stage.snapshot();
  const response = await send();
  expectAgentRefusal(response, status, error, code);
  expect(await stage.snapshot()).toEqual(before);
  return response;
}

describe("invalid_request", () => {
  test.each([
    ["no body", ""],
    ["half an object", '{"type":"anonymous"'],
    ["text after the object", '{"type":"anonymous"} x'],
    ["null", "null"],
    ["an array", '[{"type":"anonymous"}]'],
    ["a string", '"anonymous"'],
    ["a number", "1"],
    ["no type", "{}"],
    ["a type of null", '{"type":null}'],
    ["an unknown type", '{"type":"human"}'],
    ["a type in capitals", '{"type":"Anonymous"}'],
    ["a type with a space", '{"type":"anonymous "}'],
    ["a list of types", '{"type":["anonymous"]}'],
    ["the name of a language member as type", '{"type":"constructor"}'],
    ["a numeric client_name", '{"type":"anonymous","client_name":1}'],
    ["a client_name object", '{"type":"anonymous","client_name":{"a":1}}'],
    ["a client_name list", '{"type":"service_auth","login_hint":"alice@example.com","client_name":["a"]}'],
    ["a client_name of 101 characters", JSON.stringify({ type: "anonymous", client_name: "n".repeat(101) })],
    ["a client_name of 101 emoji", JSON.stringify({ type: "anonymous", client_name: "😀".repeat(101) })],
    ["service_auth without login_hint", '{"type":"service_auth"}'],
    ["a login_hint of null", '{"type":"service_auth","login_hint":null}'],
    ["a login_hint object", '{"type":"service_auth","login_hint":{"email":"alice@example.com"}}'],
    ["an over-long login_hint", JSON.stringify({ type: "service_auth", login_hint: "a".repeat(16_385) })],
    ["a refresh without refresh_token", '{"type":"refresh"}'],
    ["an empty refresh_token", '{"type":"refresh","refresh_token":""}'],
    ["a refresh_token of null", '{"type":"refresh","refresh_token":null}'],
    ["a numeric refresh_token", '{"type":"refresh","refresh_token":1}'],
    ["a list of refresh tokens", '{"type":"refresh","refresh_token":["rt_x"]}'],
    ["a refresh_token object", '{"type":"refresh","refresh_token":{"value":"rt_x"}}'],
    ["an over-long refresh_token", JSON.stringify({ type: "refresh", refresh_token: "r".repeat(16_385) })],
    ["an object nested a thousand deep", `${'{"type":'.repeat(1000)}1${"}".repeat(1000)}`],
  ])("answers %s", async (_what, body) => {
    await expectRefused(() => post(body), 400, "invalid_request");
    expect((await register.anonymous(stage)).status).toBe(200);
  });

  test("never repeats what was sent", async () => {
    const body = JSON.stringify({ type: "sup3rs3cret", client_name: "sup3rs3cret", sup3rs3cret: 1 });
    const response = await expectRefused(() => post(body), 400, "invalid_request");
    expect(response.text).not.toContain("sup3rs3cret");
  });

  test("names the member that is at fault", async () => {
    const response = await post('{"type":"service_auth"}');
    expect(response.body.message).toContain("login_hint");
  });

  test.each(["{}", '{"type":"human"}', '{"type":null}'])("names the types there are to %s", async (body) => {
    const known = "anonymous, service_auth, identity_assertion, refresh";
    expect((await post(body)).body.message).toContain(`The member type is none of ${known}. `);
  });

  test.each([
    ["a form", "type=anonymous", "application/x-www-form-urlencoded"],
    ["plain text", '{"type":"anonymous"}', "text/plain"],
    ["another charset", '{"type":"anonymous"}', "application/json; charset=utf-16"],
    ["a JSON dialect", '{"type":"anonymous"}', "application/vnd.api+json"],
    ["a content type of noise", '{"type":"anonymous"}', ";;;"],
  ])("answers %s with 415", async (_what, body, type) => {
    await expectRefused(() => post(body, type), 415, "invalid_request");
  });

  test("answers a compressed body with 415", async () => {
    await expectRefused(
      () => post('{"type":"anonymous"}').set("Content-Encoding", "gzip"),
      415,
      "invalid_request",
    );
  });

  test("answers a request without content type with 415", async () => {
    await expectRefused(() => stage.agent.post("/agent/identity"), 415, "invalid_request");
  });

  test("answers a body over 64 KiB with 413", async () => {
    const body = JSON.stringify({ type: "anonymous", padding: "p".repeat(65_536) });
    await expectRefused(() => post(body), 413, "invalid_request");
  });

  test("takes a body of exactly 64 KiB", async () => {
    const empty = JSON.stringify({ type: "anonymous", padding: "" });
    const body = JSON.stringify({ type: "anonymous", padding: "p".repeat(65_536 - empty.length) });
    expect(body.length).toBe(65_536);
    expect((await post(body)).status).toBe(200);
  });

  test.each(["get", "put", "patch", "delete"] as const)(
    "answers %s with 405 and the methods that work",
    async (method) => {
      const response = await expectRefused(
        () => stage.agent[method]("/agent/identity"),
        405,
        "invalid_request",
      );
      expect(response.headers.allow).toBe("POST, OPTIONS");
    },
  );

  test("answers text that is not UTF-8", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"type":"anonymous","client_name":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    await expectRefused(
      () =>
        stage.agent
          .post("/agent/identity")
          .set("Content-Type", "application/json")
          .serialize((body: unknown) => body as string)
          .send(bytes),
      400,
      "invalid_request",
    );
  });
});

describe("types that are switched off", () => {
  test("identity_assertion is answered identity_assertion_not_enabled", async () => {
    const send = () => post('{"type":"identity_assertion","assertion_type":"x","assertion":"a.b.c"}');
    await expectRefused(
      send,
      400,
      "identity_assertion_not_enabled",
      "identity_assertion_registration_disabled",
    );
  });

  test("anonymous is answered anonymous_not_enabled while service_auth goes on", async () => {
    await stage.close();
    stage = await observedWorld({ options: { identityTypes: ["service_auth"] } });
    await expectRefused(
      () => register.anonymous(stage),
      400,
      "anonymous_not_enabled",
      "anonymous_registration_disabled",
    );
    expect((await register.serviceAuth(stage)).status).toBe(200);
  });

  test("service_auth is answered service_auth_not_enabled, before its hint is looked at", async () => {
    await stage.close();
    stage = await observedWorld({ options: { identityTypes: ["anonymous"] } });
    for (const hint of ["alice@example.com", "no hint at all"])
      await expectRefused(
        () => register.serviceAuth(stage, { login_hint: hint }),
        400,
        "service_auth_not_enabled",
        "service_auth_registration_disabled",
      );
    expect((await register.anonymous(stage)).status).toBe(200);
  });
});

describe("when the service itself fails", () => {
  test("temporarily_unavailable says when to come back", async () => {
    await stage.auth.close();
    for (const send of [() => register.anonymous(stage), () => register.serviceAuth(stage)]) {
      const response = await expectRefused(send, 503, "temporarily_unavailable");
      expect(response.headers["retry-after"]).toBe("2");
      expect(response.body.retry_after).toBe(2);
    }
  });

  test("server_error tells nothing but a request id, which is in the log", async () => {
    const { store } = (await ownDatabase()).open();
    store.createRegistration = () => Promise.reject(new Error("table registrations is on fire"));
    const broken = await world({ options: { storage: store } });
    const response = await register.anonymous(broken);
    expectAgentRefusal(response, 500, "server_error");
    expect(response.body.request_id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(response.text).not.toContain("fire");
    const fields = { requestId: response.body.request_id, route: "identity" };
    expect(broken.logs).toMatchObject([
      { level: "error", fields },
      { level: "info", fields: { ...fields, status: 500, refusal: "server_error" } },
    ]);
    await broken.close();
  });
});
