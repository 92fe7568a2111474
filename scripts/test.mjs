// `npm test`: builds the packages, runs jest with the arguments given (`npm test -- packages/middleware/test/http`),
// and prints `N passed, N failed` alone on the last line. Fails when anything fails, or when no test ran.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = ".test-results/jest.json";
const require = createRequire(import.meta.url);

function run(command, parameters) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
  return spawnSync(command, parameters, { cwd: root, env, stdio: "inherit" }).status ?? 1;
}

/** A suite that could not run, or failed outside its tests, counts as one failure. */
function failuresOf(suite) {
  const failed = suite.assertionResults.filter((test) => test.status === "failed").length;
  return suite.status === "failed" ? Math.max(failed, 1) : failed;
}

function readCounts() {
  try {
    const report = JSON.parse(readFileSync(`${root}/${results}`, "utf8"));
    const failed = report.testResults.reduce((sum, suite) => sum + failuresOf(suite), 0);
    return {
      passed: report.numPassedTests,
      // A run that is bad though every test passed: a reporter has found something (`test-support/log-scan.mjs`).
      failed: failed === 0 && !report.success ? 1 : failed,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    process.stderr.write("\njest left no results: it did not get as far as running tests.\n");
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function finish({ passed, failed, skipped }, status) {
  if (passed + failed === 0) process.stderr.write("\nNo test ran.\n");
  const isGood = status === 0 && failed === 0 && passed > 0;
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
  process.exitCode = isGood ? 0 : 1;
}

// The packaging and process tests use what is built; turbo skips what has not changed.
const built = run("npx", ["--no-install", "turbo", "run", "build", "--output-logs=errors-only"]);
if (built === 0) {
  mkdirSync(`${root}/.test-results`, { recursive: true });
  rmSync(`${root}/${results}`, { force: true });
  // As flags of node, not in NODE_OPTIONS: the processes that tests start must not inherit them.
  const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const jest = [require.resolve("jest/bin/jest"), "--json", `--outputFile=${results}`];
  const status = run(process.execPath, [...flags, ...jest, ...process.argv.slice(2)]);
  finish(readCounts(), status);
} else {
  process.stderr.write("\nThe build failed, so no test could run.\n");
  finish({ passed: 0, failed: 1, skipped: 0 }, built);
}
