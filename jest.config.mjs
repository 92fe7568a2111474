// Runs every package's tests in one go, as ES modules, TypeScript compiled by swc. Tests that use a database run twice:
// in the project "sqlite", which has all tests, and in "postgres". `npm test -- --selectProjects sqlite` is quicker.
// `npm test` calls this through scripts/test.mjs, which builds first and counts afterwards.
import { once, repeated, sqliteOnly } from "./test-support/two-databases.mjs";

const notRepeated = Object.values(once).flat();

/** @type {import("jest").ProjectConfig} */
const shared = {
  testEnvironment: "<rootDir>/test-support/environment.mjs",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript", decorators: false },
          target: "es2023",
          transform: { verbatimModuleSyntax: true },
        },
        module: { type: "es6" },
        sourceMaps: "inline",
      },
    ],
  },
  // TypeScript writes `./x.js` for `./x.ts`; the resolver undoes that for our own files only.
  resolver: "<rootDir>/test-support/resolver.cjs",
  // Tests run on the sources, so that a change needs no build to be tested.
  moduleNameMapper: {
    "^@agent-auth/middleware$": "<rootDir>/packages/middleware/src/index.ts",
    "^@agent-auth/provider$": "<rootDir>/packages/provider/src/index.ts",
    "^@agent-auth/admin$": "<rootDir>/packages/admin/src/index.ts",
    "^@agent-auth/middleware/testing$": "<rootDir>/packages/middleware/src/testing/index.ts",
    "^@agent-auth/web/(.+)$": "<rootDir>/packages/web/src/$1.ts",
  },
  modulePathIgnorePatterns: ["<rootDir>/packages/[^/]+/dist/"],
  setupFiles: ["<rootDir>/test-support/no-network.mjs"],
  errorOnDeprecated: true,
};

/** @type {import("jest").Config} */
export default {
  projects: [
    {
      ...shared,
      displayName: "sqlite",
      testMatch: ["<rootDir>/packages/*/test/**/*.test.ts"],
      globals: { TEST_DATABASE: "sqlite" },
    },
    {
      ...shared,
      displayName: "postgres",
      testMatch: repeated.map((folder) => `<rootDir>/${folder}/**/*.test.ts`),
      testPathIgnorePatterns: [sqliteOnly.source, ...notRepeated.map((path) => `<rootDir>/${path}`)],
      globals: { TEST_DATABASE: "postgres" },
    },
  ],
  globalSetup: "<rootDir>/test-support/global-setup.mjs",
  globalTeardown: "<rootDir>/test-support/global-teardown.mjs",
  // The second searches everything that was logged for secrets and fails the run when it finds some.
  reporters: ["default", "<rootDir>/test-support/log-scan.mjs", "<rootDir>/test-support/counts.mjs"],
  maxWorkers: 2,
  // Modules of a test file are never given back by Node; a worker that carries those of hundreds only collects garbage.
  workerIdleMemoryLimit: "1GB",
  testTimeout: 30_000,
};
