/** Owns worlds, listeners and files that go away after the test that opened them. */
import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestListener,
  type ServerOptions,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "@jest/globals";
import { type TestDatabase, testDatabase } from "./database.js";
import { type World, type WorldOptions, world } from "./world.js";

const closings: (() => unknown)[] = [];

/** Calls `close` after the current test; what was opened last is closed first. */
export function closeAfterTest(close: () => unknown): void {
  closings.push(close);
}

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** A world that is closed after the test. */
export async function stage(options: WorldOptions = {}): Promise<World> {
  const opened = await world(options);
  closeAfterTest(() => opened.close());
  return opened;
}

/** A folder of the test's own. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
  closeAfterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A database of the test's own, gone after it. */
export async function ownDatabase(): Promise<TestDatabase> {
  const database = await testDatabase();
  closeAfterTest(() => database.destroy());
  return database;
}

const tables = [
  "registrations",
  "claim_attempts",
  "access_tokens",
  "refresh_tokens",
  "audit_events",
  "signing_keys",
] as const;

export interface DatabaseStage extends World {
  database: TestDatabase;
  /** Every row of the tables a request may change: equal before and after means nothing changed. */
  stored(): Promise<object>;
}

/** A world on a database that tests can look into: one of its own, unless it is given one. */
export async function databaseStage({
  options = {},
  database,
  ...rest
}: WorldOptions & { database?: TestDatabase } = {}): Promise<DatabaseStage> {
  const used = database ?? (await ownDatabase());
  const opened = await stage({ ...rest, options: { storage: used.storage, ...options } });
  return { ...opened, database: used, stored: () => used.snapshot(tables) };
}

/** Listens on 127.0.0.1 until the test ends. */
export async function listening(
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<{ port: number; url: string }> {
  const server = createServer(options, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}` };
}

export interface RawResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Every `WWW-Authenticate` line. */
  challenges: string[];
  text: string;
}

/** One request without a client's good manners: an array of values becomes that many header lines. */
export function rawRequest(
  port: number,
  input: { method?: string; path: string; headers?: OutgoingHttpHeaders; body?: string | Buffer },
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const { method = "GET", path, headers = {}, body } = input;
    const request = httpRequest(
      { host: "127.0.0.1", port, method, path, headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const challenges = response.rawHeaders.filter(
            (_value, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === "www-authenticate",
          );
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            challenges,
            text: Buffer.concat(chunks).toString("utf8"),
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
