/** Owns the promises of the notices and of the stylesheet. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { createRenderer, pageStylesheet } from "../../src/views/render.js";
import { tagsOf, tagWith } from "./markup.js";
import { frame, noticePage, notices } from "./sample-pages.js";

const render = createRenderer(frame);

describe("the notices", () => {
  it("each have a heading of their own", () => {
    const headings = notices.map(
      (notice) => tagsOf(render(noticePage(notice, "x"))).find((tag) => tag.name === "h1")?.text,
    );
    expect(new Set(headings).size).toBe(notices.length);
  });

  it("wrong_account names the signed-in address only and leads to the switch", () => {
    const html = render({
      page: "notice",
      notice: "wrong_account",
      account: { email: "ada@example.com", switchUrl: "/sign-out?a=1&b=2" },
    });
    expect(html).toContain("<bdi>ada@example.com</bdi>");
    expect(tagWith(html, "href", "/sign-out?a=1&b=2").text).toBe("Switch account");
  });

  it.each([
    [1, "1 second"],
    [45, "45 seconds"],
    [240, "about 4 minutes"],
    [7200, "about 2 hours"],
  ])("rate_limited turns %d seconds into words", (retryAfterSeconds, words) => {
    expect(render({ page: "notice", notice: "rate_limited", retryAfterSeconds })).toContain(words);
  });

  it("no_account names the service, and link_used the way on", () => {
    expect(render(noticePage("no_account", "x"))).toContain("<bdi>Example Notes</bdi> has no account");
    expect(render(noticePage("link_used", "x"))).toContain("Open the link of a newer email");
  });

  it("server_error shows the request id", () => {
    expect(render(noticePage("server_error", "req_123"))).toContain("<bdi>req_123</bdi>");
  });
});

describe("the stylesheet", () => {
  it("has a fingerprint of its content and loads nothing from anywhere", () => {
    const { css, fingerprint } = pageStylesheet();
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(css).not.toMatch(/url\(|@import|https?:/);
    expect(css).toContain("--aa-accent:");
  });

  const folder = new URL("../../src/views/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".css"));

  it.each(files)("holds %s, which says what it owns", (name) => {
    const css = readFileSync(new URL(name, folder), "utf8");
    expect(pageStylesheet().css).toContain(css);
    expect(css).toMatch(/^\/\*\s+(\* )?Owns /);
  });

  it.each(files)("leaves left and right to the direction of the text: %s", (name) => {
    const css = readFileSync(new URL(name, folder), "utf8");
    expect(css).not.toMatch(/[-\s](left|right)\s*:|(text-align|float):\s*(left|right)/);
  });

  it("explains at the top each variable that a host may set, and uses no other", () => {
    const { css } = pageStylesheet();
    const top = css.slice(0, css.indexOf("*/"));
    const explained = [...top.matchAll(/\* {3}(--aa-[a-z-]+) /g)].map(([, name]) => name);
    const set = [...css.matchAll(/^ {2}(--aa-[a-z-]+):/gm)].map(([, name]) => name);
    const used = [...css.matchAll(/var\((--aa-[a-z-]+)/g)].map(([, name]) => name);
    expect(new Set(set)).toEqual(new Set(explained));
    expect(new Set(used)).toEqual(new Set(explained));
  });
});
