// `npm run fuzz -- [--requests 20000] [--seed N] [--minutes N]`: the hostile requests of packages/admin/test/hostile and
// packages/provider/test/hostile, as many as told, or again and again with new seeds for as long as told.
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    seed: { type: "string" },
    minutes: { type: "string", default: "0" },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const jest = createRequire(import.meta.url).resolve("jest/bin/jest");
const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];

function attack(seed) {
  const env = { ...process.env, FUZZ_REQUESTS: values.requests, FUZZ_SEED: String(seed) };
  const parameters = [...flags, jest, "packages/(admin|provider)/test/hostile"];
  return spawnSync(process.execPath, parameters, { cwd: root, env, stdio: "inherit" }).status ?? 1;
}

const end = Date.now() + Number(values.minutes) * 60_000;
let status = attack(values.seed ?? randomInt(2 ** 31));
while (status === 0 && Date.now() < end) status = attack(randomInt(2 ** 31));
process.exitCode = status;
