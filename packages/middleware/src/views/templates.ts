/**
 * Owns the templates: ours, and those of the host that take their place. Each is read and compiled once, prints
 * through escaping tags, and is given one object `it`: `it.view` (what the page's `*-view.ts` describes), `it.texts`
 * (every sentence) and `it.part(name, view)` (another template, already escaped, so printed with `<%-`).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ejs from "ejs";
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

/** Prints a template; `<%-` is allowed for this alone. */
export type Part = (name: TemplateName, view: object) => string;

const ourFolder = fileURLToPath(new URL("./", import.meta.url));

/**
 * Reads and compiles every template. A file in `hostFolder` that is named like one of ours takes its place; other files
 * there are left alone. Throws when the folder cannot be read or a template does not compile, and names the culprit.
 */
export function compileTemplates(hostFolder: string | null): Part {
  const replaced = hostFolder === null ? [] : namesIn(hostFolder);
  const compiled = new Map(
    templateNames.map((name) => {
      const fileName = `${name}.ejs`;
      const isReplaced = hostFolder !== null && replaced.includes(fileName);
      return [name, compile(join(isReplaced ? resolve(hostFolder) : ourFolder, fileName))];
    }),
  );
  const part: Part = (name, view) => {
    const template = compiled.get(name);
    if (template === undefined) throw new Error(`no template named ${name}`);
    return template({ view, texts, part });
  };
  return part;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new Error(`the folder of templates ${resolve(folder)} cannot be read: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function compile(path: string): ejs.TemplateFunction {
  try {
    // Without `with`, a misspelt name in a template is an error, not a lookup in the global scope.
    return ejs.compile(readFileSync(path, "utf8"), {
      strict: true,
      _with: false,
      localsName: "it",
      compileDebug: false,
    });
  } catch (cause) {
    throw new Error(`the template ${path} does not compile: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
