/** Owns the promises about templates: ours print nothing unescaped, a host's take their place or stop the start. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createRenderer } from "../../src/views/render.js";
import { tagsOf } from "./markup.js";
import { checkMailPage, codePage, everyState, frame, hostile, noticePage } from "./sample-pages.js";

const ourFolder = new URL("../../src/views/", import.meta.url);
const ourNames = readdirSync(ourFolder).filter((name) => name.endsWith(".ejs"));

describe("our templates", () => {
  it.each(ourNames)("%s prints unescaped nothing but our own parts", (name) => {
    const template = readFileSync(new URL(name, ourFolder), "utf8");
    expect(template.replaceAll("<%- part(", "")).not.toContain("<%-");
  });
});

describe("a host's folder of templates", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "templates-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, template: string) => writeFileSync(join(folder, name), template);

  it.each(ourNames)("may replace %s", (name) => {
    write(name, "<i><%= typeof it.view %> of the host</i>");
    const render = createRenderer(frame, folder);
    const pages = everyState.map(([, pageOf]) => render(pageOf("plain")));
    expect(pages.some((html) => html.includes("<i>object of the host</i>"))).toBe(true);
  });

  it("leaves the pages alone that it has no template for", () => {
    write("notice.ejs", "<h1>Ours</h1>");
    const [ours, theirs] = [createRenderer(frame), createRenderer(frame, folder)];
    expect(theirs(codePage())).toBe(ours(codePage()));
    expect(theirs(noticePage("claimed", "x"))).toContain("<h1>Ours</h1>");
    expect(theirs(noticePage("claimed", "x"))).toContain('<main class="card">');
  });

  it("gives a template the view, every sentence, and the other templates", () => {
    write(
      "check-mail.ejs",
      `<h1><%= it.view.heading %></h1><p><%- it.part("_sentence", it.view.body) -%></p><b><%= it.texts.answers.deny %></b>`,
    );
    const html = createRenderer(frame, folder)(checkMailPage({ maskedHint: hostile }));
    expect(html).toContain("<h1>Check your email</h1>");
    expect(html).toContain("<b>Deny</b>");
    expect(tagsOf(html).map((tag) => tag.name)).not.toContain("img");
    expect(html).toContain("&lt;img src=x");
  });

  it("is read once, when the renderer is made", () => {
    write("notice.ejs", "<h1>Before</h1>");
    const render = createRenderer(frame, folder);
    write("notice.ejs", "<h1>After</h1>");
    expect(render(noticePage("claimed", "x"))).toContain("<h1>Before</h1>");
  });

  it("may be given relative to where the process runs", () => {
    write("notice.ejs", "<h1>Ours</h1>");
    const render = createRenderer(frame, relative(process.cwd(), folder));
    expect(render(noticePage("claimed", "x"))).toContain("<h1>Ours</h1>");
  });

  it("may hold other files", () => {
    write("review.ejs.bak", "<% if (");
    write("_head.ejs", "<% if (");
    write("notes.txt", "");
    expect(createRenderer(frame, folder)(codePage())).toBe(createRenderer(frame)(codePage()));
  });

  it("may be empty, or not given at all", () => {
    const ours = createRenderer(frame)(codePage());
    expect(createRenderer(frame, folder)(codePage())).toBe(ours);
    expect(createRenderer(frame, null)(codePage())).toBe(ours);
  });

  it.each([
    ["a tag that does not close", "<p><%= it.view.heading </p>"],
    ["code that is none", "<% if (it.view { %>"],
    ["what strict code may not do", "<% with (it) { %><% } %>"],
  ])("stops the start when a template has %s, and names it", (_what, template) => {
    write("code.ejs", template);
    expect(() => createRenderer(frame, folder)).toThrow(Error);
    expect(() => createRenderer(frame, folder)).toThrow(join(folder, "code.ejs"));
  });

  it("stops the start when a template cannot be read, and names it", () => {
    mkdirSync(join(folder, "code.ejs"));
    expect(() => createRenderer(frame, folder)).toThrow(join(folder, "code.ejs"));
  });

  it("stops the start when it is missing or no folder, and is named", () => {
    const missing = join(folder, "missing");
    write("file", "");
    for (const path of [missing, join(folder, "file")])
      expect(() => createRenderer(frame, path)).toThrow(`the folder of templates ${path} cannot be read`);
  });
});
