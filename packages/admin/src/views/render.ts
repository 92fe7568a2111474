/**
 * Owns turning a page into HTML, without the host's view engine. Templates are read and compiled once, print through
 * escaping tags, and are given one object `it`: `it.view`, `it.texts`, and `it.part(name, view)`, another template,
 * already escaped and therefore the only thing printed with `<%-`.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import ejs from "ejs";
import type { Operator } from "../options.js";
import type { PageContent, Section } from "./page.js";
import { frame, sections } from "./texts-en.js";

const templateNames = [
  "layout",
  "_actions",
  "_block",
  "_chart",
  "_field",
  "_form",
  "_icon",
  "_inline",
  "_table",
  "_timeline",
] as const;
type TemplateName = (typeof templateNames)[number];

const stylesheetNames = [
  "base.css",
  "frame.css",
  "blocks.css",
  "marks.css",
  "figures.css",
  "table.css",
  "form.css",
];

/** What is around a page. */
export interface PageFrame {
  title: string;
  environment: string | null;
  operator: Operator | null;
  stylesheetHref: string;
  themeStylesheetHref: string | null;
  /** Path of the overview. */
  home: string;
  navigation: { section: Section; href: string }[];
}

function read(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), "utf8");
}

/** Compiles the templates and returns the function that renders any page. */
export function createRenderer(): (frame: PageFrame, page: PageContent) => string {
  const compiled = new Map(
    templateNames.map((name) => [
      name,
      // Without `with`, a misspelt name in a template is an error, not a lookup in the global scope.
      ejs.compile(read(`${name}.ejs`), { strict: true, _with: false, localsName: "it", compileDebug: false }),
    ]),
  );
  const texts = { ...frame, sections };
  const part = (name: TemplateName, view: unknown): string => {
    const template = compiled.get(name);
    if (template === undefined) throw new Error(`no template named ${name}`);
    return template({ view, texts, part });
  };
  return (pageFrame, page) => part("layout", { frame: pageFrame, page, hasProblem: hasProblem(page) });
}

function hasProblem(page: PageContent): boolean {
  return page.blocks.some((block) => block.kind === "form" && block.problems.length > 0);
}

/** Our stylesheet, and a fingerprint of it for its address. */
export function dashboardStylesheet(): { css: string; fingerprint: string } {
  const css = stylesheetNames.map(read).join("\n");
  return { css, fingerprint: createHash("sha256").update(css).digest("hex").slice(0, 16) };
}
