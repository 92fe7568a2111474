/** Reads our own source files with TypeScript's parser, for the tests that hold the architecture. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));
export const middleware = join(repository, "packages/middleware");

export interface Source {
  /** Relative to the folder asked for, with forward slashes. */
  path: string;
  text: string;
  tree: ts.SourceFile;
}

/** Paths of all files and folders below `folder`, relative to it, with forward slashes. */
export function pathsUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => !/(^|\/)(node_modules|dist|\.turbo)(\/|$)/.test(path))
    .sort();
}

/** Every TypeScript file below `folder`, parsed. */
export function sourcesUnder(folder: string): Source[] {
  return pathsUnder(folder)
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => {
      const text = readFileSync(join(folder, path), "utf8");
      return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
    });
}

/** Calls `visit` for every node of a file, in the order of the text. */
export function walk(tree: ts.SourceFile, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, step);
  };
  step(tree);
}

/** `path:line` of a node, as editors open it. */
export function placeOf(source: Source, node: ts.Node): string {
  return `${source.path}:${source.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

export interface Import {
  specifier: string;
  /** Whether nothing of it is left at run time. */
  isTypeOnly: boolean;
  node: ts.Node;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) {
    const named = node.exportClause;
    const each = named !== undefined && ts.isNamedExports(named) ? named.elements : [];
    return node.isTypeOnly || (each.length > 0 && each.every((element) => element.isTypeOnly));
  }
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

/** Imports, re-exports, `import("…")` as a value and as a type. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean, node: ts.Node) => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier))
      found.push({ specifier: specifier.text, isTypeOnly: typeOnly, node });
  };
  walk(source.tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
      add(node.moduleSpecifier, isTypeOnly(node), node);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true, node);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false, node);
    else if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === "require"
    )
      add(node.arguments[0], false, node);
  });
  return found;
}

/**
 * Where an import leads: a path below `folder` (`protocol/state.ts`), or the name of a package (`node:fs`, `jose`); of
 * our own packages, which part.
 */
export function targetOf(folder: string, source: Source, specifier: string): string {
  if (!specifier.startsWith(".")) {
    const [scope = "", name = ""] = specifier.split("/");
    if (scope === "@agent-auth") return specifier;
    return scope.startsWith("@") ? `${scope}/${name}` : scope;
  }
  const absolute = join(folder, source.path, "..", specifier);
  return relative(folder, absolute).split(sep).join("/").replace(/\.js$/, ".ts");
}
