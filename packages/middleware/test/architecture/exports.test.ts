/** The public surface, pinned. A new export fails here until its reason is in the pull request. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import * as main from "../../src/index.js";
import * as testing from "../../src/testing/index.js";
import { middleware } from "./sources.js";

const manifest = JSON.parse(readFileSync(join(middleware, "package.json"), "utf8"));

describe("exports of @agent-auth/middleware", () => {
  test("main entry", () => {
    expect(Object.keys(main).sort()).toEqual(["OptionsError", "StoreUnavailable", "agentAuth"]);
  });

  test("testing entry", () => {
    expect(Object.keys(testing).sort()).toEqual([
      "aRegistration",
      "aSigningKey",
      "aToken",
      "anAttempt",
      "describeAdminJobs",
      "describeAdminQueries",
      "describeStore",
      "fixedClock",
      "seededRandom",
    ]);
  });

  test("package.json", () => {
    expect(manifest.type).toBe("module");
    expect(manifest.main).toBeUndefined();
    expect(manifest.exports).toEqual({
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./testing": { types: "./dist/testing/index.d.ts", default: "./dist/testing/index.js" },
      "./package.json": "./package.json",
    });
    expect(manifest.files).toEqual(["dist", "README.md", "AUTH.md"]);
    expect(Object.keys(manifest.peerDependencies)).toEqual(["express", "pg", "prom-client"]);
    expect(manifest.peerDependenciesMeta).toEqual({
      pg: { optional: true },
      "prom-client": { optional: true },
    });
  });
});
