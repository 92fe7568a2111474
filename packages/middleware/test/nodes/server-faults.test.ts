/** What nodes do when their PostgreSQL server stops, crashes, ends their connections, or is not there when they start. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type PostgresServer, startPostgres } from "../../../../test-support/postgres.mjs";
import { migrate } from "../../src/storage/postgres/migrations.js";
import { Ledger } from "../faults/ledger.js";
import { testIssuer } from "../support/issuer.js";
import { closeAfterTest } from "../support/stages.js";
import * as agent from "./agent.js";
import { agentAt, isRefusedForNow, knock, nobody } from "./doors.js";
import { launchNode, type NodeProcess } from "./node-process.js";
import { until } from "./until.js";

const workers = 6;
const pool = { max: 6, connectTimeoutMilliseconds: 5000 };
const schema = "agent_auth";
let server: PostgresServer;
let nodes: [NodeProcess, NodeProcess];

const launched = (name = schema) => launchNode({ storage: { url: server.url, schema: name, pool } });

beforeAll(async () => {
  server = await startPostgres();
  const opened = new pg.Client(server.url);
  await opened.connect();
  await migrate(opened, schema, { isDryRun: false });
  await opened.end();
  nodes = await Promise.all([launched(), launched()]);
  await Promise.all(nodes.map(({ ready }) => ready));
}, 60_000);
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.kill()));
  await server.destroy();
});

const isWell = async ({ origin }: NodeProcess) => (await agent.registerAnonymous(origin)).status === 200;

describe.each([
  ["is shut down", "SIGINT"],
  ["crashes", "SIGKILL"],
] as const)("when the server %s under load and comes back", (_title, signal) => {
  test("nodes answer 503 meanwhile, go on by themselves, and everything that was spent stays spent", async () => {
    const provider = await testIssuer({ now: () => Math.floor(Date.now() / 1000) });
    const given = { issuer: provider.issuer, name: "Provider of an operator" };
    await nodes[0].act("saveProvider", { given, seen: null });
    const held = await agentAt(nodes[0].origin);
    const ledger = new Ledger();
    let isOver = false;
    let refused = 0;
    const work = async (worker: number) => {
      for (let turn = worker; !isOver; turn += 1) {
        const { origin } = nodes[turn % 2] as NodeProcess;
        try {
          if (turn % 5 === 0) await ledger.register(origin);
          else if (turn % 5 === 1) await ledger.revoke(origin, "registration");
          else if (turn % 5 === 2) await ledger.revoke(origin, "token");
          else if (turn % 5 === 3) await ledger.claim(origin);
          else await ledger.present(origin, provider.mint({ claims: { sub: randomUUID() } }));
        } catch (error) {
          // Whoever was refused for now has been told nothing; without a cause, that would be a failure.
          if (!isGone) throw error;
        }
      }
    };
    const watch = async () => {
      while (!isOver)
        for (const { origin } of nodes)
          for (const reply of await knock(origin, held)) if (isRefusedForNow(reply)) refused += 1;
    };
    let isGone = false;
    const load = Promise.all([...Array.from({ length: workers }, (_, worker) => work(worker)), watch()]);
    const outage = async () => {
      await until(async () => ledger.entries.length >= 24);
      isGone = true;
      await server.halt(signal);
      for (const { origin } of nodes)
        for (const reply of await knock(origin, held)) expect(isRefusedForNow(reply)).toBe(true);
      expect(await nodes[0].act("health")).toEqual({ ok: false, database: false });
      await server.resume();
      for (const node of nodes) await until(() => isWell(node));
      isGone = false;
      const before = ledger.entries.length;
      await until(async () => ledger.entries.length >= before + 12);
    };
    await Promise.race([load, outage()]).finally(() => {
      isOver = true;
    });
    await load;
    expect(refused).toBeGreaterThan(0);

    // What only grants may be lost with the memory of a server that crashes.
    const mayBeLost = signal === "SIGKILL" ? ["registration", "token"] : [];
    const kept = ledger.entries.filter(({ what }) => !mayBeLost.includes(what));
    await Promise.all(
      kept.map(async ({ what, holds }, turn) =>
        holds((nodes[turn % 2] as NodeProcess).origin).catch((error: Error) => {
          throw new Error(`${what}: ${error.message}`);
        }),
      ),
    );
    expect(nodes.map((node) => node.errors())).toEqual(["", ""]);
  }, 60_000);
});

test("connections the server ends at random moments leave no claim half done, and no token of one that was not", async () => {
  const executioner = new pg.Client(server.url);
  await executioner.connect();
  closeAfterTest(() => executioner.end());
  const delivered: { token: string; claimToken: string }[] = [];
  let isOver = false;
  let turn = 0;
  const next = () => {
    turn += 1;
    return (nodes[turn % 2] as NodeProcess).origin;
  };
  const claim = async () => {
    const registered = await agent.registerForAlice(next());
    if (isRefusedForNow(registered)) return;
    const { claim: asked, claim_token: claimToken } = registered.body;
    const form = await agent.openForm(next(), asked);
    const approved = await agent.submitForm(next(), form, asked.user_code);
    const polled = await agent.poll(next(), claimToken);
    // A person who was told "yes" is never contradicted: only a cut-off delivery may come between.
    if (approved.status === 303 && !isRefusedForNow(polled)) expect(polled.status).toBe(200);
    if (polled.status === 200) delivered.push({ token: polled.body.access_token, claimToken });
  };
  const work = async () => {
    while (!isOver) await claim();
  };
  const terminate = async () => {
    let ended = 0;
    while (ended < 60 || delivered.length < 20) {
      const { rowCount } = await executioner.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'agent-auth' ORDER BY random() LIMIT 1`,
      );
      ended += rowCount ?? 0;
      await executioner.query("SELECT pg_sleep(0.02)");
    }
  };
  const load = Promise.all(Array.from({ length: workers }, work));
  await Promise.race([load, terminate()]).finally(() => {
    isOver = true;
  });
  await load;
  for (const node of nodes) await until(() => isWell(node));

  for (const { token, claimToken } of delivered)
    for (const { origin } of nodes) {
      expect((await agent.callApi(origin, token)).status).toBe(200);
      expect((await agent.poll(origin, claimToken)).body.error).toBe("invalid_grant");
    }
  // Each step and what it leaves came to be together: events, links between rows, tokens.
  const { rows } = await executioner.query(`
    SELECT registration.id FROM "${schema}".registrations AS registration
    LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE type = 'claim.confirmed') AS confirmed,
        count(*) FILTER (WHERE type = 'token.issued') AS issued
      FROM "${schema}".audit_events WHERE registration_id = registration.id) AS event ON true
    LEFT JOIN LATERAL (
      SELECT count(*) AS tokens FROM "${schema}".access_tokens WHERE registration_id = registration.id
    ) AS token ON true
    WHERE registration.kind = 'service_auth' AND (
      (claimed_at IS NOT NULL)::int <> confirmed OR (collected_at IS NOT NULL)::int <> tokens
      OR (collected_at IS NOT NULL AND claimed_at IS NULL) OR tokens <> issued)`);
  expect(rows).toEqual([]);
  expect(nodes.map((node) => node.errors())).toEqual(["", ""]);
}, 60_000);

describe("a node that starts while the server is away", () => {
  test("answers 503 and becomes ready by itself when the server is there", async () => {
    await server.halt("SIGINT");
    const node = await launched();
    closeAfterTest(() => node.kill());
    const pending = Symbol("pending");
    for (let round = 0; round < 3; round += 1) {
      for (const reply of await knock(node.origin, nobody)) expect(isRefusedForNow(reply)).toBe(true);
      expect(await node.act("health")).toEqual({ ok: false, database: false });
    }
    expect(await Promise.race([node.ready, Promise.resolve(pending)])).toBe(pending);
    await server.resume();
    await node.ready;
    expect(await node.act("health")).toEqual({ ok: true, database: true });
    expect(await isWell(node)).toBe(true);
    expect(node.errors()).toBe("");
  });

  test("ends with the reason when the server is there and has no tables for it", async () => {
    await server.halt("SIGINT");
    const node = await launched("nowhere");
    closeAfterTest(() => node.kill());
    for (const reply of await knock(node.origin, nobody)) expect(isRefusedForNow(reply)).toBe(true);
    await server.resume();
    await expect(node.ready).rejects.toThrow("run npx agent-auth migrate --schema nowhere on it");
  });

  test("says once what it waits for, and can be closed", async () => {
    await server.halt("SIGINT");
    closeAfterTest(() => server.resume());
    const { agentAuth } = await import("@agent-auth/middleware");
    const logs: string[] = [];
    const log = (_fields: object, message: string) => logs.push(message);
    const auth = agentAuth({
      issuer: "https://notes.example",
      resourceName: "Notes",
      scopes: { "api.read": "Read your notes" },
      secrets: ["a secret for tests, thirty-two bytes or more"],
      storage: server.url,
      accounts: { currentUser: () => null, loginUrl: () => "/login", findById: () => null },
      backgroundWork: false,
      logger: { debug: log, info: log, warn: log, error: log },
    });
    const operator = { actor: { kind: "operator", id: null }, reason: "test" } as const;
    await expect(auth.revokeRegistration("reg_1", operator)).rejects.toThrow("cannot be reached");
    const waiting = auth.ready();
    await auth.close();
    await expect(waiting).rejects.toThrow();
    expect(logs).toEqual(["agentAuth waits for its database"]);
  });
});
