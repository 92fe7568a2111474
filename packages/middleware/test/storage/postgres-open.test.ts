/** Opening and migrating a PostgreSQL database: what is refused, with which sentence, and who may migrate when. */
import { readFileSync } from "node:fs";
import pg from "pg";
import { runMigrate } from "../../src/cli/migrate.js";
import { StoreUnavailable } from "../../src/ports.js";
import { loadDriver } from "../../src/storage/postgres/driver.js";
import { openPostgres } from "../../src/storage/postgres/open.js";
import * as tables from "../../src/storage/postgres/schema.js";
import { aRegistration } from "../../src/testing/builders.js";
import { bareSchema, poolSettings, serverUrl } from "../support/postgres.js";
import { postgresProxy } from "../support/postgres-proxy.js";
import { closeAfterTest } from "../support/stages.js";

const open = (place: { url?: string; schema: string }) => {
  const opened = openPostgres({ url: serverUrl(), pool: poolSettings, durability: "balanced", ...place });
  closeAfterTest(() => opened.store.close());
  return opened;
};

async function client(): Promise<pg.Client> {
  const opened = new pg.Client(serverUrl());
  await opened.connect();
  closeAfterTest(() => opened.end());
  return opened;
}

/** Runs the command as the command line would, and returns what it said. */
async function command(...given: string[]) {
  const said = { out: "", complaint: "" };
  const code = await runMigrate(given, {
    print: (text) => {
      said.out += `${text}\n`;
    },
    complain: (text) => {
      said.complaint += `${text}\n`;
    },
    databaseUrl: undefined,
  });
  return { code, ...said };
}

const migrated = async () => {
  const schema = await bareSchema();
  expect(await command(serverUrl(), "--schema", schema)).toMatchObject({ code: 0, complaint: "" });
  return schema;
};

/** What the database answers about a schema, to see that nothing changed. */
const tablesIn = async (schema: string) => {
  const { rows } = await (await client()).query(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1 ORDER BY 1, 2",
    [schema],
  );
  return rows;
};

const failureOf = (call: Promise<void>) =>
  call.then(
    () => new Error("There was no failure."),
    (error: Error) => error,
  );

describe("a store is refused, in one sentence that says what to do", () => {
  const refusal = async (place: { url?: string; schema: string }) => {
    const { store, reach } = open(place);
    const error = await failureOf(reach());
    expect(error.message).toMatch(/^The database \S+ [^\n]+\.$/);
    expect(error.cause).toBeDefined();
    // For good: it is the same failure for whoever asks again.
    expect(error).not.toBeInstanceOf(StoreUnavailable);
    expect(await failureOf(reach())).toBe(error);
    // Whoever does not wait for it is told that it is not there.
    await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable);
    return error.message;
  };

  it("on a schema nobody has migrated", async () => {
    const schema = await bareSchema();
    expect(await refusal({ schema })).toContain(
      `has no tables in the schema ${schema} yet: run npx agent-auth migrate --schema ${schema} on it`,
    );
    expect(await tablesIn(schema)).toEqual([]);
  });

  it("on a schema an older version has migrated", async () => {
    const schema = await migrated();
    await (await client()).query(
      `DELETE FROM "${schema}".agent_auth_migrations WHERE id = (SELECT max(id) FROM "${schema}".agent_auth_migrations)`,
    );
    expect(await refusal({ schema })).toContain("is behind this version: run npx agent-auth migrate");
  });

  it("on a schema a newer version has migrated, and so is migrating it", async () => {
    const schema = await migrated();
    await (await client()).query(
      `INSERT INTO "${schema}".agent_auth_migrations (hash, created_at) VALUES ('from the future', 4102444800000)`,
    );
    expect(await refusal({ schema })).toContain("was migrated by a newer version: start that version");
    const before = await tablesIn(schema);
    const answer = await command(serverUrl(), "--schema", schema);
    expect(answer.code).toBe(1);
    expect(answer.complaint).toContain("was migrated by a newer version: run the command of that version.");
    expect(await tablesIn(schema)).toEqual(before);
  });

  it("on a database that does not exist", async () => {
    const url = serverUrl().replace(/\w+$/, "nowhere");
    expect(await refusal({ url, schema: "agent_auth" })).toContain("/nowhere does not exist: create it");
  });

  it("for a user nobody knows, and tells no password", async () => {
    const url = serverUrl().replace("postgres@", "nobody:hunter2@");
    const sentence = await refusal({ url, schema: "agent_auth" });
    expect(sentence).toContain("refuses this user (28000)");
    expect(sentence).not.toMatch(/hunter2|nobody/);
  });

  it("in a database that does not store text as UTF-8", async () => {
    const administration = await client();
    await administration.query(
      "CREATE DATABASE latin ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'",
    );
    closeAfterTest(() => administration.query("DROP DATABASE latin WITH (FORCE)"));
    const url = serverUrl().replace(/\w+$/, "latin");
    expect(await refusal({ url, schema: "agent_auth" })).toContain("stores text as SQL_ASCII");
  });

  it("without the driver", async () => {
    const missing = Object.assign(new Error("Cannot find package 'pg'"), { code: "ERR_MODULE_NOT_FOUND" });
    await expect(loadDriver(() => Promise.reject(missing))).rejects.toThrow(
      "A PostgreSQL storage needs the package pg, which is not installed: npm install pg.",
    );
  });
});

it("waits for a server that is not there, and is there with it", async () => {
  const schema = await migrated();
  const proxy = await postgresProxy(serverUrl());
  await proxy.refuse();
  const { store, reach } = open({ url: proxy.url, schema });
  for (let tries = 0; tries < 3; tries += 1) {
    const error = await failureOf(reach());
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error.message).toMatch(/cannot be reached \(ECONNREFUSED\): check that it runs/);
    await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable);
  }
  await proxy.accept();
  await reach();
  await store.ping();
});

it("waits for a server that has no connection left", async () => {
  const administration = await client();
  const schema = await migrated();
  await administration.query(
    `CREATE ROLE crowd LOGIN CONNECTION LIMIT 1; GRANT USAGE ON SCHEMA "${schema}" TO crowd;
     GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO crowd`,
  );
  closeAfterTest(() => administration.query("DROP OWNED BY crowd; DROP ROLE crowd"));
  const url = serverUrl().replace("postgres@", "crowd@");
  const other = new pg.Client(url);
  await other.connect();
  const { store, reach } = open({ url, schema });
  expect(await failureOf(reach())).toBeInstanceOf(StoreUnavailable);
  await other.end();
  await reach();
  await store.close();
});

describe("agent-auth migrate", () => {
  it("makes a schema a store works on, and has nothing to do the second time", async () => {
    const schema = await bareSchema();
    expect((await command(serverUrl(), "--schema", schema)).out).toMatch(/was migrated: \d+ statements/);
    const { store, reach } = open({ schema });
    await reach();
    const registration = aRegistration();
    await store.createRegistration({ registration, attempt: null, audit: [] });
    expect(await store.findRegistration(registration.id)).toEqual(registration);
    const again = await command(serverUrl(), "--schema", schema);
    expect(again).toEqual({ code: 0, out: `The schema ${schema} is up to date.\n`, complaint: "" });
    expect(await store.findRegistration(registration.id)).toEqual(registration);
  });

  it("with --dry-run prints SQL that does the same by hand, and changes nothing", async () => {
    const schema = await bareSchema();
    const { code, out } = await command(serverUrl(), "--schema", schema, "--dry-run");
    expect(code).toBe(0);
    expect(await tablesIn(schema)).toEqual([]);
    await (await client()).query(out);
    await open({ schema }).reach();
    expect((await command(serverUrl(), "--schema", schema, "--dry-run")).out).toBe("-- Nothing to do.\n");
    const other = await migrated();
    expect(await tablesIn(schema)).toEqual(await tablesIn(other));
  });

  it("may be run by any number at once", async () => {
    const schema = await bareSchema();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => command(serverUrl(), "--schema", schema)),
    );
    expect(answers.map(({ complaint }) => complaint).join("")).toBe("");
    expect(answers.filter(({ out }) => out.includes("was migrated"))).toHaveLength(1);
    await open({ schema }).reach();
  });

  it("makes the tables in a schema that was made for a user who may make none", async () => {
    const schema = await bareSchema();
    const administration = await client();
    await administration.query(`CREATE ROLE tenant LOGIN; CREATE SCHEMA "${schema}" AUTHORIZATION tenant`);
    closeAfterTest(async () => {
      await administration.query(`DROP SCHEMA "${schema}" CASCADE; DROP OWNED BY tenant; DROP ROLE tenant`);
    });
    const url = serverUrl().replace("postgres@", "tenant@");
    expect(await command(url, "--schema", schema)).toMatchObject({ code: 0, complaint: "" });
    const { store, reach } = open({ url, schema });
    await reach();
    await store.createRegistration({ registration: aRegistration(), attempt: null, audit: [] });
    await store.close();
  });

  it("says what went wrong, without the password", async () => {
    const url = serverUrl().replace("postgres@", "nobody:hunter2@");
    const answer = await command(url);
    expect(answer.code).toBe(1);
    expect(answer.complaint).toContain("refuses this user");
    expect(answer.complaint).not.toContain("hunter2");
  });

  it.each([
    [],
    ["mysql://host/db"],
    ["postgres://a", "postgres://b"],
    ["postgres://a", "--schema", "Bad Name"],
    ["postgres://a", "--force"],
  ])("refuses to be called as %j", async (...given) => {
    const answer = await command(...given);
    expect(answer.code).toBe(2);
    expect(answer.complaint).toContain("Usage: agent-auth migrate");
  });

  it("takes the URL from DATABASE_URL", async () => {
    const lines: string[] = [];
    const schema = await bareSchema();
    const code = await runMigrate(["--schema", schema, "--dry-run"], {
      print: (text) => lines.push(text),
      complain: (text) => lines.push(text),
      databaseUrl: serverUrl(),
    });
    expect([code, lines.join("").startsWith("BEGIN;\nCREATE SCHEMA")]).toEqual([0, true]);
  });
});

it("has nothing left to generate: the migrations say what the schema says", async () => {
  const { generateDrizzleJson, generateMigration } = await import("drizzle-kit/api");
  const drizzle = new URL("../../src/storage/postgres/drizzle/meta/", import.meta.url);
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, drizzle), "utf8"));
  const { entries } = read("_journal.json");
  const newest = read(`${String(entries.length - 1).padStart(4, "0")}_snapshot.json`);
  const current = generateDrizzleJson({ ...tables }, newest.id, ["agent_auth"]);
  expect(await generateMigration(newest, current)).toEqual([]);
}, 30_000);
