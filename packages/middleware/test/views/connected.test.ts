/** Owns the promises of the connected-agents page: everything about each agent in words, and a kill switch each. */
import { describe, expect, it } from "@jest/globals";
import type { ConnectedAgent } from "../../src/views/page.js";
import { createRenderer } from "../../src/views/render.js";
import { tagsOf, tagWith } from "./markup.js";
import { connectedAgent, connectedPage, frame, hostile } from "./sample-pages.js";

const render = createRenderer(frame);
const one = (changes: Partial<ConnectedAgent> = {}) =>
  render(connectedPage({ agents: [connectedAgent(changes)] }));
const hiddenOf = (html: string) =>
  tagsOf(html)
    .filter((tag) => tag.attributes.get("type") === "hidden")
    .map(({ attributes }) => [attributes.get("name"), attributes.get("value")]);

describe("an agent on the page of connected agents", () => {
  it("is named as unverified, with its provider, permissions and times in words", () => {
    const html = one();
    expect(html).toContain(
      '<q class="claim"><bdi>Notes Helper</bdi></q> <span class="tag">Unverified</span>',
    );
    expect(html).toContain("<bdi>Example AI</bdi>, a provider that <bdi>Example Notes</bdi> trusts.");
    expect(html).toContain("<bdi>Read your notes</bdi>");
    expect(html).toContain("<bdi>Change your notes</bdi>");
    expect(html).toContain('<time datetime="2026-11-20T09:00:00.000Z">20 Nov 2026, 09:00 UTC</time>');
    expect(html).toContain('<time datetime="2026-11-21T14:01:00.000Z">21 Nov 2026, 14:01 UTC</time>');
    expect(html).not.toMatch(/Suspended|Never/);
  });

  it("without a name, a provider, permissions or a use is described all the same", () => {
    const html = one({
      clientName: " \u200B",
      providerName: null,
      kind: "anonymous",
      scopes: [],
      lastUsedAt: null,
    });
    expect(html).toContain("An agent that gave no name");
    expect(html).not.toContain("Unverified");
    expect(html).toContain("Nobody. It registered by itself.");
    expect(html).toContain("Nothing in particular.");
    expect(html).toContain("Never");
  });

  it("is tagged when it is suspended, and can be revoked then, too", () => {
    const html = one({ status: "suspended" });
    expect(tagWith(html, "class", "tag tag-warning").text).toBe("Suspended");
    expect(html).toContain("<bdi>Example Notes</bdi> has stopped this agent for now.");
    expect(tagWith(html, "value", "revoke").text).toBe("Revoke this agent");
  });

  it("is revoked in two steps: what it means lies behind a fold, with the button that confirms", () => {
    const html = one();
    expect(tagWith(html, "class", "revoke").attributes.has("open")).toBe(false);
    const fold = html.slice(html.indexOf("<details"), html.indexOf("</details>"));
    expect(tagsOf(fold).find((tag) => tag.name === "summary")?.text).toBe("Revoke…");
    expect(fold).toContain("The agent loses its access at once.");
    const button = tagWith(html, "name", "action");
    expect([button.attributes.get("value"), button.attributes.get("type")]).toEqual(["revoke", "submit"]);
    expect(fold).toContain('value="revoke"');
  });
});

describe("the page of connected agents", () => {
  it("gives each agent a form of its own, and tells them apart for those who listen", () => {
    const html = render(connectedPage());
    expect(hiddenOf(html)).toEqual([
      ["registration", "reg_1"],
      ["csrf", "csrf-1"],
      ["registration", "reg_2"],
      ["csrf", "csrf-2"],
    ]);
    const forms = tagsOf(html).filter((tag) => tag.name === "form");
    expect(forms.map(({ attributes }) => [attributes.get("method"), attributes.get("action")])).toEqual([
      ["post", "/agent/connected"],
      ["post", "/agent/connected"],
    ]);
    const told = (name: string) =>
      tagsOf(html)
        .filter((tag) => tag.name === name)
        .map((tag) => tag.attributes.get("aria-describedby"));
    expect(told("summary")).toEqual(["agent-1", "agent-2"]);
    expect(told("button")).toEqual(["agent-1 agent-1-revoke", "agent-2 agent-2-revoke"]);
  });

  it("carries hostile form values unchanged, as values", () => {
    const agents = [connectedAgent({ registrationId: hostile, csrf: hostile })];
    const html = render(connectedPage({ agents, target: hostile }));
    expect(hiddenOf(html)).toEqual([
      ["registration", hostile],
      ["csrf", hostile],
    ]);
    expect(tagWith(html, "method", "post").attributes.get("action")).toBe(hostile);
  });

  it.each([
    [{ name: "Ada Lovelace", email: "ada@example.com" }, ["Ada Lovelace", "ada@example.com"]],
    [{ name: "Ada Lovelace", email: null }, ["Ada Lovelace"]],
    [{ name: null, email: "ada@example.com" }, ["ada@example.com"]],
    [{ name: null, email: null }, []],
  ])("says whose agents they are: %j", (account, shown) => {
    const html = render(connectedPage({ account, agents: [] }));
    const owner = html.includes('class="owner"') ? html.slice(html.indexOf('class="owner"')) : "";
    expect(
      tagsOf(owner.slice(owner.indexOf("<"), owner.indexOf("</p>"))).flatMap((tag) =>
        tag.name === "bdi" ? tag.text : [],
      ),
    ).toEqual(shown);
    expect(owner.includes("Your account")).toBe(shown.length > 0);
  });

  it("teaches how an agent gets here while there is none", () => {
    const html = render(connectedPage({ agents: [] }));
    expect(html).toContain("No agents are connected");
    expect(tagsOf(html.slice(html.indexOf("<ol"))).filter((tag) => tag.name === "li")).toHaveLength(3);
    expect(html).not.toMatch(/<form|Each agent may do/);
    expect(render(connectedPage())).not.toContain("No agents are connected");
  });

  it.each([
    ["Notes Helper", "The agent that calls itself “<bdi>Notes Helper</bdi>” was revoked."],
    [null, "The agent was revoked."],
    ["\u200B", "The agent was revoked."],
  ])("says what was revoked, in a status that takes the focus: %j", (clientName, words) => {
    const html = render(connectedPage({ revoked: { clientName } }));
    const status = tagWith(html, "role", "status").attributes;
    expect([status.get("tabindex"), status.has("autofocus")]).toEqual(["-1", true]);
    expect(html).toContain(words);
    expect(html.indexOf('role="status"')).toBeLessThan(html.indexOf("<h1"));
    expect(render(connectedPage())).not.toContain('role="status"');
  });

  it("says when the page was open for too long, and that before any good news", () => {
    const html = render(connectedPage({ problem: "stale_form", revoked: { clientName: null } }));
    expect(tagWith(html, "role", "alert").attributes.has("autofocus")).toBe(true);
    expect(tagWith(html, "role", "status").attributes.has("autofocus")).toBe(false);
    expect(html).toContain("This page was open for too long; check it and submit again.");
    expect(tagsOf(html).filter((tag) => tag.name === "a")).toEqual([]);
  });
});
