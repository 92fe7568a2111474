/** Owns the form that stands before every action: what it will do, a reason, and for many at once a word to type. */
import { randomBytes } from "node:crypto";
import { type Call, formTo, pageReply } from "./call.js";
import type { Reply } from "./reply.js";
import type { Block, Field, FormBlock, Section } from "./views/page.js";
import { confirmationWords as texts } from "./views/texts-changes-en.js";
import { frame } from "./views/texts-en.js";
import { type Inline, words } from "./views/words.js";

export const longestReason = 200;

export type Problem = FormBlock["problems"][number];

interface Confirmation {
  title: string;
  current: Section;
  trail: { label: string; href: string }[];
  /** Where the form goes, and the page is. */
  path: string;
  /** What will happen, sentence by sentence. */
  consequences: Inline[];
  /** What it is about. */
  about: Block[];
  fields?: Field[];
  /** A word that has to be typed. */
  typed?: string;
  submit: string;
  tone?: "danger" | "primary";
  cancelHref: string;
  problems: Problem[];
  status?: number;
}

/** A page that explains an action and asks for the reason. Sent back, with the problems, when something is missing. */
export function confirmationReply(call: Call, confirmation: Confirmation): Reply {
  const { consequences, about, typed, problems } = confirmation;
  const form = formTo(call, confirmation.path, {
    shape: "stack",
    problems,
    fields: [
      ...(confirmation.fields ?? []),
      reasonField(call),
      ...(typed === undefined ? [] : [typedField(call, typed)]),
    ],
    submit: { label: confirmation.submit, tone: confirmation.tone ?? "danger" },
    cancel: { label: frame.cancel, href: confirmation.cancelHref },
  });
  return pageReply(
    {
      title: confirmation.title,
      current: confirmation.current,
      trail: confirmation.trail,
      blocks: [
        ...about,
        {
          kind: "section",
          id: "consequences",
          heading: texts.consequences,
          blocks: [{ kind: "consequences", items: consequences }],
        },
        { kind: "section", id: "confirm", heading: texts.confirm, blocks: [form] },
      ],
    },
    confirmation.status ?? (problems.length > 0 ? 422 : 200),
  );
}

/** Asks for the reason, for the audit log. */
export function reasonField(call: Call): Field {
  return {
    type: "text",
    name: "reason",
    label: texts.reason,
    hint: words(texts.reasonHint(longestReason)),
    value: call.form.text("reason").slice(0, longestReason * 2),
    isRequired: true,
    maxLength: longestReason,
  };
}

function typedField(call: Call, typed: string): Field {
  return {
    type: "text",
    name: "typed",
    label: texts.typed(typed),
    value: call.form.text("typed").slice(0, 300),
    isRequired: true,
  };
}

/** Tells one form from another, so that a second press of the same one starts nothing new. */
export function onceField(): Field {
  return { type: "hidden", name: "once", value: randomBytes(12).toString("base64url") };
}

/** The key of a posted form; one that was made by hand has none. */
export function onceOf(call: Call): string | undefined {
  const once = call.form.text("once");
  return /^[\w-]{16}$/.test(once) ? once : undefined;
}

/** What is missing in a posted confirmation. */
export function confirmationProblems(call: Call, typed?: string): Problem[] {
  const problems: Problem[] = [];
  const reason = call.form.text("reason");
  if (reason === "") problems.push({ field: "reason", text: texts.problems.noReason });
  else if (Array.from(reason).length > longestReason || reason.includes("\0"))
    problems.push({ field: "reason", text: texts.problems.longReason(longestReason) });
  if (typed !== undefined && call.form.text("typed") !== typed)
    problems.push({ field: "typed", text: texts.problems.notTyped(typed) });
  return problems;
}

/** A page that asks again because what it is about is no longer as it was shown. */
export function changedMeanwhile(text: string): Problem {
  return { field: null, text };
}
