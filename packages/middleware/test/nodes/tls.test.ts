/** TLS towards a PostgreSQL server: used when it is asked for, and refused when the certificate is not the server's. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type PostgresServer, startPostgres } from "../../../../test-support/postgres.mjs";
import { StoreUnavailable } from "../../src/ports.js";
import type { TlsSettings } from "../../src/storage/postgres/driver.js";
import { migrate } from "../../src/storage/postgres/migrations.js";
import { openPostgres } from "../../src/storage/postgres/open.js";
import { poolSettings, serverUrl, testPlace } from "../support/postgres.js";
import { closeAfterTest } from "../support/stages.js";

const file = (name: string) => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
const pathOf = (name: string) => new URL(`certificates/${name}`, import.meta.url).pathname;
const [ca, otherCa] = [file("ca.pem"), file("other-ca.pem")];
/** The name that stands in the certificate of each server. */
const servers = new Map<string, PostgresServer>();

const start = async (name: string) => {
  const files = { "server.crt": file(`${name}.pem`), "server.key": file(`${name}.key`) };
  const server = await startPostgres(["ssl=on"], files);
  servers.set(name, server);
  const client = new pg.Client(server.url);
  await client.connect();
  await migrate(client, "agent_auth", { isDryRun: false });
  await client.end();
};
beforeAll(async () => {
  await Promise.all([start("localhost"), start("loopback")]);
}, 60_000);
afterAll(() => Promise.all([...servers.values()].map((server) => server.destroy())));

/** The server whose certificate names `name`, reached by way of `host`. */
function urlOf(name: "localhost" | "loopback", host: "localhost" | "127.0.0.1", query = ""): string {
  return `postgres://postgres@${host}:${servers.get(name)?.port}/postgres${query}`;
}

/** What the server says of the connection, or why there is none. */
async function connected(url: string, tls?: TlsSettings, schema = "agent_auth"): Promise<boolean | string> {
  const place = { url: `${url}${url.includes("?") ? "&" : "?"}application_name=tls_test`, schema };
  const { store, reach } = openPostgres({ ...place, tls, pool: poolSettings, durability: "balanced" });
  closeAfterTest(() => store.close());
  try {
    await reach();
    await store.ping();
  } catch (error) {
    // A certificate does not become right by itself.
    expect(error).not.toBeInstanceOf(StoreUnavailable);
    return (error as Error).message;
  }
  const watcher = new pg.Client(url.replace(/\?.*/, ""));
  await watcher.connect();
  const { rows } = await watcher.query(
    "SELECT bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tls_test'",
  );
  await watcher.end();
  await store.close();
  return rows[0].ssl;
}

describe("a server that speaks TLS", () => {
  test.each([
    ["a name", "localhost", "localhost", { ca }],
    ["an address", "loopback", "127.0.0.1", { ca }],
    ["one of several authorities", "localhost", "localhost", { ca: [otherCa, ca] }],
    ["another name than the one it is reached by", "loopback", "localhost", { ca, servername: "127.0.0.1" }],
    ["a name, reached by an address", "localhost", "127.0.0.1", { ca, servername: "localhost" }],
  ] as const)("is used with it when its certificate is for %s", async (_title, name, host, tls) => {
    const settings = { ...tls, ca: Array.isArray(tls.ca) ? [...tls.ca] : (tls.ca as string) };
    expect(await connected(urlOf(name, host), settings)).toBe(true);
  });

  test.each([
    ["is signed by an authority that was not given", "localhost", "localhost", { ca: otherCa }],
    ["is signed by an authority Node does not know", "localhost", "localhost", true],
    ["is for another name", "loopback", "localhost", { ca }],
    ["is for localhost, and the URL has an address", "localhost", "127.0.0.1", { ca }],
    [
      "is for another name than the one asked for",
      "localhost",
      "localhost",
      { ca, servername: "db.example" },
    ],
  ] as const)("is refused, for good, when its certificate %s", async (_title, name, host, tls) => {
    expect(await connected(urlOf(name, host), tls)).toMatch(
      /^The database \S+ does not show the certificate it should \(.+\): check the option tls, and the host\.$/,
    );
  });

  test("is used without it when nothing asks for it", async () => {
    expect(await connected(urlOf("localhost", "localhost"))).toBe(false);
    expect(await connected(urlOf("localhost", "localhost"), false)).toBe(false);
  });
});

test("a server that speaks none is refused when TLS is asked for", async () => {
  const { schema } = await testPlace();
  expect(await connected(serverUrl(), { ca }, schema)).toMatch(/speaks no TLS/);
});

describe("sslmode of the URL", () => {
  const root = `sslrootcert=${pathOf("ca.pem")}`;

  test.each([
    ["disable", "", false],
    ["no-verify", "", true],
    ["prefer", root, true],
    ["require", root, true],
    ["verify-ca", root, true],
    ["verify-full", root, true],
  ])("%s with %j: TLS is %j", async (mode, extra, isUsed) => {
    const query = `?sslmode=${mode}${extra === "" ? "" : `&${extra}`}`;
    expect(await connected(urlOf("localhost", "localhost", query))).toBe(isUsed);
  });

  test.each(["prefer", "require", "verify-ca", "verify-full"])(
    "%s refuses a certificate of an authority nobody named, and one for another name",
    async (mode) => {
      const query = `?sslmode=${mode}`;
      expect(await connected(urlOf("localhost", "localhost", query))).toMatch(
        /does not show the certificate/,
      );
      expect(await connected(urlOf("loopback", "localhost", `${query}&${root}`))).toMatch(
        /does not show the certificate/,
      );
    },
  );
});
