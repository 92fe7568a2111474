/**
 * Owns sentences that hold values. A sentence keeps its values apart from its words, so that a template can escape and
 * isolate every one of them (`<bdi>`, `<time>`, a link) wherever it stands.
 */
import { visibleText } from "@agent-auth/web/visible-text";
import { agoText, timeText } from "./texts-times-en.js";

export { count, plural, shortDay } from "./texts-times-en.js";

export type Tone = "neutral" | "good" | "attention" | "bad" | "accent";

export type Fragment =
  | { kind: "words"; text: string }
  | { kind: "muted"; text: string }
  | { kind: "value"; text: string }
  /** What an agent said of itself; nobody checked it. */
  | { kind: "unverified"; text: string }
  | { kind: "code"; text: string }
  | { kind: "moment"; iso: string; text: string }
  | { kind: "link"; href: string; text: string }
  | { kind: "button"; href: string; text: string; label: string; tone: "quiet" | "danger" }
  | { kind: "badge"; tone: Tone; text: string }
  /** 0 to 100. */
  | { kind: "bar"; percent: number }
  /** A form with nothing but a button. */
  | { kind: "post"; action: string; csrf: string; text: string; label: string };

/** What is read, in order. */
export type Inline = readonly Fragment[];

type Expression = string | number | { words: string } | Fragment | Inline;

/** Tags a template literal: its text becomes words, strings in it become isolated values. */
export function say(words: TemplateStringsArray, ...values: readonly Expression[]): Inline {
  const fragments: Fragment[] = [];
  words.forEach((text, index) => {
    if (text !== "") fragments.push({ kind: "words", text });
    const value = values[index];
    if (value === undefined) return;
    if (typeof value === "string" || typeof value === "number")
      fragments.push({ kind: "value", text: visibleText(String(value), 500) ?? "" });
    else if (Array.isArray(value)) fragments.push(...(value as Inline));
    else if ("words" in value) fragments.push({ kind: "words", text: value.words });
    else fragments.push(value as Fragment);
  });
  return fragments;
}

export const words = (text: string): Inline => [{ kind: "words", text }];
export const muted = (text: string): Inline => [{ kind: "muted", text }];
export const badge = (tone: Tone, text: string): Inline => [{ kind: "badge", tone, text }];

/** A value of ours or of a stranger's: one line, nothing hidden in it. */
export function value(text: string | null, otherwise = "—"): Inline {
  const visible = visibleText(text, 300);
  return visible === null ? muted(otherwise) : [{ kind: "value", text: visible }];
}

export function code(text: string | null, otherwise = "—"): Inline {
  const visible = visibleText(text, 300);
  return visible === null ? muted(otherwise) : [{ kind: "code", text: visible }];
}

export function unverified(text: string | null, otherwise: string): Inline {
  const visible = visibleText(text, 160);
  return visible === null ? muted(otherwise) : [{ kind: "unverified", text: visible }];
}

export function link(href: string, text: string): Inline {
  return [{ kind: "link", href, text: visibleText(text, 160) ?? "—" }];
}

/** Several of them in one cell, apart by spaces. */
export function join(parts: readonly Inline[], between = " "): Inline {
  return parts.flatMap((part, index) =>
    index === 0 ? [...part] : [{ kind: "words", text: between } as const, ...part],
  );
}

/** A time in UTC, the same for every reader, or `otherwise` for none. */
export function moment(at: number | null, otherwise = "—"): Inline {
  if (at === null) return muted(otherwise);
  const date = new Date(at * 1000);
  if (Number.isNaN(date.getTime())) return muted(otherwise);
  return [{ kind: "moment", iso: date.toISOString(), text: timeText(date) }];
}

/** How long ago that was, and when exactly. */
export function momentAgo(at: number, now: number): Inline {
  const [exact] = moment(at);
  if (exact?.kind !== "moment") return moment(at);
  return [
    { ...exact, text: agoText(now - at) },
    { kind: "muted", text: ` (${exact.text})` },
  ];
}
