/** The words of our mails, and the templates a host puts in their place. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createMailRenderer } from "../../src/emails/render.js";
import type { MailValues } from "../../src/protocol/mail-values.js";
import { linksOf, onlyMail } from "../support/mail-server.js";
import { mailWorld } from "../support/mail-world.js";
import { stage as openStage, temporaryFolder } from "../support/stages.js";
import { register } from "../support/world.js";
import { tagsOf } from "../views/markup.js";

const at = 1_767_225_600;
const url = (name: string) => `https://notes.example/agent?${name}=secret&b=<"'>`;
const samples: MailValues[] = [
  {
    template: "claim_link",
    claimUrl: url("claim"),
    denyUrl: url("deny"),
    providerName: "Example AI",
    requestedAt: at,
    ip: "192.0.2.1",
    expiresAt: at + 600,
  },
  {
    template: "agent_connected",
    manageUrl: url("manage"),
    providerName: null,
    connectedAt: at,
    scopes: ["Read your notes", "Write your notes"],
  },
  { template: "agent_revoked", providerName: "Example AI", revokedAt: at, revokedBy: "agent" },
  { template: "manage_link", manageUrl: url("manage") },
];
const ours = createMailRenderer({ serviceName: "Example Notes", templatesFolder: null });

describe.each(samples.map((values) => [values.template, values] as const))("%s", (_template, values) => {
  test("is whole in text and in HTML: heading, sentences, links, one column of tables", () => {
    const { subject, text, html } = ours(values);
    expect(subject).toContain("Example Notes");
    expect(text.startsWith(`${subject}\n\n`)).toBe(true);
    expect(text).not.toMatch(/undefined|null|\[object|&amp;|<(?![a-z"'>])|\n{3}/);
    const tags = tagsOf(html.replace(/<style>.*?<\/style>/s, ""));
    expect(html).not.toMatch(/undefined|null|\[object/);
    expect(
      tags
        .filter(({ name }) => name === "table")
        .every(({ attributes }) => attributes.get("role") === "presentation"),
    ).toBe(true);
    expect(tags.filter(({ name }) => name === "h1")).toHaveLength(1);
    const links = tags.flatMap(({ attributes }) => attributes.get("href") ?? []);
    const wanted = Object.entries(values).flatMap(([name, value]) => (name.endsWith("Url") ? [value] : []));
    expect(links).toEqual(wanted);
    for (const link of wanted) expect(text).toContain(`${link}\n`);
  });

  test("escapes and straightens every value that is not ours", () => {
    const hostile = '<b onclick="x">Evil</b>\r\nBcc: eve@example.com\u202E';
    const render = createMailRenderer({ serviceName: hostile, templatesFolder: null });
    const { subject, html, text } = render({
      ...values,
      ...("providerName" in values ? { providerName: hostile } : {}),
      ...("scopes" in values ? { scopes: [hostile] } : {}),
    } as MailValues);
    expect(subject).not.toMatch(/[\r\n\u202E]/);
    expect(html).not.toContain("<b ");
    expect(tagsOf(html.replace(/<style>.*?<\/style>/s, "")).map(({ name }) => name)).not.toContain("b");
    expect(text).not.toMatch(/^Bcc:/m);
    expect(`${html}${text}`).not.toContain("\u202E");
  });
});

describe("a folder of templates", () => {
  const folderWith = (files: Record<string, string>) => {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  };

  test("takes the place of ours, file by file", async () => {
    const templates = folderWith({
      "claim-link.text.ejs": "Our own words for <%= it.view.action.url %>",
      "_sentence.html.ejs": "<% for (const { text } of it.view) { %><%= text %><% } %>",
      "_mine.ejs": "A part of the host's own.",
      "notes.txt": "not a template",
    });
    const stage = await mailWorld({ mail: { templates } });
    await register.serviceAuth(stage);
    await stage.deliver();
    const mail = onlyMail(stage.server);
    expect(mail.parsed.text).toContain(`Our own words for ${linksOf(mail)[0]}`);
    expect(mail.parsed.html).toContain("Look at the request");
    expect(mail.parsed.html).not.toContain("<bdi>");
  });

  const bad: [string, () => string, RegExp][] = [
    ["that is not there", () => join(temporaryFolder(), "nowhere"), /nowhere.*does not exist/],
    [
      "that is a file",
      () => join(folderWith({ file: "" }), "file"),
      /file for mail templates cannot be read/,
    ],
    [
      "with a file named like none of ours",
      () => folderWith({ "claim_link.html.ejs": "" }),
      /claim_link\.html\.ejs is named like none of our mail templates: .*claim-link\.html\.ejs/,
    ],
    [
      "with a template that is no template",
      () => folderWith({ "manage-link.html.ejs": "<% if ( %>" }),
      /manage-link\.html\.ejs cannot be used/,
    ],
    [
      "with a template that prints what does not exist",
      () => folderWith({ "agent-revoked.text.ejs": "<%= it.view.nothing.here %>" }),
      /agent-revoked\.text\.ejs cannot be used/,
    ],
    [
      "with a template that cannot be read",
      () => {
        const folder = temporaryFolder();
        mkdirSync(join(folder, "layout.html.ejs"));
        return folder;
      },
      /layout\.html\.ejs cannot be used: EISDIR/,
    ],
  ];
  test.each(bad)(
    "%s stops the start, before anything is opened, and the error names it",
    async (_title, make, words) => {
      const path = join(temporaryFolder(), "agent-auth.db");
      const templates = make();
      const mail = { smtp: "smtp://127.0.0.1:1", from: "notes@example.com", templates };
      await expect(openStage({ options: { storage: `sqlite:${path}`, mail } })).rejects.toThrow(words);
      expect(existsSync(path)).toBe(false);
    },
  );
});
