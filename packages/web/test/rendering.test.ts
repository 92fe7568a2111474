/** Templates and stylesheets: what a host may replace, and that a broken template stops the start. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { compileTemplates, joinStylesheets } from "../src/rendering.js";

let ours: string;
let theirs: string;
beforeEach(() => {
  ours = mkdtempSync(join(tmpdir(), "ours-"));
  theirs = mkdtempSync(join(tmpdir(), "theirs-"));
  writeFileSync(join(ours, "page.ejs"), `<p><%= it.view.word %><%- it.part("_end", { at: it.sign }) %></p>`);
  writeFileSync(join(ours, "_end.ejs"), "<i><%= it.view.at %></i>");
});
afterEach(() => {
  for (const folder of [ours, theirs]) rmSync(folder, { recursive: true });
});
const compiled = (hostFolder: string | null = null) =>
  compileTemplates(["page", "_end"], pathToFileURL(`${ours}/`), { sign: "!" }, hostFolder);

describe("templates", () => {
  test("escape what they print, and print each other", () => {
    expect(compiled()("page", { word: "<b>" })).toBe("<p>&lt;b&gt;<i>!</i></p>");
  });

  test("are replaced by a host's of the same name, and by no other", () => {
    writeFileSync(join(theirs, "_end.ejs"), "?");
    writeFileSync(join(theirs, "other.ejs"), "<% if (");
    expect(compiled(theirs)("page", { word: "a" })).toBe("<p>a?</p>");
  });

  test("that do not compile are named", () => {
    writeFileSync(join(theirs, "page.ejs"), "<% with (it) { %><% } %>");
    expect(() => compiled(theirs)).toThrow(join(theirs, "page.ejs"));
    expect(() => compiled(join(theirs, "missing"))).toThrow(join(theirs, "missing"));
  });
});

describe("stylesheets", () => {
  const folder = new URL("../src/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".css"));

  test("are joined in their order, with a fingerprint of the whole", () => {
    writeFileSync(join(ours, "own.css"), "p { color: red }");
    const own = pathToFileURL(`${ours}/`);
    const { css, fingerprint } = joinStylesheets(["reset.css", "notice.css"], own, ["own.css"]);
    const text = (name: string) => readFileSync(new URL(name, folder), "utf8");
    expect(css).toBe([text("reset.css"), text("notice.css"), "p { color: red }"].join("\n"));
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(joinStylesheets(["reset.css"], own, ["own.css"]).fingerprint).not.toBe(fingerprint);
  });

  test.each(files)("of ours say what they own, and load nothing: %s", (name) => {
    const css = readFileSync(new URL(name, folder), "utf8");
    expect(css).toMatch(/^\/\*\s+(\* )?Owns /);
    expect(css).not.toMatch(/url\(|@import|https?:/);
    expect(css).not.toMatch(/[-\s](left|right)\s*:|(text-align|float):\s*(left|right)/);
  });
});
