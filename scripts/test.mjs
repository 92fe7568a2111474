// `npm test`: builds the packages, runs jest with the arguments given (`npm test -- packages/middleware/test/http`),
// and prints `N passed, N failed` alone on the last line. Fails when anything fails, or when no test ran.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { countsFile } from "../test-support/counts.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

function run(command, parameters) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
  return spawnSync(command, parameters, { cwd: root, env, stdio: "inherit" }).status ?? 1;
}

function readCounts() {
  try {
    return JSON.parse(readFileSync(countsFile, "utf8"));
  } catch {
    process.stderr.write("\njest left no results: it did not get as far as running tests.\n");
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function finish({ passed, failed: found, skipped }, status) {
  // A run that is bad though every test passed: a reporter has found something (`test-support/log-scan.mjs`).
  const failed = found === 0 && passed > 0 && status !== 0 ? 1 : found;
  if (passed + failed === 0) process.stderr.write("\nNo test ran.\n");
  const isGood = status === 0 && failed === 0 && passed > 0;
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  process.exitCode = isGood ? 0 : 1;
}

// The packaging and process tests use what is built; turbo skips what has not changed.
const built = run("npx", ["--no-install", "turbo", "run", "build", "--output-logs=errors-only"]);
if (built === 0) {
  rmSync(countsFile, { force: true });
  // As flags of node, not in NODE_OPTIONS: the processes that tests start must not inherit them.
  const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const status = run(process.execPath, [
    ...flags,
    require.resolve("jest/bin/jest"),
    ...process.argv.slice(2),
  ]);
  finish(readCounts(), status);
} else {
  process.stderr.write("\nThe build failed, so no test could run.\n");
  finish({ passed: 0, failed: 1, skipped: 0 }, built);
}
