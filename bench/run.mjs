// `npm run bench`: what the guard, registration and the token exchange do per second, beside other people's ways of
// doing the same, in one run. Prints the report and writes it to bench/RESULTS.md.
// `--seconds N` per measurement (2), `--rounds N` (7), `--connections N` (20), `--rows N` of the large database
// (1000000; made once, kept in the folder for temporary files), `--only a,b,…`, `--no-write`.
// Rounds are interleaved and medians taken, because a machine is never as quiet as it looks; compare the ratios, and
// distrust the absolute numbers. The server's CPU time per request suffers least from what else the machine does.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ask, messageOf, start } from "./processes.mjs";
import { report } from "./report.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "7" },
    connections: { type: "string", default: "20" },
    rows: { type: "string", default: "1000000" },
    only: { type: "string" },
    "no-write": { type: "boolean", default: false },
  },
});
const whole = (name) => {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1 on.`);
  return number;
};
const [seconds, rounds, connections, rows] = ["seconds", "rounds", "connections", "rows"].map(whole);
/** More than the 10,000 rows a store may keep, so that the guard of the grown databases reads each time. */
const tokensOfGrown = 20_000;

const names = {
  bare: "bare Express, nothing mounted",
  unguarded: "unguarded handler of the same app",
  guarded: "guarded handler, one agent",
  crowded: "guarded handler, 200 connections",
  aloneUnguarded: "unguarded handler, one connection",
  alone: "guarded handler, one connection",
  small: "guarded handler, 20,000 agents, 1,000 registrations",
  large: `guarded handler, 20,000 agents, ${rows.toLocaleString("en")} registrations`,
  jose: "jose ES256 guard on the same handler",
  registration: "anonymous registration, on disk",
  exchange: "token exchange, on disk",
  oidc: "oidc-provider, client credentials, in memory",
};
const ratios = [
  { one: "guarded", other: "unguarded", least: 0.85, aim: 0.9 },
  { one: "guarded", other: "jose", least: 1.6 },
  { one: "exchange", other: "oidc", least: 1 },
  { one: "registration", other: "oidc", least: 0.8 },
  { one: "large", other: "small", least: 0.95 },
  { one: "alone", other: "aloneUnguarded" },
  { one: "unguarded", other: "bare" },
];
const targets = values.only?.split(",") ?? Object.keys(names);

const grown = ["grown", "1000", String(rows), String(tokensOfGrown)];
const apps = [["ours"], grown, ["express"], ["jose"], ["oidc"]];
const servers = apps.map((app) => start("server.mjs", 0, app));
const load = start("load.mjs", 1);

/** What to send, by target, and the process that answers it. */
async function requestsOf(server) {
  const requests = await messageOf(server);
  return Object.entries(requests).map(([target, request]) => [target, { request, server }]);
}

/** Targets that are another one under a load of their own. */
const variants = {
  crowded: { of: "guarded", connections: 200 },
  alone: { of: "guarded", connections: 1 },
  aloneUnguarded: { of: "unguarded", connections: 1 },
};

async function measure(requests, target, duration) {
  const variant = variants[target] ?? { of: target, connections };
  const { request, server } = requests[variant.of];
  const before = (await ask(server, "cpu")).cpuMicroseconds;
  const result = await ask(load, { request, seconds: duration, connections: variant.connections });
  const after = (await ask(server, "cpu")).cpuMicroseconds;
  return { ...result, cpu: (after - before) / result.requests };
}

try {
  const requests = Object.fromEntries((await Promise.all(servers.map(requestsOf))).flat());
  const results = Object.fromEntries(targets.map((target) => [target, []]));
  process.stderr.write("warming up\n");
  // Long enough for every agent of a grown database to have called once: a service is not always just started.
  for (const target of targets) await measure(requests, target, requests[target]?.request.tokens ? 10 : 1);
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    // Every other round runs backwards, so that nobody always runs after the same neighbour.
    const order = round % 2 === 0 ? targets : [...targets].reverse();
    for (const target of order) results[target].push(await measure(requests, target, seconds));
  }
  const setting = `${rounds} rounds of ${seconds} s each, interleaved, ${connections} connections where nothing else is said; medians.`;
  const text = report({ results, names, ratios, setting });
  process.stdout.write(`\n${text}`);
  if (!values["no-write"] && values.only === undefined)
    writeFileSync(
      new URL("RESULTS.md", import.meta.url),
      `# Results of \`npm run bench\`\n\nWritten by the last run. Compare the ratios; the absolute numbers are those of one machine.\n\n${text}`,
    );
} finally {
  for (const child of [...servers, load]) if (child.connected) child.disconnect();
}
