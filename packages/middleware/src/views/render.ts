/**
 * Owns turning a page into HTML. Templates are read and compiled once, print through escaping tags only, and never
 * meet the host's view engine. Read next: `page.ts` for what goes in, `texts.ts` for every sentence.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import ejs from "ejs";
import { noticeView } from "./notice-view.js";
import type { Page, PageFrame } from "./page.js";
import { reviewView } from "./review-view.js";
import { asText } from "./sentence.js";
import { texts } from "./texts.js";

const templateNames = ["layout", "review", "notice", "_icon", "_sentence", "_problem", "_parties"] as const;
const stylesheetNames = ["pages.css", "review.css", "review-form.css", "notice.css"];
type TemplateName = (typeof templateNames)[number];

/** Prints one of our own templates inside another; `<%-` is allowed for this alone. */
type Part = (name: TemplateName, view: object) => string;

function readBeside(fileName: string): string {
  return readFileSync(new URL(`./${fileName}`, import.meta.url), "utf8");
}

function compileTemplates(): Part {
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
    return template({ view, texts, part });
  };
  return part;
}

/** Compiles the templates and returns the function that renders any page of this service. */
export function createRenderer(frame: PageFrame): (page: Page) => string {
  const part = compileTemplates();
  return (page) => {
    const content = page.page === "review" ? reviewView(frame, page) : noticeView(frame, page);
    const heading = typeof content.heading === "string" ? content.heading : asText(content.heading);
    const title = texts.pageTitle(heading, frame.serviceName);
    const hasProblem = page.page === "review" && page.problem !== null;
    return part("layout", {
      frame,
      monogram: (Array.from(frame.serviceName.trim())[0] ?? "").toUpperCase(),
      title: hasProblem ? texts.pageTitleWithProblem(title) : title,
      template: page.page,
      content,
    });
  };
}

/** Our stylesheet, and a fingerprint of it for its address. */
export function pageStylesheet(): { css: string; fingerprint: string } {
  const css = stylesheetNames.map(readBeside).join("\n");
  return { css, fingerprint: createHash("sha256").update(css).digest("hex").slice(0, 16) };
}
