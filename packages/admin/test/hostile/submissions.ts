/** Owns hostile requests that get past the guard of forms: a valid cookie and token, and in them whatever may do harm. */
import type { Dice } from "./dice.js";
import type { FormField, GoodForm } from "./forms.js";
import { anyText, spoiled, wellFormed } from "./ingredients.js";

/** Requests that get past the guard are made of this. */
export interface Stock {
  /** The forms of each door; a door is drawn first, so that none is drawn seldom because it has few. */
  doors: ReadonlyMap<string, readonly GoodForm[]>;
  /** Names of fields and of queries that pages really have. */
  names: readonly string[];
  /** Secrets that work, of agents nobody relies on. */
  known: readonly string[];
}

export interface Submission {
  /** Which door it knocks at. */
  door: string;
  /** Whether what the page filled in went back as it was. */
  isWhole: boolean;
  action: string;
  headers: Record<string, string>;
  body: string;
}

/** What a browser would send for a field. */
function good(dice: Dice, { kind, values }: FormField): string[] {
  if (kind === "many") return values.filter(() => dice.once(2));
  return values.length === 0 ? [] : [dice.pick(values)];
}

/** What a browser would not: nothing, two at once, something like it, or anything. */
function bad(dice: Dice, field: FormField, known: readonly string[]): string[] {
  switch (dice.below(6)) {
    case 0:
      return [];
    case 1:
      return [...good(dice, field), anyText(dice, known)];
    case 2:
      return good(dice, field).map((value) => spoiled(dice, value));
    case 3:
      return Array.from({ length: dice.below(40) }, () => anyText(dice, known).slice(0, 300));
    default:
      return [anyText(dice, known)];
  }
}

/** An address with one of its parts, or its query, made hostile. */
function elsewhere(dice: Dice, action: string, { names, known }: Stock): string {
  const [path = "", query = ""] = action.split("?");
  const text = () => encodeURIComponent(wellFormed(anyText(dice, known)).slice(0, 2000));
  if (dice.once(4)) {
    const parts = path.split("/");
    parts[parts.length - 1 - dice.below(2)] = text();
    return parts.join("/") + (query === "" ? "" : `?${query}`);
  }
  if (dice.once(2)) {
    const more = Array.from({ length: 1 + dice.below(3) }, () => `${dice.pick(names)}=${text()}`);
    return `${path}?${[...(query === "" ? [] : [query]), ...more].join("&")}`;
  }
  return query === "" ? action : `${path}?${query.replace(/=[^&]*/, `=${text()}`)}`;
}

/** Draws a form and sends it otherwise than it was meant. Its token goes along as it is. */
export function hostileSubmission(dice: Dice, stock: Stock): Submission {
  const [door, forms] = dice.pick([...stock.doors]);
  const { action, fields, headers } = dice.pick(forms);
  const sent = new URLSearchParams();
  const harm = dice.pick([0.05, 0.2, 0.5]);
  const certain = dice.below(fields.length * 2);
  let isWhole = true;
  for (const [index, field] of fields.entries()) {
    const isBad = field.name !== "csrf" && (index === certain || dice.next() < harm);
    if (isBad && field.kind === "hidden") isWhole = false;
    for (const value of isBad ? bad(dice, field, stock.known) : good(dice, field))
      sent.append(field.name, wellFormed(value));
  }
  for (let more = dice.below(3); more > 0; more -= 1) {
    const name = dice.pick(stock.names);
    if (name !== "csrf") sent.append(name, wellFormed(anyText(dice, stock.known)));
  }
  const isMoved = dice.once(5);
  return {
    door,
    isWhole: isWhole && !isMoved,
    action: isMoved ? elsewhere(dice, action, stock) : action,
    headers,
    body: sent.toString(),
  };
}
