/** Owns the tests of accounts made for somebody a provider vouches for, and of the addresses they do not take. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import Database from "better-sqlite3";
import { openAccounts } from "../../src/accounts.js";
import { type DemoDatabase, openDatabase } from "../../src/database.js";
import { startDemo } from "../support/running-demo.js";

describe("an account made for a provider's person", () => {
  let database: DemoDatabase;
  let accounts: ReturnType<typeof openAccounts>;
  beforeEach(async () => {
    database = openDatabase(null);
    accounts = openAccounts(database);
    await accounts.seed();
  });
  afterEach(() => {
    database.close();
  });
  const carol = { email: "Carol@example.com", name: "Carol", idempotencyKey: "key-1" };

  it("is made once per key", () => {
    const made = accounts.provision(carol);
    expect(made).toMatchObject({ email: "carol@example.com", name: "Carol", emailVerified: false });
    expect(accounts.provision(carol)).toEqual(made);
    expect(accounts.findById(made?.id ?? "")).toEqual(made);
    expect(accounts.provision({ ...carol, idempotencyKey: "key-2" })?.id).not.toBe(made?.id);
  });

  it("has a name even when the provider tells none, and needs an address", () => {
    expect(accounts.provision({ ...carol, name: null })?.name).toBe("carol");
    expect(accounts.provision({ ...carol, email: null })).toBeNull();
  });

  it("is not found by its address, and nobody signs in to it", async () => {
    accounts.provision(carol);
    expect(accounts.findByEmail("carol@example.com")).toBeNull();
    for (const password of ["", "carol-demo", "null"])
      expect(await accounts.signIn("carol@example.com", password)).toBeNull();
  });

  it("is not made for an address whose owner can be asked", () => {
    expect(accounts.findByEmail("ALICE@example.com")).toMatchObject({ name: "Alice", emailVerified: true });
    expect(accounts.provision({ ...carol, email: "alice@example.com" })).toBeNull();
  });

  it("does not keep its person from signing up, nor hands itself over", async () => {
    const made = accounts.provision(carol);
    const token = await accounts.signUp({
      email: "carol@example.com",
      password: "her-own-one",
      name: "Carol",
    });
    expect(accounts.findByEmail("carol@example.com")).toBeNull();
    const own = await accounts.verify(token ?? "", null);
    expect(own?.id).not.toBe(made?.id);
    expect(accounts.findByEmail("carol@example.com")).toEqual(own);
    expect(accounts.provision(carol)).toEqual(made);
    expect((await accounts.signIn("carol@example.com", "her-own-one"))?.id).toBe(own?.id);
  });
});

describe("a data folder from before", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "agent-auth-demo-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const common = "verified_at TEXT, verification_hash TEXT UNIQUE, verification_expires_at TEXT";
  it.each([
    ["accounts of a provider's people", `email TEXT NOT NULL UNIQUE, password_hash TEXT NOT NULL, ${common}`],
    [
      "passwords chosen later",
      `email TEXT NOT NULL, password_hash TEXT, ${common}, idempotency_key TEXT UNIQUE,
       CHECK ((password_hash IS NULL) <> (idempotency_key IS NULL))`,
    ],
  ])("there were %s keeps its people", async (_what, columns) => {
    const path = join(folder, "demo.db");
    const before = new Database(path);
    before.exec(`
      CREATE TABLE demo_users (id TEXT PRIMARY KEY, name TEXT NOT NULL, ${columns}) STRICT;
      INSERT INTO demo_users (id, email, name, password_hash, verified_at)
      VALUES ('usr_1', 'frida@example.com', 'Frida', 'scrypt$1$1$1$$', '2026-01-01')`);
    before.close();
    for (const _start of ["first", "second"]) {
      const demo = await startDemo({ DATABASE_URL: `sqlite:${path}` });
      await demo.close();
    }
    const database = openDatabase(path);
    const accounts = openAccounts(database);
    expect(accounts.findByEmail("frida@example.com")).toMatchObject({ id: "usr_1", name: "Frida" });
    const person = { email: "x@example.com", name: null, idempotencyKey: "k" };
    expect(accounts.provision(person)).not.toBeNull();
    expect(accounts.create({ ...person, issuer: null })).toMatchObject({ emailVerified: true });
    database.close();
  });
});
