/** `ready()` and `health()`: what an instance says while it can serve, when it never will, and when its database is gone. */
import { describe, expect, test } from "@jest/globals";
import { type Store, StoreUnavailable } from "../../src/ports.js";
import { newer, older, service } from "../support/rotated-secrets.js";
import { closeAfterTest, databaseStage, ownDatabase, stage } from "../support/stages.js";
import { callApi, claimedByAlice, personHeader, register, type World, world } from "../support/world.js";

describe("an instance that serves", () => {
  test("is ready, and healthy as often as it is asked", async () => {
    const host = await databaseStage();
    for (let time = 0; time < 3; time += 1) {
      await expect(host.auth.ready()).resolves.toBeUndefined();
      expect(await host.auth.health()).toEqual({ ok: true, database: true });
    }
  });

  test("is healthy while somebody else writes: reading goes on", async () => {
    const host = await databaseStage();
    const letGo = await host.database.lock();
    expect(await host.auth.health()).toEqual({ ok: true, database: true });
    await letGo();
  });
});

describe("an instance whose database is gone", () => {
  /** A port of the host's own, on a real database, whose connection is lost and found again. */
  async function losing(): Promise<{ host: World; connection: { isLost: boolean } }> {
    const connection = { isLost: false };
    const { store: real } = (await ownDatabase()).open();
    const store: Store = new Proxy(real, {
      get(target, name) {
        const verb: unknown = Reflect.get(target, name);
        if (typeof verb !== "function") return verb;
        return async (...input: unknown[]) => {
          if (connection.isLost) throw new StoreUnavailable("the connection was lost");
          return verb.apply(target, input);
        };
      },
    });
    return { host: await stage({ options: { storage: store } }), connection };
  }

  test("is ready and not healthy, answers 503, and is healthy again by itself", async () => {
    const { host, connection } = await losing();
    const { access_token: token } = (await claimedByAlice(host)).body;
    connection.isLost = true;
    await expect(host.auth.ready()).resolves.toBeUndefined();
    expect(await host.auth.health()).toEqual({ ok: false, database: false });
    for (const answer of [await register.anonymous(host), await callApi(host, token)]) {
      expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "2"]);
      expect(answer.body.error).toBe("temporarily_unavailable");
    }
    // What needs no database is served.
    expect((await host.agent.get("/auth.md")).status).toBe(200);
    connection.isLost = false;
    expect(await host.auth.health()).toEqual({ ok: true, database: true });
    expect((await callApi(host, token)).status).toBe(200);
  });

  test("is not healthy when its tables are gone", async () => {
    const host = await databaseStage();
    await host.database.run("ALTER TABLE registrations RENAME TO elsewhere");
    closeAfterTest(() => host.database.run("ALTER TABLE elsewhere RENAME TO registrations"));
    expect(await host.auth.health()).toEqual({ ok: false, database: false });
  });

  test("is not healthy once it is closed", async () => {
    const host = await databaseStage();
    await host.auth.close();
    expect(await host.auth.health()).toEqual({ ok: false, database: false });
  });
});

describe("an instance with a wrong secret", () => {
  const sentence =
    /^The signing key in the database cannot be decrypted with any of `secrets`\. Put the secret it was created with back as the last entry of `secrets`/;

  /** Opens it by hand: the fixture waits for `ready`. */
  async function wrong() {
    const host = await service({ login: true });
    const good = await host.under(older);
    const { body } = await claimedByAlice(good);
    await expect(host.under(newer)).rejects.toThrow(sentence);
    return { host, good, body };
  }

  test("never starts: the reason is in ready() and in the log, without the secret", async () => {
    const { host } = await wrong();
    const logs: unknown[] = [];
    const log = (fields: object, message: string) => logs.push({ ...fields, message });
    await expect(
      world({
        options: {
          storage: host.database.storage,
          secrets: [newer],
          logger: { debug: log, info: log, warn: log, error: log },
        },
      }),
    ).rejects.toThrow(sentence);
    expect(logs).toEqual([
      expect.objectContaining({
        message: "agentAuth cannot start",
        error: expect.objectContaining({
          name: "WrongSecretError",
          message: expect.stringMatching(sentence),
        }),
      }),
    ]);
    expect(JSON.stringify(logs)).not.toMatch(/rotation tests/);
  });

  test("rejects for good, is not healthy, and answers 503 everywhere in each endpoint's words", async () => {
    const { host, good, body } = await wrong();
    const { default: express } = await import("express");
    const { agentAuth } = await import("@agent-auth/middleware");
    const { default: supertest } = await import("supertest");
    const auth = agentAuth({
      issuer: "https://notes.example",
      resourceName: "Example Notes",
      scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
      preClaimScopes: ["api.read"],
      secrets: [newer],
      storage: host.database.storage,
      accounts: { currentUser: () => null, loginUrl: () => "/login", findById: () => null },
      backgroundWork: false,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    });
    const app = express();
    app.use(auth);
    app.get("/api/notes", auth.requireAgent("api.read"), (_request, response) => void response.json([]));
    const agent = supertest(app);
    for (let time = 0; time < 2; time += 1) await expect(auth.ready()).rejects.toThrow(sentence);
    expect(await auth.health()).toEqual({ ok: false, database: true });

    const identity = await agent.post("/agent/identity").send({ type: "anonymous" });
    const token = await agent.post("/oauth2/token").type("form").send({ grant_type: "x" });
    const api = await agent.get("/api/notes").set("Authorization", `Bearer ${body.access_token}`);
    for (const { status, body: answer, headers } of [identity, token, api])
      expect([status, answer.error, headers["retry-after"]]).toEqual([503, "temporarily_unavailable", "2"]);
    const page = await agent.get("/agent/claim").set(personHeader, "alice");
    expect([page.status, page.headers["content-type"]]).toEqual([503, "text/html; charset=utf-8"]);
    await expect(
      auth.revokeRegistration("reg_1", { actor: { kind: "operator", id: null }, reason: "x" }),
    ).rejects.toThrow(sentence);
    await auth.close();

    // Nothing of this has harmed the instance that knows the secret.
    expect((await callApi(good, body.access_token)).status).toBe(200);
    expect(await good.auth.health()).toEqual({ ok: true, database: true });
  });
});
