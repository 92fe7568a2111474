// The report of a run: a table of medians, and ratios with what was aimed at.
import { cpus, totalmem } from "node:os";
import { isPinned } from "./processes.mjs";

export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Each round is compared with itself first: what slows one round slows both of its sides. */
function ratioOf(results, one, other, speedOf) {
  return median(results[one].map((result, round) => speedOf(result) / speedOf(results[other][round])));
}

const row = (...cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [
  row(...head),
  row(...head.map(() => "---")),
  ...rows.map((cells) => row(...cells)),
];

/** Markdown. `results[target]` has one result per round. */
export function report({ results, names, ratios, setting }) {
  const medianOf = (target, of) => median(results[target].map(of));
  const measured = Object.keys(results).map((target) => [
    names[target],
    Math.round(medianOf(target, ({ perSecond }) => perSecond)).toLocaleString("en"),
    Math.round(medianOf(target, ({ p99 }) => p99)),
    Math.round(medianOf(target, ({ cpu }) => cpu)),
    results[target].reduce((sum, { failed }) => sum + failed, 0),
  ]);
  const compared = ratios
    .filter(({ one, other }) => results[one] !== undefined && results[other] !== undefined)
    .map(({ one, other, least, aim }) => {
      const ratio = ratioOf(results, one, other, ({ perSecond }) => perSecond);
      const byCpu = ratioOf(results, one, other, ({ cpu }) => 1 / cpu);
      const verdict =
        least === undefined
          ? ""
          : ratio >= (aim ?? least)
            ? "met"
            : ratio >= least
              ? "met, aim missed"
              : "missed";
      const target =
        least === undefined
          ? ""
          : `≥ ${least.toFixed(2)}${aim === undefined ? "" : `, aim ${aim.toFixed(2)}`}`;
      return [`${names[one]} / ${names[other]}`, ratio.toFixed(2), byCpu.toFixed(2), target, verdict];
    });
  return [
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}.`,
    `${setting} Server and load ${isPinned ? "on a core each" : "where the system put them"}.`,
    "",
    ...table(["", "requests/s", "p99 ms", "CPU µs per request", "failed"], measured),
    "",
    ...table(["ratio", "by throughput", "by CPU time", "target", ""], compared),
    "",
  ].join("\n");
}
