/** Owns the check-mail page's view model: what `check-mail.ejs` shows, every value ready to be printed. */

import { visibleText } from "@agent-auth/web/visible-text";
import { claimFormView, type FormView } from "./form-view.js";
import { longest } from "./longest.js";
import type { CheckMailPage, PageFrame } from "./page.js";
import type { Sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** What `check-mail.ejs` shows. */
export interface CheckMailView {
  heading: string;
  body: Sentence;
  /** Whether the body answers a press of the button. */
  isAnswer: boolean;
  resend: { label: string; looks: "authorize" | "quiet" };
  notMe: Sentence;
  form: FormView;
}

/** Turns a check-mail page into what its template shows. */
export function checkMailView(frame: PageFrame, page: CheckMailPage): CheckMailView {
  const { serviceName } = frame;
  const maskedHint = visibleText(page.maskedHint, longest.email) ?? "";
  const { heading, body, resend } = texts.checkMail.byReason[page.reason]({ maskedHint, serviceName });
  return {
    heading,
    body,
    // The mail is the way on, unless its link is spent: then another one is.
    resend: { label: resend, looks: page.reason === "used" ? "authorize" : "quiet" },
    isAnswer: page.reason === "resent",
    notMe: texts.checkMail.notMe(serviceName),
    form: claimFormView(page.form),
  };
}
