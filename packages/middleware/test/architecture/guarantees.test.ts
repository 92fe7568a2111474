/** Every guarantee of SECURITY.md names the tests that hold it, and they are there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { repository } from "./sources.js";

const text = readFileSync(join(repository, "SECURITY.md"), "utf8");
const section = text.split("## Guarantees")[1]?.split("\n## ")[0] ?? "";
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(2)
  .map((line) => line.split(" | "));

describe("SECURITY.md", () => {
  test("has guarantees", () => {
    expect(rows.length).toBeGreaterThan(25);
  });

  test.each(rows.map((cells) => [cells[0]?.slice(2) ?? "", cells]))("%s: held by tests", (_threat, cells) => {
    expect(cells).toHaveLength(3);
    const tests = [...(cells[2] ?? "").matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(
      (match) => match[1] as string,
    );
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  });
});
