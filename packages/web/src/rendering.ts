/**
 * Owns compiling templates and joining stylesheets. A template is read and compiled once, prints through escaping tags,
 * never meets the host's view engine, and is given one object `it`: `it.view`, `it.part(name, view)` (another template,
 * already escaped, so printed with `<%-`), and whatever its package gives to all of them.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ejs from "ejs";

/** Prints a template; `<%-` is allowed for this alone. */
export type Part<Name extends string> = (name: Name, view: object) => string;

/**
 * Reads and compiles `NAME.ejs` of the folder at `ours` for every name. A file in `hostFolder` that is named like one of
 * ours takes its place; other files there are left alone. Throws when the folder cannot be read or a template does not
 * compile, and names the culprit.
 */
export function compileTemplates<Name extends string>(
  names: readonly Name[],
  ours: URL,
  given: object,
  hostFolder: string | null = null,
): Part<Name> {
  const replaced = hostFolder === null ? [] : namesIn(hostFolder);
  const compiled = new Map(
    names.map((name) => {
      const fileName = `${name}.ejs`;
      if (hostFolder !== null && replaced.includes(fileName))
        return [name, compile(join(resolve(hostFolder), fileName))];
      return [name, compileOnce(join(fileURLToPath(ours), fileName))];
    }),
  );
  const part: Part<Name> = (name, view) => {
    const template = compiled.get(name);
    if (template === undefined) throw new Error(`no template named ${name}`);
    return template({ ...given, view, part });
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

type Template = (values: object) => string;
const known = new Map<string, Template>();

/** For templates of ours, which do not change while a process runs. */
function compileOnce(path: string): Template {
  const template = known.get(path) ?? compile(path);
  known.set(path, template);
  return template;
}

function compile(path: string): Template {
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

/** What is served as one stylesheet, and a fingerprint of it for its address. */
export interface Stylesheet {
  css: string;
  /** 16 hexadecimal digits. */
  fingerprint: string;
}

const sharedFolder = new URL("./", import.meta.url);
const joined = new Map<string, Stylesheet>();

/**
 * Joins stylesheets in their order: the ones of this package that are asked for, then files of the folder at `own`. They
 * are read once.
 */
export function joinStylesheets(
  shared: readonly ("card.css" | "notice.css" | "reset.css")[],
  own: URL,
  names: readonly string[],
): Stylesheet {
  const files = [
    ...shared.map((name) => new URL(name, sharedFolder)),
    ...names.map((name) => new URL(name, own)),
  ];
  const key = files.join();
  const found = joined.get(key);
  if (found !== undefined) return found;
  const css = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const stylesheet = { css, fingerprint: createHash("sha256").update(css).digest("hex").slice(0, 16) };
  joined.set(key, stylesheet);
  return stylesheet;
}
