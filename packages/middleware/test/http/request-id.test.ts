/** The id of a request: in the answer, in the log and in a 500, and never what a caller would like it to be. */
import { describe, expect, test } from "@jest/globals";
import type { RequestHandler } from "express";
import { ownDatabase, stage } from "../support/stages.js";
import { callApi, register, type World } from "../support/world.js";

const ours = /^req_[0-9a-f]{32}$/;
const wanted = "4bf92f35-77b3:4da6/a3ce.929d_0e0e=";
const idsIn = ({ logs }: World) => [
  ...new Set(logs.flatMap(({ fields }) => ("requestId" in fields ? [fields.requestId] : []))),
];
const named = (host: World, id: string) =>
  host.agent.post("/agent/identity").set("X-Request-Id", id).send({ type: "anonymous" });

describe("by default", () => {
  test("is new for every answer of ours: documents, refusals, pages, guards, preflights", async () => {
    const host = await stage();
    const { agent } = host;
    const answers = [
      await agent.get("/auth.md"),
      await agent.head("/.well-known/jwks.json"),
      await agent.options("/oauth2/token"),
      await agent.get("/agent/claim"),
      await agent.get("/agent/identity"),
      await register.anonymous(host),
      await callApi(host, "at_nothing"),
    ];
    const ids = answers.map(({ headers }) => headers["x-request-id"]);
    for (const id of ids) expect(id).toMatch(ours);
    expect(new Set(ids).size).toBe(answers.length);
    expect(idsIn(host).sort()).toEqual([...ids].sort());
  });

  test("is nothing a caller has sent", async () => {
    const host = await stage();
    for (const id of [wanted, "req_1", "x\\r\\ny"]) {
      const { headers } = await named(host, id);
      expect(headers["x-request-id"]).toMatch(ours);
    }
    expect(JSON.stringify(host.logs)).not.toContain(wanted);
  });

  test("can be read by scripts of other origins", async () => {
    const host = await stage();
    const { headers } = await register.anonymous(host);
    expect(headers["access-control-expose-headers"]).toContain("X-Request-Id");
  });

  test("is not set on answers of the host's", async () => {
    const host = await stage({
      routes: (app) => app.get("/elsewhere", (_request, response) => void response.send("x")),
    });
    expect((await host.agent.get("/elsewhere")).headers).not.toHaveProperty("x-request-id");
  });

  test("is the same in the body of a 500", async () => {
    const { store } = (await ownDatabase()).open();
    store.createRegistration = () => Promise.reject(new Error("no such table"));
    const host = await stage({ options: { storage: store } });
    const { status, body, headers } = await register.anonymous(host);
    expect([status, body.request_id]).toEqual([500, headers["x-request-id"]]);
    expect(idsIn(host)).toEqual([body.request_id]);
  });
});

describe("the host's own", () => {
  const before: RequestHandler[] = [
    (_request, response, next) => {
      response.setHeader("X-Request-Id", wanted);
      next();
    },
  ];

  test("is kept when the host has set it on the response", async () => {
    const host = await stage({ before });
    expect((await register.anonymous(host)).headers["x-request-id"]).toBe(wanted);
    expect((await callApi(host, "at_nothing")).headers["x-request-id"]).toBe(wanted);
    expect(idsIn(host)).toEqual([wanted]);
  });

  test("is what its hook says, a number as pino-http counts them too", async () => {
    for (const [word, id] of [
      [wanted, wanted],
      [17, "17"],
    ] as const) {
      const host = await stage({ before, options: { requestId: () => word } });
      expect((await register.anonymous(host)).headers["x-request-id"]).toBe(id);
      expect(idsIn(host)).toEqual([id]);
    }
  });

  test("may be the caller's, if the hook passes that on, and only in a form that does no harm", async () => {
    const host = await stage({ options: { requestId: (request) => request.get("X-Request-Id") } });
    expect((await named(host, wanted)).headers["x-request-id"]).toBe(wanted);
    for (const bad of ["a b", '"', "x".repeat(129), "-rf", "<b>", "é"])
      expect((await named(host, bad)).headers["x-request-id"]).toMatch(ours);
    expect((await register.anonymous(host)).headers["x-request-id"]).toMatch(ours);
  });

  test("is missed by nobody when the hook throws or answers nonsense", async () => {
    const throwing = () => {
      throw new Error("no request store");
    };
    for (const requestId of [throwing, () => ({}) as never, () => "" as string]) {
      const host = await stage({ options: { requestId } });
      const { status, headers } = await register.anonymous(host);
      expect([status, ours.test(String(headers["x-request-id"]))]).toEqual([200, true]);
    }
  });
});
