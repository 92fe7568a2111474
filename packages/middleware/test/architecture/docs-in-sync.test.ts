/** Generated documentation is what the code generates today. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { errorTable } from "../../src/protocol/errors.js";
import { pathsUnder, repository } from "./sources.js";

const generate = join(repository, "scripts/generate-docs.mjs");

describe("docs", () => {
  test("are in sync with the code", () => {
    const check = spawnSync(process.execPath, [generate, "--check"], { encoding: "utf8" });
    expect(check.stderr).toBe("");
    expect(check.status).toBe(0);
  });

  test("list every error with its remedy", () => {
    const text = readFileSync(join(repository, "docs/errors.md"), "utf8");
    const missing = Object.values(errorTable).filter(
      ({ error, message, remedy }) =>
        !text.includes(`\`${error}\``) || !text.includes(message) || !text.includes(remedy),
    );
    expect(missing).toEqual([]);
  });

  test("the check notices a table that was edited by hand", () => {
    const folder = mkdtempSync(join(tmpdir(), "agent-auth-docs-"));
    try {
      cpSync(join(repository, "docs"), join(folder, "docs"), { recursive: true });
      const stale = "# A\n\n<!-- generated:errors -->\nold\n<!-- /generated -->\n\nend\n";
      writeFileSync(join(folder, "AUTH.md"), stale);
      const run = (...parameters: string[]) =>
        spawnSync(process.execPath, [generate, "--into", folder, ...parameters], { encoding: "utf8" });
      expect(run("--check")).toMatchObject({ status: 1, stderr: expect.stringContaining("AUTH.md") });
      expect(readFileSync(join(folder, "AUTH.md"), "utf8")).toBe(stale);
      expect(run().status).toBe(0);
      expect(run("--check").status).toBe(0);
      const fresh = readFileSync(join(folder, "AUTH.md"), "utf8");
      expect(fresh).toContain("`invalid_claim_token`");
      expect(fresh.startsWith("# A\n") && fresh.endsWith("\n\nend\n")).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("cover the pages they should", () => {
    const names = execFileSync(process.execPath, [generate, "--list"], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(names).toEqual(expect.arrayContaining(["docs/options.md", "docs/errors.md", "README.md"]));
  });

  test("link to files that exist", () => {
    const pages = [
      ...readdirSync(repository).filter((name) => name.endsWith(".md")),
      ...pathsUnder(join(repository, "docs"))
        .filter((name) => name.endsWith(".md"))
        .map((name) => `docs/${name}`),
      "packages/middleware/README.md",
    ];
    const broken = pages.flatMap((page) => {
      const text = readFileSync(join(repository, page), "utf8").replace(/```[\s\S]*?```/g, "");
      return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = ""]) => target.replace(/#.*$/, ""))
        .filter((target) => target !== "" && !/^[a-z]+:/.test(target) && !/\{\{|<%/.test(target))
        .filter((target) => !existsSync(join(repository, page, "..", target)))
        .map((target) => `${page}: ${target}`);
    });
    expect(broken).toEqual([]);
  });
});
