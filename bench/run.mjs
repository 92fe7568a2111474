// `npm run bench`: requests per second of bare Express, an unguarded handler of the same app, a guarded one, a jose JWT guard, registration and
// token exchange, side by side in one run. `--seconds N` per measurement (2), `--rounds N` (5), `--connections N` (20).
// Rounds are interleaved and medians taken, because a machine is never as quiet as it looks; compare the ratios, and
// distrust the absolute numbers. The server's CPU time per request suffers least from what else the machine does.
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "20" },
  },
});
const whole = (name) => {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1 on.`);
  return number;
};
const seconds = whole("seconds");
const rounds = whole("rounds");
const connections = whole("connections");

const names = {
  bare: "bare Express, nothing mounted",
  unguarded: "unguarded handler of the same app",
  guarded: "guarded handler (requireAgent, SQLite file)",
  jose: "jose guard (ES256 JWT, for comparison)",
  registration: "anonymous registration",
  exchange: "token exchange (jwt-bearer)",
};

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The next message of a process, or its failure. */
async function messageOf(child) {
  const ended = new AbortController();
  const exit = once(child, "exit", { signal: ended.signal }).then(([code]) => {
    throw new Error(`A process of the benchmark ended with ${code}.`);
  });
  try {
    const [message] = await Promise.race([once(child, "message"), exit]);
    return message;
  } finally {
    exit.catch(() => {});
    ended.abort();
  }
}

const start = (file) => fork(new URL(file, import.meta.url));
const server = start("server.mjs");
const load = start("load.mjs");

async function cpuOfServer() {
  server.send("cpu");
  return (await messageOf(server)).cpuMicroseconds;
}

async function measure(request, duration) {
  const before = await cpuOfServer();
  load.send({ request, seconds: duration, connections });
  const result = await messageOf(load);
  return { ...result, cpu: ((await cpuOfServer()) - before) / result.requests };
}

try {
  const requests = await messageOf(server);
  const targets = Object.keys(names);
  const results = Object.fromEntries(targets.map((target) => [target, []]));

  process.stderr.write("warming up\n");
  for (const target of targets) await measure(requests[target], 1);
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    // Every other round runs backwards, so that nobody always runs after the same neighbour.
    const order = round % 2 === 0 ? targets : [...targets].reverse();
    for (const target of order) results[target].push(await measure(requests[target], seconds));
  }

  const rows = targets.map((target) => ({
    name: names[target],
    perSecond: median(results[target].map((result) => result.perSecond)),
    p99: median(results[target].map((result) => result.p99)),
    cpu: median(results[target].map((result) => result.cpu)),
    failed: results[target].reduce((sum, result) => sum + result.failed, 0),
  }));
  const line = (name, ...cells) =>
    `${name.padEnd(46)}${cells.map((cell) => String(cell).padStart(12)).join("")}\n`;
  process.stdout.write(`\n${line("", "requests/s", "p99 ms", "CPU us/req", "failed")}`);
  for (const { name, perSecond, p99, cpu, failed } of rows)
    process.stdout.write(line(name, Math.round(perSecond), Math.round(p99), Math.round(cpu), failed));

  process.stdout.write("\n");
  // Each round is compared with itself first: what slows one round slows both of its sides.
  const ratio = (one, other, speedOf) =>
    median(results[one].map((result, round) => speedOf(result) / speedOf(results[other][round]))).toFixed(2);
  const perSecond = (result) => result.perSecond;
  const perCpu = (result) => 1 / result.cpu;
  for (const [one, other] of [
    ["guarded", "unguarded"],
    ["unguarded", "bare"],
    ["guarded", "jose"],
  ]) {
    const byCpu = ratio(one, other, perCpu);
    process.stdout.write(`${one}/${other} ratio ${ratio(one, other, perSecond)} (by CPU time ${byCpu})\n`);
  }
} finally {
  for (const child of [server, load]) if (child.connected) child.disconnect();
}
