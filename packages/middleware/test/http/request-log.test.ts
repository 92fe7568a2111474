/** The log: one line per request on our endpoints, every line about a request under its id, and no word of a caller's. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import express from "express";
import { type DatabaseStage, databaseStage, stage } from "../support/stages.js";
import {
  callApi,
  claimedByAlice,
  exchange,
  type LogLine,
  openPage,
  personHeader,
  poll,
  register,
  startClaim,
  submitPage,
  type World,
  world,
} from "../support/world.js";

let host: DatabaseStage;
beforeEach(async () => {
  host = await databaseStage();
});

type Fields = Record<string, unknown>;
const answered = ({ logs }: World): Fields[] =>
  logs.filter(({ message }) => message === "request answered").map(({ fields }) => ({ ...fields }));
const last = (lines: Fields[]): Fields => lines.at(-1) ?? {};
const duration = expect.any(Number);
const requestId = expect.stringMatching(/^req_[0-9a-f]{32}$/);

describe("a request on one of our endpoints", () => {
  test("has one line: which endpoint, what became of it, how long it took, and whom it was about", async () => {
    const { body, headers } = await register.anonymous(host);
    expect(answered(host)).toEqual([
      {
        requestId: headers["x-request-id"],
        route: "identity",
        method: "POST",
        status: 200,
        durationMs: duration,
        registrationId: body.registration_id,
      },
    ]);
    expect(Number(answered(host)[0]?.durationMs)).toBeGreaterThan(0);
  });

  test("that is refused is named by its error, and about a registration as soon as it is known", async () => {
    const { body } = await register.serviceAuth(host);
    const about = { registrationId: body.registration_id };
    const cases: [() => PromiseLike<unknown>, Fields][] = [
      [
        () => poll(host, body.claim_token),
        { route: "token", status: 400, refusal: "authorization_pending", ...about },
      ],
      [() => startClaim(host, "ct_unknown"), { route: "claim", status: 401, refusal: "invalid_claim_token" }],
      [
        () => startClaim(host, body.claim_token, { login_hint: "nobody" }),
        { route: "claim", status: 400, refusal: "invalid_login_hint" },
      ],
      [
        () =>
          host.agent
            .post("/agent/identity/claim/complete")
            .send({ claim_token: body.claim_token, user_code: "123456" }),
        { route: "claimComplete", status: 409, refusal: "claim_not_confirmed", ...about },
      ],
      [() => exchange(host, "a.b.c"), { route: "token", status: 400, refusal: "invalid_grant" }],
      [
        () => host.agent.post("/agent/identity").send({ type: "anonymous", client_name: 7 }),
        { route: "identity", status: 400, refusal: "invalid_request" },
      ],
      [
        () => host.agent.delete("/agent/identity"),
        { route: "identity", method: "DELETE", status: 405, refusal: "invalid_request" },
      ],
      [
        () => host.agent.get("/agent/claim?claim_attempt_token=cat_1").set(personHeader, "alice"),
        { route: "claimPage", method: "GET", status: 404, refusal: "unknown_link" },
      ],
      [
        () => openPage(host, body.claim.verification_uri, "bob"),
        { route: "claimPage", method: "GET", status: 403, refusal: "wrong_account", ...about },
      ],
      [
        () => submitPage(host, body.claim.verification_uri, "alice", { csrf: "stale" }),
        { route: "claimPage", status: 403, refusal: "stale_form", ...about },
      ],
    ];
    for (const [send, expected] of cases) {
      const before = answered(host).length;
      await send();
      // The form is fetched first.
      const lines = answered(host).slice(before);
      expect(lines.length).toBe(expected.refusal === "stale_form" ? 2 : 1);
      expect(last(lines)).toEqual({ method: "POST", requestId, durationMs: duration, ...expected });
    }
  });

  test("is told of by info if it changed something or was refused, else by debug", async () => {
    const levelOf = async (send: () => PromiseLike<unknown>) => {
      await send();
      return host.logs.at(-1)?.level;
    };
    expect(await levelOf(() => host.agent.get("/auth.md"))).toBe("debug");
    expect(await levelOf(() => host.agent.head("/.well-known/jwks.json"))).toBe("debug");
    expect(await levelOf(() => host.agent.options("/agent/identity"))).toBe("debug");
    expect(await levelOf(() => register.anonymous(host))).toBe("info");
    expect(await levelOf(() => host.agent.put("/auth.md"))).toBe("info");
  });

  test("is named in every step of an agent's life", async () => {
    const { body } = await claimedByAlice(host);
    await host.agent.post("/oauth2/revoke").type("form").send({ token: body.access_token });
    const [id, ...others] = new Set(answered(host).map(({ registrationId }) => registrationId));
    expect([id, others]).toEqual([expect.stringMatching(/^reg_/), []]);
    expect(answered(host).map(({ route }) => route)).toEqual([
      "identity",
      "claimPage",
      "claimPage",
      "token",
      "revoke",
    ]);
  });

  test("that fails for want of the database has that line under the same id, and a warning", async () => {
    const letGo = await host.database.lock();
    const { status, headers } = await register.anonymous(host);
    await letGo();
    expect(status).toBe(503);
    const about: LogLine[] = host.logs.filter(({ fields }) => "requestId" in fields);
    expect(about).toEqual([
      {
        level: "warn",
        message: "database unavailable",
        fields: {
          requestId: headers["x-request-id"],
          route: "identity",
          error: expect.objectContaining({ name: "StoreUnavailable" }),
        },
      },
      expect.objectContaining({
        fields: expect.objectContaining({
          requestId: headers["x-request-id"],
          status: 503,
          refusal: "temporarily_unavailable",
        }),
      }),
    ]);
  });

  test("that the host's parser has spoilt has its line too", async () => {
    const opened = await stage({ before: [express.json()] });
    const { status } = await opened.agent
      .post("/agent/identity")
      .set("Content-Type", "application/json")
      .send("{");
    expect(status).toBe(400);
    expect(answered(opened)).toMatchObject([{ route: "identity", status: 400, refusal: "invalid_request" }]);
  });
});

describe("a request on a route of the host's", () => {
  test("leaves no line when it may pass, or is none of ours", async () => {
    const { body } = await claimedByAlice(host);
    const before = host.logs.length;
    expect((await callApi(host, body.access_token)).status).toBe(200);
    expect((await host.agent.get("/elsewhere")).status).toBe(404);
    expect(host.logs).toHaveLength(before);
  });

  test("leaves one when it may not: under its id, with the registration whose scopes fall short", async () => {
    const { body } = await register.anonymous(host);
    const { access_token: token } = (await exchange(host, body.identity_assertion)).body;
    const send = (value?: string) => {
      const request = host.agent.post("/api/notes");
      return value === undefined ? request : request.set("Authorization", value);
    };
    const about = { registrationId: body.registration_id };
    for (const [value, level, fields] of [
      [undefined, "debug", { status: 401, refusal: "authentication_required" }],
      ["Bearer nothing of ours", "info", { status: 400, refusal: "invalid_request" }],
      ["Bearer at_nothing", "info", { status: 401, refusal: "invalid_token" }],
      [`Bearer ${token}`, "info", { status: 403, refusal: "insufficient_scope", ...about }],
    ] as const) {
      const before = host.logs.length;
      const { headers } = await send(value);
      expect(host.logs.slice(before)).toEqual([
        {
          level,
          message: "request refused",
          fields: { requestId: headers["x-request-id"], route: "guard", method: "POST", ...fields },
        },
      ]);
    }
  });
});

describe("what others say", () => {
  const words =
    'lost "at_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" of alice@example.com, Bearer mF_9.B5f-4.1JqM, smtp://me:pw@mail';
  const failing = async () => {
    throw Object.assign(new Error(words, { cause: new Error(words) }), { code: "E_alice@example.com" });
  };

  test("is written without secrets and addresses, in full otherwise: message, code, stack and cause", async () => {
    const { body } = await register.serviceAuth(host);
    const opened = await world({
      options: {
        storage: host.database.storage,
        accounts: { currentUser: failing, loginUrl: () => "/login", findById: failing },
      },
    });
    expect((await openPage(opened, body.claim.verification_uri, "alice")).status).toBe(500);
    await opened.close();
    const error = opened.logs.find(({ level }) => level === "error")?.fields as Fields;
    const told = 'lost "[secret]" of [address], Bearer [secret], smtp://[credentials]@mail';
    expect(error.error).toEqual({
      name: "Error",
      message: told,
      code: "[address]",
      stack: expect.stringContaining(`Error: ${told}\n    at `),
      cause: { name: "Error", message: told, stack: expect.stringContaining(told) },
    });
  });

  test("is no reason to fail: a logger that throws costs nobody an answer", async () => {
    const broken = () => {
      throw new Error("the disk of the log is full");
    };
    const opened = await stage({
      options: { logger: { debug: broken, info: broken, warn: broken, error: broken } },
    });
    expect((await register.anonymous(opened)).status).toBe(200);
    expect((await callApi(opened, "at_nothing")).status).toBe(401);
  });
});

afterEach(() => {
  // Whatever a test did: a line about a request says which.
  const nameless = host.logs.filter(({ fields }) => "route" in fields && !("requestId" in fields));
  expect(nameless).toEqual([]);
});
