// What parts of the work cost by themselves, called in this process without HTTP: the guard's read on the connection that
// reads share, beside the same statement on a connection of its own for each; and noting last uses.
import pg from "pg";
import { openPostgres } from "../packages/middleware/dist/storage/postgres/open.js";
import { median } from "./report.mjs";

const together = 20;
const reads = 4000;
const pool = {
  ...{ max: 10, connectTimeoutMilliseconds: 2000, statementTimeoutMilliseconds: 5000 },
  ...{ lockTimeoutMilliseconds: 1000, idleSeconds: 3600, maxLifetimeSeconds: 0 },
};

async function costOf(server, count, work) {
  const [before, used, start] = [server.cpu(), process.cpuUsage(), process.hrtime.bigint()];
  await work();
  const wall = Number(process.hrtime.bigint() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  return { node: (user + system) / count, server: (server.cpu() - before) / count, wall: wall / count };
}

const medians = (costs) => {
  const of = (part) => median(costs.map((cost) => cost[part]));
  return { node: of("node"), server: of("server"), wall: of("wall") };
};

/** Microseconds of one read, both ways, in interleaved rounds. */
export async function compareReads(server, hashes, rounds) {
  const { store } = openPostgres({ url: server.url, schema: "agent_auth", durability: "balanced", pool });
  const connections = new pg.Pool({ connectionString: server.url, max: 10, query_timeout: 7000 });
  const text = `SELECT token.*, holder.id AS holder_id, holder.kind, holder.client_name, holder.user_id,
      holder.scopes AS holder_scopes, holder.generation AS holder_generation, holder.claimed_at,
      holder.claim_expires_at, holder.current_attempt_id, holder.ends_at, holder.suspended_at,
      holder.revoked_at AS holder_revoked_at, holder.issuer, holder.subject
    FROM agent_auth.access_tokens AS token JOIN agent_auth.registrations AS holder ON holder.id = token.registration_id
    WHERE token.hash = $1`;
  const ways = {
    own: (hash) => connections.query({ name: "bench", text, values: [hash] }),
    shared: (hash) => store.findAccessToken(hash),
  };
  const run = async (way) => {
    let number = 0;
    const caller = async () => {
      while (number < reads) {
        number += 1;
        await way(hashes[(number * 7919) % hashes.length]);
      }
    };
    await Promise.all(Array.from({ length: together }, caller));
  };
  const costs = { own: [], shared: [] };
  for (const way of Object.values(ways)) await run(way);
  for (let round = 0; round < rounds; round += 1)
    for (const name of round % 2 === 0 ? ["own", "shared"] : ["shared", "own"])
      costs[name].push(await costOf(server, reads, () => run(ways[name])));
  await connections.end();
  await store.close();
  return { own: medians(costs.own), shared: medians(costs.shared) };
}

/**
 * Microseconds and bytes of the log for one last use, in batches as a node writes them: of those that are written, and
 * of those left out because one was written within the minute.
 */
export async function measureUses(server, ids, rounds) {
  const { store } = openPostgres({ url: server.url, schema: "agent_auth", durability: "balanced", pool });
  let at = Math.floor(Date.now() / 1000);
  const record = async () => {
    for (let first = 0; first < ids.length; first += 500) {
      const batch = ids.slice(first, first + 500);
      await store.recordUse(
        batch.map((registrationId) => ({ registrationId, at, scopes: ["api.read"] })),
        60,
      );
    }
  };
  const costs = { written: [], left: [] };
  const logged = { written: [], left: [] };
  const measure = async (kind, seconds) => {
    at += seconds;
    const before = await server.wal();
    costs[kind].push(await costOf(server, ids.length, record));
    logged[kind].push(((await server.wal()) - before) / ids.length);
  };
  for (let round = 0; round < rounds; round += 1) {
    await measure("written", 100);
    await measure("left", 10);
  }
  await store.close();
  const of = (kind) => ({ ...medians(costs[kind]), wal: median(logged[kind]) });
  return { written: of("written"), left: of("left") };
}
