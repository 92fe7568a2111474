/** Owns the chart of registrations and claims per day: where its bars stand, and the same numbers as a table. */
import type { Overview } from "../surface.js";
import type { ChartBlock } from "../views/page.js";
import { chartWords as texts } from "../views/texts-operations-en.js";
import { count, shortDay, words } from "../views/words.js";

/** The next round number that divides well, so that the scale has whole labels. */
function roundTop(most: number): number {
  if (most <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 5, 8, 10].find((factor) => factor * power >= most) ?? 10;
  const top = step * power;
  return top % 4 === 0 ? top : Math.ceil(top / 4) * 4;
}

export function dailyChart(perDay: Overview["perDay"]): ChartBlock {
  const { columns } = texts;
  const top = roundTop(Math.max(0, ...perDay.flatMap((day) => [day.registrations, day.claims])));
  const slot = 100 / Math.max(1, perDay.length);
  const width = slot * 0.36;
  const bars = perDay.flatMap((day, index) =>
    [day.registrations, day.claims].flatMap((number, series) => {
      if (number === 0) return [];
      const height = Math.max(1, (number / top) * 100);
      return [{ x: index * slot + slot * 0.12 + series * width, y: 100 - height, width, height, series }];
    }),
  );
  const registrations = perDay.reduce((sum, day) => sum + day.registrations, 0);
  const claims = perDay.reduce((sum, day) => sum + day.claims, 0);
  const summary = texts.summary(registrations, claims, perDay.length);
  return {
    kind: "chart",
    title: texts.title,
    description: summary,
    series: [
      { name: columns.registrations, tone: "first" },
      { name: columns.claims, tone: "second" },
    ],
    bars,
    lines: [0, 25, 50, 75, 100].map((y) => ({ y, label: count((top * (100 - y)) / 100) })),
    ticks: perDay.flatMap((day, index) =>
      index % 7 === 3 ? [{ x: index * slot + slot / 2, label: shortDay(day.day) }] : [],
    ),
    summary,
    table: {
      kind: "table",
      caption: texts.caption,
      columns: [
        { label: columns.day },
        { label: columns.registrations, isNumeric: true },
        { label: columns.claims, isNumeric: true },
        { label: columns.revocations, isNumeric: true },
        { label: columns.mailFailures, isNumeric: true },
      ],
      rows: perDay
        .map((day) => [
          words(day.day),
          words(count(day.registrations)),
          words(count(day.claims)),
          words(count(day.revocations)),
          words(count(day.mailFailures)),
        ])
        .reverse(),
    },
  };
}
