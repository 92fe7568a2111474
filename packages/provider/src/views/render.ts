/**
 * Owns turning a page into HTML. Templates are read and compiled once, print through escaping tags only, and never
 * meet the host's view engine. Read next: `page.ts` for what goes in, `notices.ts` for the notices' words.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import ejs from "ejs";
import { notices } from "./notices.js";
import type { Page, PageFrame } from "./page.js";
import { type Moment, momentOf, statusOf } from "./words.js";

const templateNames = [
  "layout",
  "sign-in",
  "sign-out",
  "device",
  "device-answer",
  "consent",
  "delegations",
  "notice",
  "_icon",
  "_time",
] as const;
const stylesheetNames = ["pages.css", "forms.css", "delegations.css"];
type TemplateName = (typeof templateNames)[number];

/** Prints one of our own templates inside another; `<%-` is allowed for this alone. */
type Part = (name: TemplateName, view: object) => string;

function readBeside(fileName: string): string {
  return readFileSync(new URL(`./${fileName}`, import.meta.url), "utf8");
}

const titles: Record<Exclude<Page["page"], "notice">, string> = {
  "sign-in": "Sign in",
  "sign-out": "Sign out",
  device: "Connect an agent",
  "device-answer": "Connect an agent",
  consent: "Allow a service",
  delegations: "Your connections",
};

const show = {
  moment: (seconds: number): Moment => momentOf(seconds),
  hostOf: (audience: string): string => (URL.canParse(audience) ? new URL(audience).host : audience),
  statusOf,
};

/** Compiles the templates and returns the function that renders any page. */
export function createRenderer(frame: PageFrame): (page: Page) => string {
  const compiled = new Map(
    templateNames.map((name) => [
      name,
      // Without `with`, a misspelt name in a template is an error, not a lookup in the global scope.
      ejs.compile(readBeside(`${name}.ejs`), {
        strict: true,
        _with: false,
        localsName: "it",
        compileDebug: false,
      }),
    ]),
  );
  const part: Part = (name, view) => {
    const template = compiled.get(name);
    if (template === undefined) throw new Error(`no template named ${name}`);
    return template({ view, frame, show, part });
  };
  return (page) => {
    const content = page.page === "notice" ? { ...page, ...noticeOf(page) } : page;
    const title = page.page === "notice" ? notices[page.notice].heading : titles[page.page];
    const hasProblem =
      (page.page === "sign-in" && page.isWrong) || (page.page === "device" && page.isUnknown);
    return part("layout", {
      template: page.page,
      content,
      title: `${hasProblem ? "Problem: " : ""}${title} – ${frame.providerName}`,
      monogram: (Array.from(frame.providerName.trim())[0] ?? "").toUpperCase(),
      account: "account" in page ? page.account : null,
    });
  };
}

function noticeOf(page: Extract<Page, { page: "notice" }>) {
  const notice = notices[page.notice];
  const [before, after] = notice.body.split("{service}");
  return {
    tone: notice.tone,
    heading: notice.heading,
    before,
    service: after === undefined ? null : show.hostOf(page.audience ?? ""),
    after: after ?? "",
    actionLabel: notice.action ?? null,
    action: page.action ?? null,
  };
}

/** Our stylesheet, and a fingerprint of it for its address. */
export function pageStylesheet(): { css: string; fingerprint: string } {
  const css = stylesheetNames.map(readBeside).join("\n");
  return { css, fingerprint: createHash("sha256").update(css).digest("hex").slice(0, 16) };
}
