/** Options that are wrong stop the start with every reason at once; a start that fails later answers 503. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AgentAuth, type AgentAuthOptions, agentAuth, OptionsError } from "@agent-auth/middleware";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import express from "express";
import supertest from "supertest";
import { closeAfterTest, stage, temporaryFolder } from "../support/stages.js";
import { type LogLine, register } from "../support/world.js";

const good: AgentAuthOptions = {
  issuer: "https://notes.example",
  resourceName: "Example Notes",
  scopes: { "api.read": "Read your notes" },
  secrets: ["a secret for tests, thirty-two bytes or more"],
  storage: "sqlite::memory:",
  accounts: { currentUser: () => null, loginUrl: () => "/login", findById: () => null },
  backgroundWork: false,
};

function problemsOf(options: object): { path: string; message: string }[] {
  try {
    const auth = agentAuth({ ...good, ...options } as AgentAuthOptions);
    closeAfterTest(() => auth.close());
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    const { problems, message } = error as OptionsError;
    for (const problem of problems) expect(message).toContain(`\n  - ${problem.path}: ${problem.message}`);
    return problems;
  }
}
const pathsOf = (options: object) => problemsOf(options).map(({ path }) => path);

async function opened(options: Partial<AgentAuthOptions>): Promise<AgentAuth> {
  const auth = agentAuth({ ...good, ...options });
  closeAfterTest(() => auth.close());
  await auth.ready();
  return auth;
}

describe("options that are wrong", () => {
  test("are all named at once, each with its path", () => {
    expect(
      pathsOf({
        issuer: 7,
        resourceName: "",
        scopes: { "api read": "x", "api.read": "" },
        secrets: ["short", "a secret for tests, thirty-two bytes or more", ""],
        storage: "mysql://db",
        accounts: { currentUser: "alice", loginUrl: () => "/login" },
        lifetimes: { accessTokenSeconds: 0, attemptSeconds: 601 },
        limits: { anonymousPerHour: 0.5 },
        paths: { token: "token", revoke: "/revoke/" },
        logger: { info: () => {} },
        backgroundWork: "yes",
        durability: "some",
      }).sort(),
    ).toEqual(
      [
        "accounts.currentUser",
        "accounts.findById",
        "backgroundWork",
        "durability",
        "issuer",
        "lifetimes.accessTokenSeconds",
        "lifetimes.attemptSeconds",
        "limits.anonymousPerHour",
        "logger",
        "paths.revoke",
        "paths.token",
        "resourceName",
        "scopes.api read",
        "scopes.api.read",
        "secrets.0",
        "secrets.2",
        "storage",
      ].sort(),
    );
  });

  test("that contradict each other are all named at once", () => {
    expect(
      pathsOf({
        issuer: "http://notes.example",
        baseUrl: "https://other.example",
        resource: "ftp://notes.example",
        secrets: undefined,
        preClaimScopes: ["api.none"],
        postClaimScopes: ["api.read", "api.other"],
      }).sort(),
    ).toEqual(["issuer", "postClaimScopes.1", "preClaimScopes.0", "resource", "secrets"].sort());
  });

  test("that are unknown are refused by name, nested ones too", () => {
    expect(problemsOf({ isuer: "x", paths: { tokens: "/t" }, lifetimes: { token: 1 } })).toEqual(
      expect.arrayContaining([
        { path: "isuer", message: "is not an option" },
        { path: "paths.tokens", message: "is not an option" },
        { path: "lifetimes.token", message: "is not an option" },
      ]),
    );
  });

  test("may be missing altogether, and are named too", () => {
    for (const nothing of [undefined, null, "options", []])
      expect(() => agentAuth(nothing as unknown as AgentAuthOptions)).toThrow(OptionsError);
    expect(
      pathsOf({
        issuer: undefined,
        resourceName: undefined,
        scopes: undefined,
        storage: undefined,
        accounts: undefined,
      }),
    ).toEqual(["issuer", "resourceName", "scopes", "storage", "accounts"]);
  });

  test.each([
    ["https://notes.example/", "must not end with a slash"],
    ["https://notes.example?x", "must not have a query"],
    ["https://notes.example#x", "must not have a fragment"],
    ["https://a:b@notes.example", "must not hold credentials"],
    ["https://Notes.example", "must be written in its normal form: https://notes.example"],
    ["https://notes.example:443", "must be written in its normal form: https://notes.example"],
    ["notes.example", "must be an absolute URL such as https://api.example.com"],
    [
      "http://notes.example",
      "must use https (http is for loopback hosts, or with dangerouslyAllowHttpIssuer)",
    ],
    [
      "http://127.0.0.1.evil.example",
      "must use https (http is for loopback hosts, or with dangerouslyAllowHttpIssuer)",
    ],
    [
      "http://localhost.evil.example",
      "must use https (http is for loopback hosts, or with dangerouslyAllowHttpIssuer)",
    ],
  ])("the issuer %s: %s", (issuer, message) => {
    expect(problemsOf({ issuer })).toEqual([{ path: "issuer", message }]);
  });

  test("anonymous needs preClaimScopes, and a path cannot be used twice", () => {
    expect(pathsOf({ identityTypes: ["anonymous"] })).toEqual(["preClaimScopes"]);
    expect(pathsOf({ identityTypes: [] })).toEqual(["identityTypes"]);
    expect(problemsOf({ paths: { token: "/same", revoke: "/same" } })).toEqual([
      { path: "paths", message: "must not use a path twice" },
    ]);
  });
});

describe("an issuer without https", () => {
  test.each(["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000", "http://app.localhost"])(
    "is fine on the loopback address %s, without secrets, and says so in the log",
    async (issuer) => {
      const warnings: string[] = [];
      const quiet = () => {};
      const logger = {
        debug: quiet,
        info: quiet,
        error: quiet,
        warn: (_: object, text: string) => warnings.push(text),
      };
      await opened({ issuer, secrets: undefined, logger });
      expect(warnings).toEqual([expect.stringContaining("no secrets given")]);
    },
  );

  test("is possible elsewhere only on explicit demand, and never without secrets", async () => {
    await opened({ issuer: "http://notes.example", dangerouslyAllowHttpIssuer: true });
    const without = { issuer: "http://notes.example", dangerouslyAllowHttpIssuer: true, secrets: undefined };
    expect(pathsOf(without)).toEqual(["secrets"]);
    expect(pathsOf({ secrets: undefined })).toEqual(["secrets"]);
  });
});

describe("a database that cannot be opened", () => {
  test("stops the start with one sentence that names it", () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(file, "this is no database, and it is long enough to be looked at ".repeat(40));
    mkdirSync(join(folder, "folder"));
    const start = (path: string) => () => agentAuth({ ...good, storage: `sqlite:${path}` });
    expect(start(file)).toThrow(`The database ${file} is not a SQLite database`);
    expect(start(join(folder, "folder"))).toThrow(/^The database .+ cannot be opened: check that .+\.$/);
    expect(start(join(file, "below.db"))).toThrow(/^The folder .+ for the database cannot be made/);
  });
});

describe("a wrong secret", () => {
  const rejections: unknown[] = [];
  const note = (reason: unknown) => rejections.push(reason);
  beforeEach(() => void process.on("unhandledRejection", note));
  afterEach(() => {
    process.off("unhandledRejection", note);
    expect(rejections.splice(0)).toEqual([]);
  });

  /** An instance on a database whose key was sealed under another secret, never awaited. */
  async function locked() {
    const storage = `sqlite:${join(temporaryFolder(), "agent-auth.db")}`;
    const first = await opened({ storage });
    await first.close();
    const logs: LogLine[] = [];
    const log = (level: string) => (fields: object, message: string) =>
      void logs.push({ level, message, fields });
    const auth = agentAuth({
      ...good,
      storage,
      secrets: ["another secret, which the database does not know"],
      logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    });
    closeAfterTest(() => auth.close());
    const app = express().use(auth);
    app.get("/api", auth.requireAgent(), (_request, response) => void response.json({ secret: true }));
    app.get("/host", (_request, response) => void response.json({ host: true }));
    return { auth, logs, agent: supertest(app) };
  }

  test("makes ready() reject with a sentence that says what to do", async () => {
    const { auth, logs } = await locked();
    await expect(auth.ready()).rejects.toThrow(
      "The signing key in the database cannot be decrypted with any of `secrets`. Put the secret",
    );
    expect(logs).toContainEqual(
      expect.objectContaining({ level: "error", message: "agentAuth cannot start" }),
    );
    expect(await auth.health()).toEqual({ ok: false, database: true });
  });

  test("makes every endpoint answer 503 in its own shape, and leaves the host alone", async () => {
    const { agent } = await locked();
    const responses = {
      identity: await agent.post("/agent/identity").send({ type: "anonymous" }),
      token: await agent.post("/oauth2/token").type("form").send({ grant_type: "x" }),
      jwks: await agent.get("/.well-known/jwks.json"),
      api: await agent.get("/api").set("Authorization", "Bearer at_x"),
    };
    for (const [name, { status, body, headers }] of Object.entries(responses)) {
      expect([name, status, body.error]).toEqual([name, 503, "temporarily_unavailable"]);
      expect([name, headers["retry-after"], headers["cache-control"]]).toEqual([name, "2", "no-store"]);
      expect(body).not.toHaveProperty("secret");
    }
    expect(responses.identity.body.code).toBe("temporarily_unavailable");
    expect((await agent.get("/agent/claim")).headers["content-type"]).toBe("text/html; charset=utf-8");
    expect((await agent.get("/host")).body).toEqual({ host: true });
  });

  test("is cured by putting the old secret last", async () => {
    const storage = `sqlite:${join(temporaryFolder(), "agent-auth.db")}`;
    const old = await stage({ options: { storage } });
    const { body } = await register.anonymous(old);
    const renewed = await stage({
      options: {
        storage,
        secrets: [
          "a brand new secret, thirty-two bytes or more",
          "a secret for tests, thirty-two bytes or more",
        ],
      },
    });
    const { exchange } = await import("../support/world.js");
    expect((await exchange(renewed, body.identity_assertion)).status).toBe(200);
  });
});
