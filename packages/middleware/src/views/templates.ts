/**
 * Owns which templates there are, ours and those of the host that take their place, and what they are given: `it.view`
 * (what the page's `*-view.ts` describes), `it.texts` (every sentence) and `it.part(name, view)` (another template).
 */
import { compileTemplates, type Part } from "@agent-auth/web/rendering";
import { texts } from "./texts-en.js";

const templateNames = [
  "layout",
  "review",
  "code",
  "check-mail",
  "continue",
  "connected",
  "request-link",
  "notice",
  "_agent-name",
  "_code-field",
  "_facts",
  "_hidden-fields",
  "_icon",
  "_parties",
  "_permissions",
  "_problem",
  "_sentence",
] as const;
export type TemplateName = (typeof templateNames)[number];

/** Our templates' folder, and our stylesheets'. */
export const ourFolder: URL = new URL("./", import.meta.url);

/** Reads and compiles every template. Throws when `hostFolder` cannot be read or a template does not compile. */
export function compilePages(hostFolder: string | null): Part<TemplateName> {
  return compileTemplates(templateNames, ourFolder, { texts }, hostFolder);
}
