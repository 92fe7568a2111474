/** A disk that gets full under load: refused in the right shape, nothing half done, and everything there afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { closeAfterTest } from "../support/stages.js";
import { startHost } from "./host-process.js";
import { ask, exchange, type Reply } from "./ledger.js";

const register = (origin: string): Promise<Reply> =>
  ask(origin, "/agent/identity", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "anonymous" }),
  });
const call = (origin: string, token: string) =>
  ask(origin, "/api/notes", { headers: { authorization: `Bearer ${token}` } });

test("what does not fit any more is refused with 503, and what was acknowledged is there after a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-auth-full-"));
  closeAfterTest(async () => rmSync(folder, { recursive: true }));
  const file = join(folder, "full.db");
  const nobody = "http://127.0.0.1:9";
  // Room for the schema and some hundred rows: files may grow to 6 MiB, and tables of others fill most of that.
  const others = new Database(file);
  others.exec(`CREATE TABLE others (bytes BLOB); INSERT INTO others VALUES (zeroblob(${4.5 * 1024 * 1024}))`);
  others.close();
  const small = await startHost(file, nobody, { limitBlocks: 12_288 });
  const kept: { id: string; assertion: string }[] = [];
  let token = "";
  let refused: Reply | null = null;
  for (let tries = 0; tries < 2000 && refused === null; tries += 1) {
    const reply = await register(small.origin);
    if (reply.status === 200) kept.push({ id: reply.body.id, assertion: reply.body.identity_assertion });
    else refused = reply;
    if (token === "") token = (await exchange(small.origin, reply.body.identity_assertion)).body.access_token;
  }
  expect(refused).toMatchObject({
    status: 503,
    body: { error: "temporarily_unavailable", retry_after: expect.any(Number) },
  });
  expect(kept.length).toBeGreaterThan(100);

  // Reading needs no room: the API goes on, and so does the page that says what this is.
  expect((await call(small.origin, token)).status).toBe(200);
  expect((await ask(small.origin, "/.well-known/jwks.json")).status).toBe(200);
  // A token takes less room than a registration: some may fit still.
  const statuses = new Set<number>();
  for (let tries = 0; tries < 500 && !statuses.has(503); tries += 1)
    statuses.add((await exchange(small.origin, kept[0]?.assertion ?? "")).status);
  expect(statuses.has(503)).toBe(true);
  expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect((await call(small.origin, token)).status).toBe(200);
  await small.kill();

  const roomy = await startHost(file, nobody);
  closeAfterTest(() => roomy.kill());
  for (const { assertion } of kept) expect((await exchange(roomy.origin, assertion)).status).toBe(200);
  expect((await call(roomy.origin, token)).status).toBe(200);
  expect((await register(roomy.origin)).status).toBe(200);
}, 120_000);
