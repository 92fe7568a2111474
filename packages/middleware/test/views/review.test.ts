/** Owns the promises of the review page: fair to the person who decides, whichever way the code travels. */
import { describe, expect, it } from "@jest/globals";
import { createRenderer } from "../../src/views/render.js";
import { tagsOf, tagWith } from "./markup.js";
import { ceremonies, frame, hostile, problems, reviewPage, reviewPageOf } from "./sample-pages.js";

const render = createRenderer(frame);

describe("the review page", () => {
  it("says who asks, since when, from where, and for whose account", () => {
    const html = render(reviewPage());
    expect(html).toContain("An agent asks for access to your <bdi>Example Notes</bdi> account");
    expect(html).toContain(
      '<q class="claim"><bdi>Notes Helper</bdi></q> <span class="tag">Unverified</span>',
    );
    expect(html).toContain("This name was chosen by the agent and nobody checked it.");
    expect(html).toContain('<time datetime="2026-11-21T14:03:12.000Z">21 Nov 2026, 14:03 UTC</time>');
    expect(html).toContain("<bdi>203.0.113.7</bdi>");
    expect(html).toContain(
      '<q class="claim"><bdi>notes-helper/1.4</bdi></q> <span class="tag">Unverified</span>',
    );
    expect(html).toContain("<bdi>Ada Lovelace</bdi>");
    expect(html).toContain("<bdi>ada@example.com</bdi>");
    expect(html).toContain("If you did not just ask an agent to do this, choose Deny.");
  });

  it.each([null, "", " \n\u200B\u3164"])("calls an agent without a visible name so: %j", (clientName) => {
    const html = render(reviewPage({ agent: { ...reviewPage().agent, clientName } }));
    expect(html).toContain("An agent that gave no name");
    expect(html).not.toContain("This name was chosen by the agent");
  });

  it("cuts a name of ten kilobytes short", () => {
    const clientName = "n".repeat(10_240);
    const html = render(reviewPage({ agent: { ...reviewPage().agent, clientName } }));
    expect(html).toContain(`${"n".repeat(119)}…`);
    expect(html).not.toContain("n".repeat(120));
  });

  it("offers each scope as a labelled checkbox and keeps what was ticked", () => {
    const html = render(reviewPage());
    const boxes = tagsOf(html).filter((tag) => tag.attributes.get("type") === "checkbox");
    expect(boxes.map((tag) => [tag.attributes.get("value"), tag.attributes.has("checked")])).toEqual([
      ["notes.read", true],
      ["notes.write", false],
    ]);
    expect(boxes.every((tag) => tag.attributes.get("name") === "scope")).toBe(true);
    expect(html).toContain('<label for="scope-1">Read your notes</label>');
    expect(html).toContain('<code id="scope-1-name"><bdi>notes.read</bdi></code>');
  });

  it("carries hostile form values unchanged, as values", () => {
    const html = render(reviewPageOf(hostile));
    for (const name of ["claim_attempt_token", "csrf", "scope"]) {
      expect(tagWith(html, "name", name).attributes.get("value")).toBe(hostile);
    }
  });

  it("submits the attempt and the CSRF token by POST to the given target", () => {
    const html = render(reviewPage());
    expect(tagWith(html, "method", "post").attributes.get("action")).toBe("/agent/claim");
    expect(tagWith(html, "name", "claim_attempt_token").attributes.get("value")).toBe("attempt-token");
    expect(tagWith(html, "name", "csrf").attributes.get("value")).toBe("csrf-token");
  });

  it("asks for the code once, without requiring it, so that Deny always works", () => {
    const code = tagWith(render(reviewPage()), "name", "user_code").attributes;
    expect(code.get("inputmode")).toBe("numeric");
    expect(code.get("autocomplete")).toBe("one-time-code");
    expect(code.get("autocapitalize")).toBe("off");
    for (const attribute of ["required", "pattern", "minlength", "autofocus", "aria-invalid", "value"]) {
      expect(code.has(attribute)).toBe(false);
    }
    expect(tagWith(render(reviewPage()), "value", "deny").attributes.has("formnovalidate")).toBe(true);
  });

  it("has two submit buttons of one size in one form, Authorize first, so that Enter submits the code", () => {
    const buttons = tagsOf(render(reviewPage())).filter(
      (tag) => tag.name === "button" || tag.attributes.get("type") === "submit",
    );
    expect(buttons.map((tag) => tag.attributes.get("value"))).toEqual(["authorize", "deny"]);
    expect(buttons.every((tag) => tag.attributes.get("name") === "action")).toBe(true);
    expect(buttons.map((tag) => tag.text)).toEqual(["Authorize", "Deny"]);
  });

  it("shows advisories as notes before the form", () => {
    const html = render(
      reviewPage({
        advisories: [
          { kind: "hint_mismatch", maskedHint: "b•••@example.org" },
          { kind: "first_time_account" },
        ],
      }),
    );
    expect(tagsOf(html).filter((tag) => tag.attributes.get("role") === "note")).toHaveLength(2);
    expect(html).toContain(
      "<bdi>b•••@example.org</bdi>, but you are signed in as <bdi>ada@example.com</bdi>",
    );
    expect(html).toContain("This is the first agent you connect");
    expect(html.lastIndexOf('role="note"')).toBeLessThan(html.indexOf("<form"));
  });

  it("says so when the agent asks for no particular permission", () => {
    const html = render(reviewPage({ scopes: [], problem: { kind: "no_scope" } }));
    expect(html).toContain("The agent asks for no particular permission.");
    expect(html).not.toContain("<fieldset");
  });
});

describe("the review page, by the way the code travels", () => {
  it.each(ceremonies)(
    "%s: Authorize and Deny are one form's two buttons, and Deny comes with a hint",
    (ceremony) => {
      const html = render(reviewPage({ ceremony }));
      const buttons = tagsOf(html).filter((tag) => tag.name === "button");
      expect(buttons.map((tag) => tag.attributes.get("value"))).toEqual(["authorize", "deny"]);
      expect(buttons.map((tag) => tag.attributes.get("class"))).toEqual([
        "button button-authorize",
        "button button-deny",
      ]);
      expect(tagWith(html, "value", "deny").attributes.get("aria-describedby")).toBe("deny-hint");
      expect(tagsOf(html).filter((tag) => tag.name === "form")).toHaveLength(1);
    },
  );

  it("code-entry: the field is not called optional", () => {
    const html = render(reviewPage({ ceremony: "code-entry" }));
    const code = tagWith(html, "name", "user_code").attributes;
    expect(code.get("aria-describedby")).toBe("user_code-hint");
    expect(html).not.toMatch(/Optional|Leave this empty|After you authorize, you see a code/);
    expect(tagWith(html, "id", "deny-hint").text).toBe("You need no code to deny.");
  });

  it("both: one field that may be left empty, and says for whom", () => {
    const html = render(reviewPage({ ceremony: "both" }));
    const code = tagWith(html, "name", "user_code").attributes;
    expect(code.get("aria-describedby")).toBe("user_code-optional user_code-hint");
    expect(code.has("required")).toBe(false);
    expect(tagWith(html, "id", "user_code-optional").text).toBe("Optional");
    expect(tagWith(html, "for", "user_code").text).toBe("Code your agent shows you");
    expect(html).toContain(
      "Leave this empty if your agent asks you for a code instead: it is shown after you authorize.",
    );
    expect(html).not.toContain("After you authorize, you see a code");
  });

  it("read-back: no field, but what comes after Authorize", () => {
    const html = render(reviewPage({ ceremony: "read-back" }));
    expect(html).not.toContain("user_code");
    expect(html).toContain("After you authorize, you see a code to read to your agent.");
    expect(html.indexOf("After you authorize")).toBeLessThan(html.indexOf('value="authorize"'));
    expect(tagWith(html, "id", "deny-hint").text).not.toContain("code");
  });

  it.each(problems)("read-back: $kind points to no field that is not there", (problem) => {
    const html = render(reviewPage({ ceremony: "read-back", problem }));
    const links = tagsOf(html).flatMap((tag) => (tag.name === "a" ? tag.attributes.get("href") : []));
    expect(links).toEqual(problem.kind === "no_scope" ? ["#scope-1"] : []);
    expect(tagsOf(html).filter((tag) => tag.attributes.has("autofocus"))).toHaveLength(1);
  });
});

describe("a refused submit", () => {
  it.each([
    ["wrong_code", 3, "3 tries left."],
    ["wrong_code", 1, "1 try left."],
    ["wrong_code", undefined, "That is not the right code."],
    ["malformed_code", undefined, "Enter the six digits."],
  ] as const)("%s (%s left) marks the code field", (kind, remainingGuesses, message) => {
    const problem = remainingGuesses === undefined ? { kind } : { kind, remainingGuesses };
    const html = render(reviewPage({ problem }));
    const code = tagWith(html, "name", "user_code").attributes;
    expect(code.get("aria-invalid")).toBe("true");
    expect(code.has("autofocus")).toBe(true);
    expect(code.get("aria-describedby")).toBe("user_code-hint user_code-error");
    expect(tagWith(html, "href", "#user_code").text).toContain(message);
  });

  it("no_scope marks the checkboxes, not the code", () => {
    const html = render(reviewPage({ problem: { kind: "no_scope" } }));
    expect(tagWith(html, "href", "#scope-1").text).toBe("Tick at least one permission, or choose Deny.");
    expect(tagWith(html, "id", "scope-1").attributes.get("aria-invalid")).toBe("true");
    expect(tagWith(html, "name", "user_code").attributes.has("aria-invalid")).toBe(false);
  });

  it("stale_form moves the focus to the summary", () => {
    const html = render(reviewPage({ problem: { kind: "stale_form" } }));
    expect(tagWith(html, "role", "alert").attributes.has("autofocus")).toBe(true);
    expect(html).toContain("This page was open for too long; check it and submit again.");
  });

  it.each(problems)("$kind opens with one focusable alert, and one element takes the focus", (problem) => {
    const html = render(reviewPage({ problem }));
    expect(tagWith(html, "role", "alert").attributes.get("tabindex")).toBe("-1");
    expect(tagsOf(html).filter((tag) => tag.attributes.has("autofocus"))).toHaveLength(1);
    expect(tagsOf(html).find((tag) => tag.name === "title")?.text).toMatch(/^Problem: /);
    expect(html.indexOf('role="alert"')).toBeLessThan(html.indexOf("<h1"));
  });
});
