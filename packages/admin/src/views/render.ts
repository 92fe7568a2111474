/**
 * Owns turning a page into HTML. Templates are given `it.view`, `it.texts`, and `it.part(name, view)`, another template,
 * already escaped and therefore the only thing printed with `<%-`.
 */
import { compileTemplates, joinStylesheets, type Stylesheet } from "@agent-auth/web/rendering";
import type { Operator } from "../options.js";
import { type Theme, themes } from "../theme.js";
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
const folder = new URL("./", import.meta.url);

const stylesheetNames = [
  "base.css",
  "frame.css",
  "navigation.css",
  "blocks.css",
  "marks.css",
  "figures.css",
  "table.css",
  "wide-table.css",
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
  theme: Theme;
  /** Null: nobody is signed in. */
  themeForm: { action: string; csrf: string; returnTo: string } | null;
}

/** Compiles the templates and returns the function that renders any page. */
export function createRenderer(): (frame: PageFrame, page: PageContent) => string {
  const texts = { ...frame, sections };
  const part = compileTemplates(templateNames, folder, { texts });
  return (pageFrame, page) =>
    part("layout", { frame: pageFrame, page, themes, hasProblem: hasProblem(page) });
}

function hasProblem(page: PageContent): boolean {
  return page.blocks.some((block) => block.kind === "form" && block.problems.length > 0);
}

/** Our stylesheet, and a fingerprint of it for its address. */
export function dashboardStylesheet(): Stylesheet {
  return joinStylesheets(["reset.css"], folder, stylesheetNames);
}
