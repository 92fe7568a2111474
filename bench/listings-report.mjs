// The report of listings.mjs as Markdown.
import { cpus } from "node:os";

/** Milliseconds a page may take at the database. */
export const goal = 100;

const row = (...cells) => `| ${cells.join(" | ")} |`;
const isMissed = ({ repeated, first }) => repeated > goal || first > goal;

function cellOf(measured) {
  if (measured === null) return "";
  const { repeated, first, megabytes, rows, pages } = measured;
  const more = [
    first.toFixed(0),
    ...(megabytes === null ? [] : [megabytes.toFixed(1)]),
    ...(rows === null ? [] : [rows]),
    ...(pages === null ? [] : [`${pages} page${pages === 1 ? "" : "s"}`]),
  ];
  return `${repeated.toFixed(1)} (${more.join(", ")})${isMissed(measured) ? " **missed**" : ""}`;
}

function slowestOf(cells, part) {
  const worst = cells.reduce((one, other) => (other[part] > one[part] ? other : one));
  return `${worst[part].toFixed(1)} ms (${worst.size.toLocaleString("en")} rows, ${worst.name})`;
}

/** What the numbers say, in sentences. */
function summaryOf(table, sizes) {
  const all = [...table].flatMap(([name, cells]) =>
    cells.flatMap((cell, index) => (cell === null ? [] : [{ ...cell, name, size: sizes[index >> 1] }])),
  );
  const count = (part, limit) => all.filter((cell) => cell[part] > limit).length;
  const missed = all.filter(isMissed).length;
  const onlyFirst = missed - count("repeated", goal);
  return [
    `The goal is ${goal} ms at the database, for a first call as well. Of ${all.length} cells ${missed === 0 ? "none misses it" : `${missed} miss it, ${onlyFirst} of them with nothing cached only`}.`,
    "",
    `- Slowest repeated call: ${slowestOf(all, "repeated")}; ${count("repeated", goal / 2)} above ${goal / 2} ms.`,
    `- Slowest first call: ${slowestOf(all, "first")}; ${count("first", goal / 2)} above ${goal / 2} ms.`,
    ...(all[0].megabytes === null
      ? []
      : [
          `- Most read from the disk by one page: ${Math.max(...all.filter(({ pages }) => pages === null).map(({ megabytes }) => megabytes)).toFixed(1)} MB.`,
        ]),
  ];
}

export function report({ side, table, sizes, rounds, openings, load }) {
  const columns = sizes.flatMap((size) => [
    `${size.toLocaleString("en")}: page 1`,
    `${size.toLocaleString("en")}: deep`,
  ]);
  return `${[
    `# Listings of the dashboard on ${side.isPostgres ? "PostgreSQL" : "SQLite"}`,
    "",
    `Made by \`npm run bench:listings${side.isPostgres ? " -- --postgres" : ""}\`. ${side.name}, ${cpus().length} cores, a load of ${load.toFixed(1)} in the middle of it. ${side.setting}`,
    "",
    `Registrations of 90 days with a token each, audit lines, mail and delegations. Of a page of 50: milliseconds of CPU at the database, median of ${rounds} calls; then in brackets, of the first call with nothing cached (median of ${openings}, of more where it was slow), milliseconds by the clock, megabytes read from the disk, and how many rows the page held. CPU and megabytes do not depend on what else the machine does, the clock does.`,
    "",
    "`back` is a page asked for with `before`. `reach` is what is counted before a bulk action is confirmed, up to 30 pages of 500 rows: CPU per page, the slowest page by the clock, what all of them read, and how many there were. A page may hold fewer rows than asked for, even none, before `next` goes on: where a filter and an order have nothing to do with each other, looking further ends at a bound.",
    "",
    side.note,
    "",
    ...summaryOf(table, sizes),
    "",
    row("", ...columns),
    row("---", ...columns.map(() => "---:")),
    ...[...table].map(([name, cells]) => row(name, ...cells.map(cellOf))),
  ].join("\n")}\n`;
}
