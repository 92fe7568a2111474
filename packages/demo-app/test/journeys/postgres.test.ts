/** Owns the demo whose agents are in PostgreSQL: it makes the tables, and what it keeps is there after a restart. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import Database from "better-sqlite3";
import pg from "pg";
import { ownPort } from "../../../../test-support/own-port.mjs";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, call, grants } from "../support/agent.js";
import { approve } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

const server = process.env.TEST_POSTGRES_URL ?? "";

describe("the demo on PostgreSQL", () => {
  const name = `demo_${randomUUID().slice(0, 8)}`;
  const url = new URL(`/${name}`, server).href;
  let directory: string;
  let administration: pg.Client;
  let demo: RunningDemo | undefined;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-auth-demo-"));
    administration = new pg.Client(server);
    await administration.connect();
    await administration.query(`CREATE DATABASE ${name}`);
  });
  afterEach(async () => {
    await demo?.close();
    demo = undefined;
    await administration.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await administration.end();
    await rm(directory, { recursive: true, force: true });
  });

  const start = async (variables: Record<string, string> = {}) => {
    demo = await startDemo({ DATABASE_URL: url, ...variables }, { directory });
    return demo;
  };

  async function registrations(): Promise<{ id: string; user_id: string | null }[]> {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query("SELECT id, user_id FROM agent_auth.registrations")).rows;
    } finally {
      await client.end();
    }
  }

  it("makes its tables, and keeps agents there and people, notes and secret in its folder over a restart", async () => {
    const first = await start({ PORT: String(await ownPort()) });
    expect(await call(`${first.baseUrl}/healthz`)).toMatchObject({ status: 200, body: { ok: true } });
    const agent = await AgentClient.discover(first.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    await approve(new Browser(first.baseUrl), body.claim);
    await agent.getToken({ grant_type: grants.claim, claim_token: body.claim_token });
    const { body: note } = await agent.writeNote("Kept");
    await first.close();

    expect(await registrations()).toEqual([{ id: body.registration_id, user_id: expect.any(String) }]);
    expect(existsSync(join(directory, "data/demo.secret"))).toBe(true);
    const own = new Database(join(directory, "data/demo.db"), { readonly: true });
    const tables = own
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .pluck()
      .all() as string[];
    own.close();
    expect(tables.filter((table) => !/^(demo|sqlite)_/.test(table))).toEqual([]);

    await start({ PORT: String(first.port) });
    expect((await agent.readNotes()).body).toEqual([note]);
  });

  it("does not start with another secret than the one the database was made with", async () => {
    await (await start({ SECRET: "a".repeat(32) })).close();
    await expect(start({ SECRET: "b".repeat(32) })).rejects.toThrow(/secret/i);
  });

  it("does not start when the database is not there, and never tells the password", async () => {
    const missing = new URL(`/nobody_made_this`, server);
    missing.password = "hunter2";
    const failure = await start({ DATABASE_URL: missing.href }).catch((error: Error) => error.message);
    expect(failure).toContain("nobody_made_this");
    expect(failure).not.toContain("hunter2");
  });
});
