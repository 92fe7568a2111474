/** Owns rendering `/auth.md` from its template, the repository's `AUTH.md`. */
import { readFileSync } from "node:fs";
import ejs from "ejs";
import type { AuthMdValues } from "../protocol/auth-md.js";

/** Renders the document. Markdown needs no HTML escaping; the values are made safe where they are built. */
export function renderAuthMd(values: AuthMdValues): string {
  const template = readFileSync(new URL("./AUTH.md", import.meta.url), "utf8");
  const text = ejs.render(template, { it: values }, { escape: String });
  return `${text.replace(/\n{3,}/g, "\n\n").trim()}\n`;
}
