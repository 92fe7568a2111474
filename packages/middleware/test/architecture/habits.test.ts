/** The habits of CONTRIBUTING.md that a machine can check. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import ts from "typescript";
import { middleware, pathsUnder, placeOf, repository, type Source, sourcesUnder, walk } from "./sources.js";

const packages = readdirSync(join(repository, "packages")).map((name) => join(repository, "packages", name));
const under = (part: "src" | "test") =>
  packages
    .map((folder) => join(folder, part))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      sourcesUnder(folder).map((source) => ({ ...source, path: join(folder, source.path) })),
    );

/** Places of the nodes that `isBad` picks. */
function places(sources: Source[], isBad: (node: ts.Node) => boolean): string[] {
  return sources.flatMap((source) => {
    const found: string[] = [];
    walk(source.tree, (node) => {
      if (isBad(node)) found.push(placeOf(source, node));
    });
    return found;
  });
}

/** `Date.now`, `process.env`, `test.only`. */
function isMember(node: ts.Node, object: RegExp, member: RegExp): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    object.test(node.expression.text) &&
    member.test(node.name.text)
  );
}

/** Lines of code: comments, blank lines and imports are no burden to the reader. */
function codeLinesOf({ tree }: Source): number {
  return tree.statements
    .filter((statement) => !ts.isImportDeclaration(statement))
    .flatMap((statement) => statement.getText(tree).split("\n"))
    .filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)).length;
}

const codeLimits = [
  { limit: 120, folder: "flows/" },
  { limit: 40, folder: "http/routes/" },
];

describe("source files", () => {
  test("are under 250 lines in every package", () => {
    const long = under("src").filter(({ text }) => text.trimEnd().split("\n").length > 250);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test.each(codeLimits)(
    "of the middleware have at most $limit lines of code in src/$folder",
    ({ limit, folder }) => {
      const long = sourcesUnder(join(middleware, "src"))
        .filter(({ path }) => path.startsWith(folder))
        .map((source) => ({ path: source.path, lines: codeLinesOf(source) }))
        .filter(({ lines }) => lines > limit);
      expect(long).toEqual([]);
    },
  );

  test("have names that say what they hold", () => {
    const vague = /(^|\/)(utils?|helpers?|common|managers?|misc)(\.[^/]*)?(\/|$)/i;
    const named = packages.flatMap((folder) => pathsUnder(folder).filter((path) => vague.test(path)));
    expect(named).toEqual([]);
  });
});

describe("code of the middleware", () => {
  const sources = sourcesUnder(join(middleware, "src"));
  const outsideSystem = sources.filter(({ path }) => !path.startsWith("system/"));

  test("catches nothing in routes: a refusal has one way out", () => {
    const routes = sources.filter(({ path }) => path.startsWith("http/routes/"));
    const isCatch = (node: ts.Node) =>
      ts.isCatchClause(node) || (ts.isPropertyAccessExpression(node) && node.name.text === "catch");
    expect(places(routes, isCatch)).toEqual([]);
  });

  test("reads the clock in system/ only", () => {
    // rate-limiter-flexible stamps its rows by the system clock, so the sweep of those rows must go by it too.
    const ownClocks = ["storage/sqlite/limits.ts", "storage/postgres/limits.ts"];
    const governed = outsideSystem.filter(({ path }) => !ownClocks.includes(path));
    const isClock = (node: ts.Node) =>
      isMember(node, /^(Date|performance)$/, /^now$/) ||
      (ts.isNewExpression(node) &&
        ts.isIdentifier(node.expression) &&
        node.expression.text === "Date" &&
        (node.arguments?.length ?? 0) === 0);
    expect(places(governed, isClock)).toEqual([]);
  });

  test("draws randomness in system/ only", () => {
    const sourcesOfChance = /^(randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues)$/;
    const isRandom = (node: ts.Node) =>
      isMember(node, /^Math$/, /^random$/) || (ts.isIdentifier(node) && sourcesOfChance.test(node.text));
    expect(places(outsideSystem, isRandom)).toEqual([]);
  });

  test("reads no environment, but for the command line", () => {
    const library = sources.filter(({ path }) => !path.startsWith("cli/"));
    expect(places(library, (node) => isMember(node, /^process$/, /^env$/))).toEqual([]);
  });

  test("leaves the process to the host: no exit, no signal handlers", () => {
    expect(places(sources, (node) => isMember(node, /^process$/, /^(exit|abort|on|once)$/))).toEqual([]);
  });
});

describe("tests", () => {
  test("are all run: no only, skip or todo", () => {
    const isOff = (node: ts.Node) =>
      isMember(node, /^(test|it|describe)$/, /^(only|skip|todo|failing)$/) ||
      (ts.isCallExpression(node) &&
        ts.isIdentifier(node.expression) &&
        /^(xit|fit|xtest|xdescribe|fdescribe)$/.test(node.expression.text));
    expect(places(under("test"), isOff)).toEqual([]);
  });
});
