/** Whatever a person reads stands in the texts files, so that a translation is a change of those alone. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import ts from "typescript";

const src = new URL("../../src/", import.meta.url);
const filesNamed = (pattern: RegExp) =>
  readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => pattern.test(name));
const read = (name: string) => readFileSync(new URL(name, src), "utf8");

describe("templates", () => {
  /** Attributes that people read or hear. */
  const spoken = /(?:aria-label|aria-description|alt|title|placeholder|summary|label)="([^"]*)"/g;

  test.each(filesNamed(/\.ejs$/))("%s prints no word of its own", (name) => {
    const markup = read(name).replace(/<%[\s\S]*?%>/g, "");
    const attributes = [...markup.matchAll(spoken)].map((found) => found[1] ?? "");
    const between = markup.replace(/<[^>]*>/g, " ");
    expect([...attributes, between].filter((text) => /\p{L}/u.test(text.replace(/&\w+;/g, "")))).toEqual([]);
  });
});

/** Words for those who write the host, not for those who look at pages; and names that are none of ours to translate. */
const forHosts = /^(options|request-body|page-guard|reply|csv|theme)\.ts$/;
const notRead = new Set(["Location", "Pragma", "Allow", "public, max-age=31536000, immutable"]);
/** The phrase an operator types back is read again by the code that wrote it. */
const phrases = /^bulk-reach\.ts$/;

/** Two words in a row, or one that starts like a sentence or a label. */
const reads = (text: string): boolean =>
  !notRead.has(text) && (/[A-Za-z’']{2,},? [a-z]{2,}/.test(text) || /^[A-Z][a-z]+( |…|$)/.test(text));

/** Of an error, or a line of the log, or a name that is imported. */
function isElsewhere(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) return /\blogger\.\w+$/.test(node.expression.getText());
  return ts.isThrowStatement(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
}

function wordsIn(name: string): string[] {
  const tree = ts.createSourceFile(name, read(name), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isElsewhere(node)) return;
    if (
      (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) &&
      !ts.isLiteralTypeNode(node.parent) &&
      reads(node.text)
    )
      found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

describe("sources", () => {
  const sources = filesNamed(/\.ts$/).filter((name) => !/^views\/texts-/.test(name) && !forHosts.test(name));

  test("are more than a handful", () => {
    expect(sources.length).toBeGreaterThan(30);
  });

  test.each(sources.filter((name) => !phrases.test(name)))("%s says nothing of its own", (name) => {
    expect(wordsIn(name)).toEqual([]);
  });
});
