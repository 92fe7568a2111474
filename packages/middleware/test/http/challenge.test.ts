/** 401s of the host's own handlers lead an agent to us (RFC 9728 section 5.1; PROTOCOL section 2). */
import { describe, expect, test } from "@jest/globals";
import express, { type RequestHandler } from "express";
import express4 from "express4";
import { listening, type RawResponse, rawRequest, stage } from "../support/stages.js";
import { exchange, issuer, register } from "../support/world.js";

const metadata = `resource_metadata="${issuer}/.well-known/oauth-protected-resource"`;
const ours = `Bearer ${metadata}`;

/** What a host's handler answers behind our middleware. */
async function answerOf(
  handler: RequestHandler,
  {
    create = express,
    options = {},
    cors = false,
  }: { create?: typeof express; options?: object; cors?: boolean } = {},
): Promise<RawResponse> {
  const { auth } = await stage({ options });
  const app = create();
  if (cors)
    app.use((_request, response, next) => {
      response.set("Access-Control-Allow-Origin", "https://app.example");
      next();
    });
  app.use(auth);
  app.get("/host", handler);
  const { port } = await listening(app);
  return rawRequest(port, { path: "/host" });
}

const with401 =
  (...challenges: string[]): RequestHandler =>
  (_request, response) => {
    if (challenges.length > 0) response.setHeader("WWW-Authenticate", challenges);
    response.status(401).json({ host: true });
  };

describe.each([
  { version: 4, create: express4 },
  { version: 5, create: express },
])("with Express $version, a 401 of the host", ({ create }) => {
  test.each([
    { name: "no challenge", given: [], expected: [ours] },
    { name: "Bearer alone", given: ["Bearer"], expected: [ours] },
    {
      name: "Bearer with parameters",
      given: ['Bearer realm="api", error="invalid_token"'],
      expected: [`${ours}, realm="api", error="invalid_token"`],
    },
    {
      name: "lower-case bearer",
      given: ['bearer realm="api"'],
      expected: [`bearer ${metadata}, realm="api"`],
    },
    {
      name: "Bearer that knows the way",
      given: ['Bearer resource_metadata="https://other.example/x"'],
      expected: ['Bearer resource_metadata="https://other.example/x"'],
    },
    { name: "Basic", given: ['Basic realm="api"'], expected: [ours, 'Basic realm="api"'] },
    {
      name: "two lines, Bearer last",
      given: ['Basic realm="a"', 'Bearer realm="b"'],
      expected: ['Basic realm="a"', `${ours}, realm="b"`],
    },
    {
      name: "two challenges in one line",
      given: ['Basic realm="a", Bearer realm="b"'],
      expected: [`Basic realm="a", ${ours}, realm="b"`],
    },
    {
      name: "Basic whose realm speaks of others",
      given: ['Basic realm="x, Bearer resource_metadata=y"'],
      expected: [ours, 'Basic realm="x, Bearer resource_metadata=y"'],
    },
    {
      name: "Digest with a parameter called bearer",
      given: ['Digest realm="a", bearer="no"'],
      expected: [ours, 'Digest realm="a", bearer="no"'],
    },
  ])("with $name", async ({ given, expected }) => {
    const response = await answerOf(with401(...given), { create });
    expect(response.status).toBe(401);
    expect(response.challenges).toEqual(expected);
    expect(JSON.parse(response.text)).toEqual({ host: true });
  });

  test("through writeHead with headers as an object, and as a list", async () => {
    const object = await answerOf(
      (_request, response) => void response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end("no"),
      { create },
    );
    const list = await answerOf(
      (_request, response) =>
        void response.writeHead(401, "No", ["WWW-Authenticate", 'Basic realm="a"']).end("no"),
      { create },
    );
    expect([object.status, object.challenges, object.text]).toEqual([401, [ours], "no"]);
    expect([list.status, list.challenges, list.text]).toEqual([401, [ours, 'Basic realm="a"'], "no"]);
  });

  test("that is thrown and left to the error handling of Express", async () => {
    const response = await answerOf(
      (_request, _response, next) => next(Object.assign(new Error("no"), { status: 401 })),
      { create },
    );
    expect([response.status, response.challenges]).toEqual([401, [ours]]);
  });

  test("that is streamed", async () => {
    const response = await answerOf(
      (_request, response) => {
        response.statusCode = 401;
        response.write("one ");
        response.end("two");
      },
      { create },
    );
    expect([response.challenges, response.text]).toEqual([[ours], "one two"]);
  });
});

test.each([200, 204, 302, 400, 403, 404, 500])("a %i of the host is left alone", async (status) => {
  const response = await answerOf((_request, response) => void response.status(status).end(), { cors: true });
  expect(response.status).toBe(status);
  expect(response.challenges).toEqual([]);
  expect(response.headers["access-control-expose-headers"]).toBeUndefined();
});

describe("the challenge option", () => {
  test("limits which 401s are completed, and sees the request", async () => {
    const seen: string[] = [];
    const challenge = (request: express.Request) => {
      seen.push(request.path);
      return false;
    };
    const response = await answerOf(with401('Basic realm="a"'), { options: { challenge }, cors: true });
    expect(response.challenges).toEqual(['Basic realm="a"']);
    expect(response.headers["access-control-expose-headers"]).toBeUndefined();
    expect(seen).toEqual(["/host"]);
  });

  test("does not touch the challenges of our own guards and endpoints", async () => {
    const { agent } = await stage({ options: { challenge: () => false } });
    expect((await agent.get("/api/notes")).headers["www-authenticate"]).toBe(ours);
  });
});

describe("CORS exposes the challenge", () => {
  test("only where the host switched CORS on (HTTP-06)", async () => {
    const off = await answerOf(with401());
    const on = await answerOf(with401(), { cors: true });
    expect(off.headers["access-control-expose-headers"]).toBeUndefined();
    expect(off.headers["access-control-allow-origin"]).toBeUndefined();
    expect(on.headers["access-control-expose-headers"]).toBe("WWW-Authenticate");
  });

  test.each([
    ["X-Total", "X-Total, WWW-Authenticate"],
    ["x-total, www-authenticate", "x-total, www-authenticate"],
    ["*", "*"],
  ])("next to %s", async (given, expected) => {
    const handler: RequestHandler = (_request, response) =>
      void response.set("Access-Control-Expose-Headers", given).status(401).end();
    const response = await answerOf(handler, { cors: true });
    expect(response.headers["access-control-expose-headers"]).toBe(expected);
  });

  test.each([
    { what: "401", header: undefined, status: 401 },
    { what: "400", header: "Bearer a b", status: 400 },
    { what: "403", header: "good", status: 403 },
  ])("of our guards too: $what (HTTP-06)", async ({ header, status }) => {
    for (const cors of [true, false]) {
      const world = await stage({
        before: cors
          ? [
              (_request, response, next) =>
                void next(response.set("Access-Control-Allow-Origin", "*") && undefined),
            ]
          : [],
        options: { challenge: () => false },
      });
      const { body } = await register.anonymous(world);
      const token = (await exchange(world, body.identity_assertion)).body.access_token;
      const request = world.agent.post("/api/notes");
      if (header !== undefined) request.set("Authorization", header === "good" ? `Bearer ${token}` : header);
      const response = await request;
      expect(response.status).toBe(status);
      expect(response.headers["access-control-expose-headers"]).toBe(cors ? "WWW-Authenticate" : undefined);
    }
  });
});

test("a 401 of our own endpoints carries AgentAuth and nothing of Bearer (HTTP-01)", async () => {
  const { agent } = await stage();
  const response = await agent
    .post("/agent/identity/claim")
    .send({ claim_token: "ct_x", login_hint: "a@example.com" });
  expect(response.status).toBe(401);
  expect(response.headers["www-authenticate"]).toMatch(
    /^AgentAuth error="invalid_claim_token", error_description="[^"\\]+"$/,
  );
  expect(response.body).toMatchObject({ error: "invalid_claim_token", code: "invalid_claim" });
  expect(response.headers["cache-control"]).toBe("no-store");
});
