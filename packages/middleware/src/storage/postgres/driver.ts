/** Owns the driver: loading it only where PostgreSQL is used, and what a connection is set to. */
import { checkServerIdentity } from "node:tls";
import type { ClientConfig, PoolConfig, types } from "pg";
import { codeOf } from "./failures.js";

/** Bounds of the connections of one instance. */
export interface PoolSettings {
  /** Connections at most. */
  max: number;
  /** How long a verb waits for a connection, and a connection for its server. */
  connectTimeoutMilliseconds: number;
  /** How long a statement may take. */
  statementTimeoutMilliseconds: number;
  /** How long it may wait for a row that another verb holds. */
  lockTimeoutMilliseconds: number;
  /** After which an unused connection is closed. */
  idleSeconds: number;
  /** After which a connection is closed when it is next given back; 0: never. */
  maxLifetimeSeconds: number;
}

/** TLS towards the server: certificates as PEM. `true` verifies it by the authorities Node trusts. */
export type TlsSettings =
  | boolean
  | {
      ca?: string | string[] | undefined;
      cert?: string | undefined;
      key?: string | undefined;
      servername?: string | undefined;
    };

/** Where the tables are, and how to get there. */
export interface Place {
  url: string;
  schema: string;
  tls?: TlsSettings | undefined;
  pool: PoolSettings;
}

/** The driver's module. */
export type Driver = typeof import("pg").default;

/** How much longer than the server itself we wait for the end of a statement before the connection counts as lost. */
const graceMilliseconds = 2000;

/** Loads the driver. Throws an error that says how to install it. */
export async function loadDriver(
  load: () => Promise<{ default: Driver }> = () => import("pg"),
): Promise<Driver> {
  try {
    return (await load()).default;
  } catch (error) {
    if (!/^(ERR_)?MODULE_NOT_FOUND$/.test(codeOf(error))) throw error;
    throw new Error("A PostgreSQL storage needs the package pg, which is not installed: npm install pg.", {
      cause: error,
    });
  }
}

const [bigintType, jsonType, jsonbType] = [20, 114, 3802];

/** Numbers as numbers (all are below 2^53, see `columns.ts`), JSON as its text. */
function typesOf(driver: Driver): PoolConfig["types"] {
  const parsers = driver.types;
  const getTypeParser = ((oid: number, format?: "text") => {
    if (oid === bigintType) return Number;
    if (oid === jsonType || oid === jsonbType) return (text: string) => text;
    return parsers.getTypeParser(oid, format);
  }) as typeof types.getTypeParser;
  return { getTypeParser };
}

/**
 * TLS as the driver takes it, with the name to be found in the server's certificate: left to itself, the driver minds
 * `servername` only where the URL has an IP address, and older ones look for "localhost" there.
 */
function tlsOf(url: string, tls: TlsSettings): ClientConfig["ssl"] {
  if (tls === false) return false;
  const given = tls === true ? {} : tls;
  const { hostname, searchParams } = new URL(url);
  const name = given.servername ?? (searchParams.get("host") ?? hostname).replace(/^\[|\]$/g, "");
  return { ...given, checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate) };
}

/** What every connection is opened with. */
export function clientConfig(driver: Driver, { url, tls }: Pick<Place, "url" | "tls">): ClientConfig {
  return {
    connectionString: url,
    ...(tls === undefined ? {} : { ssl: tlsOf(url, tls) }),
    fallback_application_name: "agent-auth",
    keepAlive: true,
    types: typesOf(driver),
  } as ClientConfig;
}

/** What the connections of a pool are opened with besides. Timeouts travel with the connection, not as statements. */
export function poolConfig(driver: Driver, place: Place): PoolConfig {
  const { pool } = place;
  return {
    ...clientConfig(driver, place),
    max: pool.max,
    connectionTimeoutMillis: pool.connectTimeoutMilliseconds,
    idleTimeoutMillis: pool.idleSeconds * 1000,
    maxLifetimeSeconds: pool.maxLifetimeSeconds,
    // A host that has nothing left to do may end, as it may with SQLite.
    allowExitOnIdle: true,
    statement_timeout: pool.statementTimeoutMilliseconds,
    lock_timeout: pool.lockTimeoutMilliseconds,
    // A process that stops in the middle of a verb must not hold its rows for long.
    idle_in_transaction_session_timeout: pool.statementTimeoutMilliseconds,
    query_timeout: pool.statementTimeoutMilliseconds + graceMilliseconds,
    // Statements go out without waiting for the answer to the one before (pg 8.23; older ones wait).
    pipeline: true,
  } as PoolConfig;
}
