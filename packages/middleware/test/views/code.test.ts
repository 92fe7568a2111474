/** Owns the promises of the code page: the code for everybody's eyes and ears, a warning, and a way back. */
import { describe, expect, it } from "@jest/globals";
import { createRenderer } from "../../src/views/render.js";
import { tagsOf, tagWith } from "./markup.js";
import { codePage, codeProblems, frame } from "./sample-pages.js";

const render = createRenderer(frame);
const buttonsOf = (html: string) =>
  tagsOf(html)
    .filter((tag) => tag.name === "button")
    .map((tag) => [tag.attributes.get("name"), tag.attributes.get("value"), tag.text]);

describe("the code page", () => {
  it("shows the code in two halves, as one piece of text", () => {
    const code = tagWith(render(codePage()), "class", "reveal-digits");
    expect(code.text).toBe("012-345");
    expect(code.attributes.get("aria-hidden")).toBe("true");
  });

  it("spells the code for those who listen, in the order of its digits", () => {
    const html = render(codePage());
    expect(tagsOf(html).find((tag) => tag.attributes.get("class") === "heard")?.text).toBe("0 1 2, 3 4 5");
    const code = tagWith(html, "class", "reveal-code").attributes;
    expect([code.get("dir"), code.get("translate")]).toEqual(["ltr", "no"]);
  });

  it("does not put the code anywhere else, such as the title or a field", () => {
    const html = render(codePage());
    expect(html.match(/012-?345/g)).toHaveLength(1);
    expect(html.match(/0 1 2, 3 4 5/g)).toHaveLength(1);
  });

  it("says until when, to whom alone, and what was allowed for which account", () => {
    const html = render(codePage());
    expect(html).toContain('<time datetime="2026-11-21T14:15:00.000Z">21 Nov 2026, 14:15 UTC</time>');
    expect(html).toContain("Read this code to the agent you just asked – nobody else.");
    expect(html).toContain("Nothing is connected before the agent brings it.");
    expect(html).toContain('<bdi>Notes Helper</bdi></q> <span class="tag">Unverified</span>');
    expect(html).toContain("<bdi>ada@example.com</bdi>");
    expect(html).toContain("<bdi>Read your notes</bdi>");
    expect(html).toContain("<bdi>Change your notes</bdi>");
  });

  it("says so when nothing in particular was allowed", () => {
    const html = render(codePage({ scopes: [] }));
    expect(html).toContain("No particular permission.");
    expect(html).not.toContain('class="permissions"');
  });

  it("has Deny alone when no other way is offered", () => {
    const html = render(codePage({ offersCodeEntry: false }));
    expect(buttonsOf(html)).toEqual([["action", "deny", "Deny"]]);
    expect(html).not.toMatch(/<details|user_code/);
  });

  it("offers the other way behind a fold, and Deny outside of it", () => {
    const html = render(codePage());
    expect(buttonsOf(html)).toEqual([
      ["action", "authorize", "Authorize"],
      ["action", "deny", "Deny"],
    ]);
    expect(tagsOf(html).find((tag) => tag.name === "summary")?.text).toBe(
      "My agent showed me a code instead",
    );
    expect(tagWith(html, "class", "unfolding").attributes.has("open")).toBe(false);
    const fold = html.slice(html.indexOf("<details"), html.indexOf("</details>"));
    expect(fold).toContain('name="user_code"');
    expect(fold).toContain('value="authorize"');
    expect(fold).not.toContain('value="deny"');
  });

  it("submits the attempt and the CSRF token by POST to the given target", () => {
    const html = render(codePage());
    expect(tagWith(html, "method", "post").attributes.get("action")).toBe("/agent/claim");
    expect(tagWith(html, "name", "claim_attempt_token").attributes.get("value")).toBe("attempt-token");
    expect(tagWith(html, "name", "csrf").attributes.get("value")).toBe("csrf-token");
  });
});

describe("a refused submit of the code page", () => {
  it.each(codeProblems)("$kind unfolds the field it is about", (problem) => {
    const html = render(codePage({ problem }));
    expect(tagWith(html, "class", "unfolding").attributes.has("open")).toBe(true);
    const isAboutCode = problem.kind !== "stale_form";
    expect(tagWith(html, "name", "user_code").attributes.has("autofocus")).toBe(isAboutCode);
    expect(tagWith(html, "role", "alert").attributes.has("autofocus")).toBe(!isAboutCode);
    expect(tagWith(html, "href", "#user_code").text).not.toBe("");
  });

  it("wrong_code says how many tries are left, at the field too", () => {
    const html = render(codePage({ problem: { kind: "wrong_code", remainingGuesses: 2 } }));
    expect(tagWith(html, "name", "user_code").attributes.get("aria-describedby")).toBe(
      "user_code-hint user_code-error",
    );
    expect(html.match(/That is not the right code\. 2 tries left\./g)).toHaveLength(2);
  });

  it.each(codeProblems)("$kind links to nothing where there is no field", (problem) => {
    const html = render(codePage({ problem, offersCodeEntry: false }));
    expect(tagsOf(html).filter((tag) => tag.name === "a")).toEqual([]);
    expect(tagWith(html, "role", "alert").attributes.has("autofocus")).toBe(true);
  });
});
