// `npm run soak -- [--minutes 60]`: crashes under load, of hosts, of nodes and of their database, and hostile requests in
// turn, with new seeds each time, for as long as told. Stops at the first failure. Build first (`npm run build`): the
// hosts that are killed run what is built.
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("--minutes takes a number above 0.");
const root = fileURLToPath(new URL("..", import.meta.url));
const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const kinds = [
  { path: "packages/middleware/test/faults", settings: () => ({ CRASH_ROUNDS: "20" }) },
  { path: "packages/middleware/test/nodes", settings: () => ({}) },
  ...["packages/admin/test/hostile", "packages/provider/test/hostile"].map((path) => ({
    path,
    settings: () => ({ FUZZ_REQUESTS: "50000", FUZZ_SEED: String(randomInt(2 ** 31)) }),
  })),
];

const start = Date.now();
let rounds = 0;
while (Date.now() - start < minutes * 60_000) {
  const { path, settings } = kinds[rounds % kinds.length];
  const env = { ...process.env, ...settings() };
  const status = spawnSync(process.execPath, [...flags, jest, path], {
    cwd: root,
    env,
    stdio: "inherit",
  }).status;
  if (status !== 0) {
    process.exitCode = status ?? 1;
    break;
  }
  rounds += 1;
}
process.stdout.write(`${rounds} rounds in ${Math.round((Date.now() - start) / 60_000)} minutes\n`);
