/** Owns CSV (RFC 4180) that no spreadsheet takes for formulas, and reading a listing to its end page by page. */

/** Characters nobody sees: what stands behind them is what a spreadsheet starts with. */
const unseen = "\\s\\u00AD\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u2069\\uFEFF";
/** What a formula starts with, in its full-width, small and mathematical forms too. */
const formula = "=+\\-@|%\\u2212\\uFE62\\uFE63\\uFE66\\uFE6B\\uFF0B\\uFF0D\\uFF1D\\uFF20";
/** At the start, and where a spreadsheet set to another separator begins a new cell. */
const formulas = new RegExp(`(^|\\r\\n?|[;,\\t\\n"])(?=[${unseen}]*[${formula}])`, "gu");

/**
 * What starts like a formula gets an apostrophe in front, as OWASP advises, and so does a cell that starts with a
 * character that moves to another one; every cell is quoted.
 */
export function csvCell(value: string | number | null): string {
  const text = value === null ? "" : String(value).replaceAll("\0", "");
  const isText = typeof value !== "number";
  const escaped = isText ? text.replace(formulas, "$1'") : text;
  const safe = isText && /^[\t\r\n]/.test(text) ? `'${escaped}` : escaped;
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
    yield page.rows.map(line).join("");
  }
}
