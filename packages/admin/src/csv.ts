/** Owns CSV (RFC 4180) that no spreadsheet takes for formulas, and reading a listing to its end page by page. */

/** A cell that starts like a formula gets an apostrophe in front, as OWASP advises; every cell is quoted. */
export function csvCell(value: string | number | null): string {
  const text = value === null ? "" : String(value).replaceAll("\0", "");
  const isFormula =
    /^[\s\u200B-\u200F\u2028-\u202E\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20|%]/u.test(text) ||
    /^[\t\r\n]/.test(text);
  const safe = isFormula && typeof value !== "number" ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** A time for machines, or nothing. */
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at * 1000).toISOString();
}

/** The whole listing as text: a heading, then every page of rows as it is read. */
export async function* textOfPages<Row>(
  heading: string,
  readPage: (after: string | null) => Promise<{ rows: Row[]; next: string | null }>,
  line: (row: Row) => string,
): AsyncGenerator<string, void> {
  let page = await readPage(null);
  yield heading + page.rows.map(line).join("");
  while (page.next !== null) {
    page = await readPage(page.next);
    if (page.rows.length > 0) yield page.rows.map(line).join("");
  }
}
