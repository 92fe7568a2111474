// Runs every package's tests in one go, as ES modules, TypeScript compiled by swc.
// `npm test` calls this through scripts/test.mjs, which builds first and counts afterwards.

/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/packages/*/test/**/*.test.ts"],
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
  globalSetup: "<rootDir>/test-support/global-setup.mjs",
  globalTeardown: "<rootDir>/test-support/global-teardown.mjs",
  // The second searches everything that was logged for secrets and fails the run when it finds some.
  reporters: ["default", "<rootDir>/test-support/log-scan.mjs"],
  setupFiles: ["<rootDir>/test-support/no-network.mjs"],
  maxWorkers: 2,
  testTimeout: 30_000,
  errorOnDeprecated: true,
};
