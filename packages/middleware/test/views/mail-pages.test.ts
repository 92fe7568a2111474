/** Owns the promises of the pages around a mail: what to do about it, and one button that nothing happens before. */
import { describe, expect, it } from "@jest/globals";
import { createRenderer } from "../../src/views/render.js";
import { tagsOf, tagWith } from "./markup.js";
import { checkMailPage, continuePage, frame, hostile, purposes, reasons } from "./sample-pages.js";

const render = createRenderer(frame);
const headingOf = (html: string) => tagsOf(html).find((tag) => tag.name === "h1")?.text;
const buttonsOf = (html: string) => tagsOf(html).filter((tag) => tag.name === "button");
const hiddenOf = (html: string) =>
  tagsOf(html)
    .filter((tag) => tag.attributes.get("type") === "hidden")
    .map(({ attributes }) => [attributes.get("name"), attributes.get("value")]);

describe("the check-mail page", () => {
  it("says something else for each reason", () => {
    const words = reasons.map((reason) => headingOf(render(checkMailPage({ reason }))));
    expect(new Set(words).size).toBe(reasons.length);
    expect(words).not.toContain(undefined);
  });

  it.each(reasons)("names the masked address and offers another mail: %s", (reason) => {
    const html = render(checkMailPage({ reason }));
    expect(html).toContain("<bdi>a•••@example.com</bdi>");
    expect(
      buttonsOf(html).map(({ attributes }) => [attributes.get("name"), attributes.get("value")]),
    ).toEqual([["action", "resend"]]);
    expect(tagWith(html, "method", "post").attributes.get("action")).toBe("/agent/claim");
    expect(hiddenOf(html)).toEqual([
      ["claim_attempt_token", "attempt-token"],
      ["csrf", "csrf-token"],
    ]);
  });

  it("makes another mail the way on only when the link is spent", () => {
    const looks = reasons.map((reason) =>
      buttonsOf(render(checkMailPage({ reason })))[0]?.attributes.get("class"),
    );
    expect(looks).toEqual(["button button-quiet", "button button-authorize", "button button-quiet"]);
  });

  it("tells those who did not ask that they need not act", () => {
    expect(render(checkMailPage())).toContain("Then do nothing: without you, it gets no access");
  });

  it.each(reasons)("answers a press of its button, and only that, with a status: %s", (reason) => {
    const answers = tagsOf(render(checkMailPage({ reason }))).filter(
      (tag) => tag.attributes.get("role") === "status",
    );
    expect(answers).toHaveLength(reason === "resent" ? 1 : 0);
  });
});

describe("the continue page", () => {
  it.each([
    ["prove_mailbox", "Continue", "button-authorize"],
    ["deny", "Deny this request", "button-danger"],
    ["open_connected", "Show my connected agents", "button-authorize"],
  ] as const)("%s has one button: %s", (purpose, label, looks) => {
    const buttons = buttonsOf(render(continuePage(purpose)));
    expect(buttons.map((tag) => tag.text)).toEqual([label]);
    expect(buttons[0]?.attributes.get("class")).toBe(`button ${looks}`);
  });

  it("says something else for each purpose", () => {
    expect(new Set(purposes.map((purpose) => headingOf(render(continuePage(purpose))))).size).toBe(3);
  });

  it.each(purposes)("submits the given fields, and no others: %s", (purpose) => {
    const html = render(continuePage(purpose));
    expect(tagWith(html, "method", "post").attributes.get("action")).toBe("/agent/claim/continue");
    expect(hiddenOf(html)).toEqual([
      ["secret", "mail-secret"],
      ["purpose", purpose],
    ]);
    expect(buttonsOf(html)[0]?.attributes.has("name")).toBe(false);
  });

  it("carries hostile fields unchanged, as names and values", () => {
    const html = render(
      continuePage("deny", { form: { target: hostile, fields: [{ name: hostile, value: hostile }] } }),
    );
    expect(hiddenOf(html)).toEqual([[hostile, hostile]]);
    expect(tagWith(html, "method", "post").attributes.get("action")).toBe(hostile);
  });

  it.each(["prove_mailbox", "deny"] as const)("%s says which agent asks, and since when", (purpose) => {
    const html = render(continuePage(purpose));
    expect(html).toContain('<bdi>Notes Helper</bdi></q> <span class="tag">Unverified</span>');
    expect(html).toContain("Nobody. It registered with an email address.");
    expect(html).toContain('<time datetime="2026-11-21T14:03:12.000Z">21 Nov 2026, 14:03 UTC</time>');
  });

  it("open_connected is about no agent", () => {
    expect(render(continuePage("open_connected"))).not.toMatch(/class="party"|<time/);
  });
});
