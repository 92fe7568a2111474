/** Owns what the forms of our pages have in common: hidden fields, the code field, what was wrong with a submit. */
import type { ClaimForm, ReviewPage } from "./page.js";
import type { Sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** Target and hidden fields of a form. */
export interface FormView {
  target: string;
  fields: { name: string; value: string }[];
}

/** What `_problem.ejs` shows: what is wrong, and the field it is about. */
export interface ProblemView {
  message: string;
  field: "code" | "scopes" | "form";
  /** Where the message leads; null when the page has no such field. */
  fieldId: string | null;
}

/** What `_code-field.ejs` shows. */
export interface CodeFieldView {
  id: string;
  isOptional: boolean;
  hints: Sentence[];
  describedBy: string;
  /** What is wrong with the code that was entered. */
  error: string | null;
}

/** The id that the label, the hints and the problem of the code field point to. */
const codeId = "user_code";

/** The form of a claim, whichever page it is on. */
export function claimFormView(form: ClaimForm): FormView {
  return {
    target: form.target,
    fields: [
      { name: "claim_attempt_token", value: form.attemptToken },
      { name: "csrf", value: form.csrf },
    ],
  };
}

/** The code field, with the problem of the page when it is about the code. */
export function codeFieldView(
  hints: Sentence[],
  problem: ProblemView | null,
  isOptional = false,
): CodeFieldView {
  const error = problem?.field === "code" ? problem.message : null;
  const describedBy = [
    ...(isOptional ? [`${codeId}-optional`] : []),
    `${codeId}-hint`,
    ...(error === null ? [] : [`${codeId}-error`]),
  ];
  return { id: codeId, isOptional, hints, describedBy: describedBy.join(" "), error };
}

/** A refused submit in words, on a page with or without a code field and with or without checkboxes. */
export function problemView(
  problem: ReviewPage["problem"],
  has: { codeField: boolean; firstScopeId: string | null },
): ProblemView | null {
  const fieldId = has.codeField ? codeId : null;
  switch (problem?.kind) {
    case undefined:
      return null;
    case "wrong_code": {
      const message = texts.problems.wrongCode(problem?.remainingGuesses ?? null);
      return { message, field: "code", fieldId };
    }
    case "malformed_code":
      return { message: texts.problems.malformedCode, field: "code", fieldId };
    case "no_scope":
      return { message: texts.problems.noScope, field: "scopes", fieldId: has.firstScopeId };
    case "stale_form":
      return { message: texts.problems.staleForm, field: "form", fieldId };
  }
}
