/**
 * Owns what a page is made of. A handler builds a `PageContent` out of blocks, every value ready to be printed, and
 * `layout.ejs` prints each block with the template of its kind. Read next: `words.ts` for the fragments of a sentence.
 */
import type { Inline, Tone } from "./words.js";

/** Entries of the navigation, in order. */
export type Section =
  | "overview"
  | "registrations"
  | "delegations"
  | "providers"
  | "audit"
  | "mail"
  | "jobs"
  | "keys"
  | "settings"
  | "workbench"
  | "incident";

export interface PageContent {
  title: string;
  /** The section that is lit in the navigation. */
  current: Section | null;
  /** Where the page is below its section; the last is the page itself. */
  trail?: { label: string; href: string }[];
  lead?: Inline;
  /** Buttons beside the heading. */
  actions?: ActionButton[];
  /** Set after an action. */
  message?: { tone: Tone; text: Inline } | null;
  blocks: Block[];
}

export interface LinkButton {
  label: string;
  href: string;
  tone: "primary" | "quiet" | "danger";
}

/** A form of one button: what it does is done at once. */
export interface PostButton {
  label: string;
  action: string;
  csrf: string;
  tone: LinkButton["tone"];
}

export type ActionButton = LinkButton | PostButton;

export type Block =
  | { kind: "text"; paragraphs: Inline[] }
  | { kind: "notice"; tone: Tone; text: Inline }
  | { kind: "actions"; links: LinkButton[] }
  | { kind: "cards"; cards: Card[] }
  | { kind: "facts"; facts: Fact[] }
  | { kind: "columns"; main: Block[]; aside: Block[] }
  | { kind: "section"; id: string; heading: string; intro?: Inline; blocks: Block[]; links?: LinkButton[] }
  | { kind: "details"; summary: string; isOpen?: boolean; blocks: Block[] }
  | {
      kind: "chips";
      label: string;
      chips: { label: string; value: string; removeHref: string }[];
      clearHref: string;
    }
  | { kind: "code"; label: string; text: string }
  | { kind: "pills"; pills: Inline[] }
  | { kind: "consequences"; items: Inline[] }
  | TableBlock
  | PagingBlock
  | EmptyBlock
  | ChartBlock
  | TimelineBlock
  | FormBlock;

export interface Card {
  label: string;
  value: string;
  note: Inline | null;
  href: string | null;
  tone: Tone | null;
}

export interface Fact {
  label: string;
  value: Inline;
}

export interface TableBlock {
  kind: "table";
  /** Heard, not seen. */
  caption: string;
  columns: {
    label: string;
    /** Digits that line up. */
    isNumeric?: boolean;
    /** Only in the heading for ears, such as of a column of buttons. */
    isHidden?: boolean;
    sort?: { href: string; direction: "ascending" | "descending" | "none" };
  }[];
  /** The first cell of a row names it. */
  rows: Inline[][];
}

export interface PagingBlock {
  kind: "paging";
  shown: string;
  /** Null on the first page. */
  firstHref: string | null;
  previousHref: string | null;
  /** Null on the last page. */
  nextHref: string | null;
}

export interface EmptyBlock {
  kind: "empty";
  heading: string;
  paragraphs: Inline[];
  links: LinkButton[];
}

/** Bars per day, drawn here, with the numbers in a table behind a disclosure. */
export interface ChartBlock {
  kind: "chart";
  title: string;
  description: string;
  series: { name: string; tone: "first" | "second" }[];
  /** Bars of one day: left edge, top and height within 0 to 100 of the plot, width included. */
  bars: { x: number; y: number; width: number; height: number; series: number }[];
  lines: { y: number; label: string }[];
  ticks: { x: number; label: string }[];
  summary: string;
  table: TableBlock;
}

export interface TimelineBlock {
  kind: "timeline";
  label: string;
  events: { at: Inline; tone: Tone; title: string; who: Inline; facts: Fact[] }[];
}

export interface FormBlock {
  kind: "form";
  method: "get" | "post";
  action: string;
  /** Null with `get`. */
  csrf: string | null;
  /** `bar`: in one line where there is room. */
  shape: "bar" | "stack";
  label?: string;
  /** What is wrong with what was sent, by field. */
  problems: { field: string | null; text: string }[];
  fields: Field[];
  /** Behind a disclosure. */
  more?: { label: string; isOpen: boolean; fields: Field[] };
  submit: { label: string; tone: "primary" | "quiet" | "danger" };
  cancel?: { label: string; href: string } | null;
}

interface FieldBase {
  name: string;
  label: string;
  hint?: Inline;
}

export type Field =
  | { type: "hidden"; name: string; value: string }
  | (FieldBase & {
      type: "text" | "search" | "date" | "number" | "url";
      value: string;
      isRequired?: boolean;
      maxLength?: number;
      placeholder?: string;
      isWide?: boolean;
    })
  | (FieldBase & { type: "textarea"; value: string; isRequired?: boolean; maxLength: number; rows?: number })
  | (FieldBase & { type: "select"; value: string; options: { value: string; label: string }[] })
  | (FieldBase & {
      type: "checks";
      options: { value: string; label: string; hint?: string; isChecked: boolean }[];
    });
