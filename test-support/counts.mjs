// Jest reporter: leaves the counts of a run for `scripts/test.mjs`. Jest's own `--json` carries every value that a failed
// expectation has seen, and fails itself when one of them refers to itself, as responses do.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Where the counts of the last run are: `{passed, failed, skipped, seconds}` as JSON. */
export const countsFile = `${root}.test-results/counts.json`;

/** A suite that could not run, or failed outside its tests, counts as one failure. */
const failuresOf = (suite) =>
  suite.failureMessage || suite.testExecError ? Math.max(suite.numFailingTests, 1) : suite.numFailingTests;

export default class Counts {
  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      failed: results.testResults.reduce((sum, suite) => sum + failuresOf(suite), 0),
      skipped: results.numPendingTests + results.numTodoTests,
      // Where the time goes, the slowest file first.
      seconds: results.testResults
        .map(({ displayName, testFilePath, perfStats }) => [
          perfStats.runtime / 1000,
          displayName?.name ?? "",
          relative(root, testFilePath),
        ])
        .sort(([one], [other]) => other - one),
    };
    mkdirSync(dirname(countsFile), { recursive: true });
    writeFileSync(countsFile, JSON.stringify(counts));
  }
}
