/** Which tests run on both databases, and that whatever runs once has its reason. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { once, repeated } from "../../../../test-support/two-databases.mjs";
import { databaseKind } from "../support/database.js";
import { pathsUnder, repository } from "./sources.js";

const tests = repeated.flatMap((folder) =>
  pathsUnder(join(repository, folder))
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `${folder}/${path}`),
);
const entries = Object.entries(once).flatMap(([reason, paths]) =>
  paths.map((path) => [path, reason] as const),
);

describe("tests that run on both databases", () => {
  test("are in folders that exist", () => {
    expect(repeated.filter((folder) => !existsSync(join(repository, folder)))).toEqual([]);
    expect(tests.length).toBeGreaterThan(100);
  });

  test("run on SQLite wherever nothing else is said", () => {
    expect(databaseKind).toBe("sqlite");
  });
});

describe("tests that run once", () => {
  test.each(entries)("%s is there, and would run twice if it were not listed", (path) => {
    expect(tests.filter((file) => file.startsWith(path))).not.toEqual([]);
    expect(entries.filter(([other]) => path.startsWith(other))).toHaveLength(1);
  });

  test("are fewer than those that run twice", () => {
    const isOnce = (file: string) => entries.some(([path]) => file.startsWith(path));
    expect(tests.filter(isOnce).length).toBeLessThan(tests.length / 3);
  });
});
