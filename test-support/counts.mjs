// Jest reporter: leaves the counts of a run for `scripts/test.mjs`. Jest's own `--json` carries every value that a failed
// expectation has seen, and fails itself when one of them refers to itself, as responses do.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the counts of the last run are: `{passed, failed, skipped}` as JSON. */
export const countsFile = fileURLToPath(new URL("../.test-results/counts.json", import.meta.url));

/** A suite that could not run, or failed outside its tests, counts as one failure. */
const failuresOf = (suite) =>
  suite.failureMessage || suite.testExecError ? Math.max(suite.numFailingTests, 1) : suite.numFailingTests;

export default class Counts {
  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      failed: results.testResults.reduce((sum, suite) => sum + failuresOf(suite), 0),
      skipped: results.numPendingTests + results.numTodoTests,
    };
    mkdirSync(dirname(countsFile), { recursive: true });
    writeFileSync(countsFile, JSON.stringify(counts));
  }
}
