/** Owns the form that stands before every action: what it will do, a reason, and for many at once a word to type. */
import { type Call, formTo, pageReply } from "./call.js";
import type { Reply } from "./reply.js";
import type { Block, Field, FormBlock, Section } from "./views/page.js";
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
    cancel: { label: "Cancel", href: confirmation.cancelHref },
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
          heading: "What happens",
          blocks: [{ kind: "consequences", items: consequences }],
        },
        { kind: "section", id: "confirm", heading: "Confirm", blocks: [form] },
      ],
    },
    confirmation.status ?? (problems.length > 0 ? 422 : 200),
  );
}

function reasonField(call: Call): Field {
  return {
    type: "text",
    name: "reason",
    label: "Reason",
    hint: words(`For the audit log, with your name: at most ${longestReason} characters. No secrets.`),
    value: call.form.text("reason").slice(0, longestReason * 2),
    isRequired: true,
    maxLength: longestReason,
  };
}

function typedField(call: Call, typed: string): Field {
  return {
    type: "text",
    name: "typed",
    label: `Type “${typed}” to confirm`,
    value: call.form.text("typed").slice(0, 300),
    isRequired: true,
  };
}

/** What is missing in a posted confirmation. */
export function confirmationProblems(call: Call, typed?: string): Problem[] {
  const problems: Problem[] = [];
  const reason = call.form.text("reason");
  if (reason === "") problems.push({ field: "reason", text: "Say why: the audit log keeps the reason." });
  else if (Array.from(reason).length > longestReason || reason.includes("\0"))
    problems.push({ field: "reason", text: `The reason may have at most ${longestReason} characters.` });
  if (typed !== undefined && call.form.text("typed") !== typed)
    problems.push({ field: "typed", text: `Type “${typed}”, exactly, to show that you mean it.` });
  return problems;
}

/** A page that asks again because what it is about is no longer as it was shown. */
export function changedMeanwhile(text: string): Problem {
  return { field: null, text };
}
