/** Owns the promises of all pages in all states: complete, escaped, free of scripts, in order for everybody. */
import { describe, expect, it } from "@jest/globals";
import { createRenderer } from "../../src/views/render.js";
import { type Tag, tagsOf } from "./markup.js";
import { everyState, frame, hostile, reviewPage } from "./sample-pages.js";

const render = createRenderer(frame);
/** Text of somebody else's that is in none of our sentences. */
const word = "Quillfeather";
const namesOf = (html: string) => tagsOf(html).map((tag) => tag.name);
const attributeOf = (tag: Tag, attribute: string) => tag.attributes.get(attribute);

describe.each(everyState)("%s", (_name, pageOf) => {
  const plain = render(pageOf(word));
  const tags = tagsOf(plain);
  const named = (name: string) => tags.filter((tag) => tag.name === name);

  it("is a complete document", () => {
    expect(attributeOf(named("html")[0] as Tag, "lang")).toBe("en");
    expect(attributeOf(named("html")[0] as Tag, "dir")).toBe("ltr");
    expect(named("h1")).toHaveLength(1);
    expect(named("main")).toHaveLength(1);
    expect(named("title")[0]?.text).toContain("Example Notes");
    const metas = named("meta").map((tag) => [attributeOf(tag, "name"), attributeOf(tag, "content")]);
    expect(metas).toContainEqual(["viewport", "width=device-width, initial-scale=1"]);
    expect(metas).toContainEqual(["robots", "noindex"]);
    expect(metas).toContainEqual(["color-scheme", "light dark"]);
    expect(plain).not.toMatch(/undefined|\[object|NaN/);
  });

  it.each([word, hostile])("has no script, no inline style, no handler, no other host: %j", (text) => {
    const html = render(pageOf(text));
    for (const tag of tagsOf(html)) {
      expect(["script", "style", "img", "iframe", "object", "embed", "base"]).not.toContain(tag.name);
      for (const attribute of tag.attributes.keys()) expect(attribute).not.toMatch(/^(on.*|style|srcdoc)$/);
    }
    expect(html).not.toMatch(/https?:\/\//);
  });

  it("has the same elements with hostile text, which is shown as it is", () => {
    const html = render(pageOf(hostile));
    expect(namesOf(html)).toEqual(tags.map((tag) => tag.name));
    const shown = tagsOf(html).filter((tag) => tag.text.includes("<img src=x"));
    const expected = tags.filter((tag) => tag.text.includes(word));
    expect(shown.map((tag) => tag.name)).toEqual(expected.map((tag) => tag.name));
  });

  it("shows no character that turns, hides or breaks the text around it", () => {
    const html = render(pageOf("Pay\u202Elap\u2066\u200B\nApproved\u2028by\u0000us"));
    for (const tag of tagsOf(html)) {
      expect(tag.text).not.toMatch(/[\u200B\u202A-\u202E\u2066-\u2069\u2028\0]|Pay.*\n.*us/s);
    }
  });

  it("keeps every shown piece of somebody else's text apart from ours", () => {
    const places = tags.filter((tag) => tag.text.includes(word));
    for (const tag of places) {
      const isLabel = tag.name === "label" && attributeOf(tag, "for")?.startsWith("scope-");
      expect(isLabel || tag.name === "bdi" ? "apart" : tag.name).toBe("apart");
    }
  });

  it("cuts text of ten kilobytes short", () => {
    for (const tag of tagsOf(render(pageOf("n".repeat(10_240))))) {
      expect(/n{501}/.test(tag.text)).toBe(false);
    }
  });

  it("is at a loss for no words when somebody else's text shows nothing", () => {
    const html = render(pageOf(" \n\u200B\u3164"));
    expect(html).not.toMatch(/undefined|>null<|\[object/);
    expect(html).not.toContain('<q class="claim"><bdi></bdi>');
  });

  it("points to ids that exist, once", () => {
    const ids = tags.flatMap((tag) => attributeOf(tag, "id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const tag of tags) {
      for (const attribute of ["for", "aria-describedby", "aria-labelledby"]) {
        for (const id of attributeOf(tag, attribute)?.split(" ") ?? []) expect(ids).toContain(id);
      }
      const href = attributeOf(tag, "href");
      if (href?.startsWith("#")) expect(ids).toContain(href.slice(1));
    }
  });

  it("labels every field and names every button", () => {
    const labelled = named("label").map((tag) => attributeOf(tag, "for"));
    for (const field of named("input").filter((tag) => attributeOf(tag, "type") !== "hidden"))
      expect(labelled).toContain(attributeOf(field, "id"));
    for (const tag of [...named("button"), ...named("summary"), ...named("label")])
      expect(tag.text.trim()).not.toBe("");
  });

  it("has headings that skip no level", () => {
    const levels = tags.flatMap((tag) => /^h([1-6])$/.exec(tag.name)?.[1] ?? []).map(Number);
    for (const [index, level] of levels.entries())
      expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  it("hides its pictures from those who listen", () => {
    for (const tag of named("svg")) {
      expect(attributeOf(tag, "aria-hidden")).toBe("true");
      expect(attributeOf(tag, "focusable")).toBe("false");
    }
  });

  it("sends forms by POST, each field of a form once, and gives the focus to one element at most", () => {
    for (const markup of plain.split("<form").slice(1)) {
      const fields = tagsOf(`<form${markup.slice(0, markup.indexOf("</form>"))}</form>`);
      expect(attributeOf(fields[0] as Tag, "method")).toBe("post");
      expect(fields.some((tag) => tag.name === "button" && attributeOf(tag, "type") === "submit")).toBe(true);
      const names = fields.filter((tag) => tag.name === "input" && attributeOf(tag, "type") !== "checkbox");
      expect(new Set(names.map((tag) => attributeOf(tag, "name"))).size).toBe(names.length);
    }
    expect(tags.filter((tag) => tag.attributes.has("autofocus")).length).toBeLessThanOrEqual(1);
  });

  it("says in its title that there is a problem when there is one", () => {
    const isProblem = tags.some((tag) => attributeOf(tag, "role") === "alert");
    expect(named("title")[0]?.text.startsWith("Problem: ")).toBe(isProblem);
    if (isProblem) expect(plain.indexOf('role="alert"')).toBeLessThan(plain.indexOf("<h1"));
  });
});

describe("the frame of every page", () => {
  it("loads the host's stylesheet after ours", () => {
    const themed = createRenderer({ ...frame, themeStylesheetPath: "/theme.css" });
    const links = tagsOf(themed(reviewPage())).filter((tag) => tag.name === "link");
    expect(links.map((tag) => attributeOf(tag, "href"))).toEqual([frame.stylesheetPath, "/theme.css"]);
  });

  it.each(everyState)("escapes the name of the service: %s", (_name, pageOf) => {
    const html = createRenderer({ ...frame, serviceName: hostile })(pageOf(word));
    expect(namesOf(html)).toEqual(namesOf(render(pageOf(word))));
  });

  it.each(everyState)("is known to the stylesheet as one page: %s", (_name, pageOf) => {
    const body = tagsOf(render(pageOf(word))).find((tag) => tag.name === "body");
    expect(attributeOf(body as Tag, "class")).toMatch(
      /^page-(review|code|check-mail|continue|connected|request-link|notice)$/,
    );
  });
});
