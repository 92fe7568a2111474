/**
 * Owns sentences that hold values. A sentence keeps its values apart from its words, so that a template can isolate
 * every value (`<bdi>`, `<time>`) wherever a translation puts it.
 */

/** A point in time, for machines and for people. */
export interface Moment {
  iso: string;
  text: string;
}

/** One stretch of a sentence. */
export type Fragment =
  | { kind: "words"; text: string }
  | { kind: "value"; text: string }
  | { kind: "moment"; iso: string; text: string };

/** What a person reads, in order. */
export type Sentence = readonly Fragment[];

/** Tags a template literal: its text becomes words, its expressions become isolated values. */
export function sentence(words: TemplateStringsArray, ...values: readonly (string | Moment)[]): Sentence {
  const fragments: Fragment[] = [];
  words.forEach((text, index) => {
    if (text !== "") fragments.push({ kind: "words", text });
    const value = values[index];
    if (value === undefined) return;
    fragments.push(typeof value === "string" ? { kind: "value", text: value } : { kind: "moment", ...value });
  });
  return fragments;
}

/** A sentence as one string, for places that hold no markup, such as `<title>`. */
export function asText(fragments: Sentence): string {
  return fragments.map((fragment) => fragment.text).join("");
}

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Reads an ISO 8601 time as "21 Nov 2026, 14:03 UTC", whatever the locale and time zone of the server. */
export function moment(iso: string): Moment {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) throw new TypeError("not an ISO 8601 time");
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getUTCDate()} ${monthNames[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  const time = `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}`;
  return { iso: date.toISOString(), text: `${day}, ${time} UTC` };
}
