// `npm run bench:jobs [-- --rows N] [--no-write]`: how many registrations an operators' job revokes in a second, on
// SQLite and on PostgreSQL, and how long the process then answers nobody else. Writes bench/RESULTS-jobs.md.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { agentAuth } from "../packages/middleware/dist/index.js";
import { fill } from "./postgres-fill.mjs";
import { startServer } from "./postgres-server.mjs";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "50000" }, "no-write": { type: "boolean", default: false } },
});
const folder = mkdtempSync(join(tmpdir(), "agent-auth-bench-jobs-"));
const file = join(folder, "jobs.db");
execFileSync("node", [fileURLToPath(new URL("../scripts/seed.mjs", import.meta.url)), values.rows, file]);

/** Revokes everything there is. */
async function measure(storage) {
  const auth = agentAuth({
    issuer: "https://notes.example",
    resourceName: "Example Notes",
    storage,
    secrets: ["a secret for a benchmark, thirty-two bytes or more"],
    scopes: { "api.read": "Read" },
    preClaimScopes: ["api.read"],
    postClaimScopes: ["api.read"],
    accounts: { findById: () => null, currentUser: () => null, loginUrl: () => "/" },
    backgroundWork: false,
  });
  await auth.ready();
  const operator = { operatorId: "op_bench", reason: "A drill", ip: null };
  const { id } = await auth.admin.startJob({ action: "revoke", filter: {}, includeNew: true, operator });
  const pauses = [];
  let last = performance.now();
  const watch = setInterval(() => {
    pauses.push(performance.now() - last);
    last = performance.now();
  }, 1);
  const start = performance.now();
  let job;
  do {
    await auth.sweep();
    job = await auth.admin.findJob(id);
  } while (job.finishedAt === null);
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  pauses.sort((one, other) => one - other);
  await auth.close();
  return {
    changed: job.changed,
    perSecond: job.changed / seconds,
    pause: pauses[Math.floor(pauses.length * 0.99)],
    longest: pauses.at(-1),
  };
}

const server = await startServer();
await fill(server, file);
const results = { SQLite: await measure(`sqlite:${file}`), PostgreSQL: await measure(server.url) };
const number = (value) => Math.round(value).toLocaleString("en");
const rows = Object.entries(results).map(
  ([name, { changed, perSecond, pause, longest }]) =>
    `| ${name} | ${number(changed)} | ${number(perSecond)} | ${(1e6 / perSecond / 60).toFixed(1)} | ${number(pause)} | ${number(longest)} |`,
);
const text = `# Bulk jobs

Written by \`npm run bench:jobs\` on Node ${process.version}, ${cpus()[0].model.trim()}, ${cpus().length} cores: "revoke everything" among ${number(Number(values.rows))} registrations, by one instance that has nothing else to do. PostgreSQL is on the same machine and waits for its disk at every commit. Pauses are those of the event loop: how long nobody else was answered.

| database | revoked | a second | minutes for a million | pause, p99 (ms) | longest pause (ms) |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
process.stdout.write(text);
if (!values["no-write"]) writeFileSync(new URL("RESULTS-jobs.md", import.meta.url), text);
await server.destroy();
rmSync(folder, { recursive: true });
process.exit(0);
