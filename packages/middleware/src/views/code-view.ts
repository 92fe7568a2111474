/** Owns the code page's view model: what `code.ejs` shows, every value ready to be printed. */

import { visibleText } from "@agent-auth/web/visible-text";
import { displayUserCode } from "../protocol/user-code.js";
import { type AccountView, type AgentView, accountView, agentView } from "./agent-view.js";
import {
  type CodeFieldView,
  claimFormView,
  codeFieldView,
  type FormView,
  type ProblemView,
  problemView,
} from "./form-view.js";
import { longest } from "./longest.js";
import type { CodePage, PageFrame } from "./page.js";
import { moment, type Sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** What `code.ejs` shows. */
export interface CodeView {
  heading: string;
  problem: ProblemView | null;
  code: {
    /** As it is seen and copied: `123-456`. */
    shown: string;
    /** As it is heard, digit by digit with a pause between the halves: a number would be read as thousands. */
    spelled: string;
    expiry: Sentence;
  };
  agent: AgentView;
  account: AccountView;
  scopes: string[];
  /** The other way for the code to travel; null when it is not offered. */
  otherWay: null | { isOpen: boolean; field: CodeFieldView };
  form: FormView;
}

/** Turns a code page into what its template shows. */
export function codeView(frame: PageFrame, page: CodePage): CodeView {
  const problem = problemView(page.problem, { codeField: page.offersCodeEntry, firstScopeId: null });
  const shown = displayUserCode(page.code);
  return {
    heading: texts.code.heading,
    problem,
    code: {
      shown,
      spelled: shown
        .split("-")
        .map((half) => Array.from(half).join(" "))
        .join(", "),
      expiry: texts.code.expiry(moment(page.expiresAt)),
    },
    agent: agentView(page.agent, frame.serviceName),
    account: accountView(page.account),
    scopes: page.scopes.flatMap((words) => visibleText(words, longest.description) ?? []),
    otherWay: page.offersCodeEntry
      ? { isOpen: problem !== null, field: codeFieldView([texts.codeField.hintWithoutTime], problem) }
      : null,
    form: claimFormView(page.form),
  };
}
