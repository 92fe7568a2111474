/** Owns the review page's view model: what `review.ejs` shows, every value ready to be printed. */

import { visibleText } from "@agent-auth/web/visible-text";
import {
  type AccountView,
  type AgentView,
  accountView,
  agentView,
  type Fact,
  fact,
  momentFact,
} from "./agent-view.js";
import {
  type CodeFieldView,
  claimFormView,
  codeFieldView,
  type FormView,
  type ProblemView,
  problemView,
} from "./form-view.js";
import { longest } from "./longest.js";
import type { PageFrame, ReviewPage } from "./page.js";
import { moment, type Sentence, sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** The id of a checkbox, that its label and the problem point to. */
const scopeId = (index: number): string => `scope-${index + 1}`;

/** What `review.ejs` shows. */
export interface ReviewView {
  heading: Sentence;
  problem: ProblemView | null;
  advisories: { kind: string; body: Sentence }[];
  agent: AgentView;
  account: AccountView;
  scopes: {
    id: string;
    /** As it is submitted. */
    scope: string;
    /** As it is shown. */
    name: string;
    description: string;
    checked: boolean;
    describedBy: string;
    focused: boolean;
  }[];
  /** Null when the code is not for the person to type: it is revealed after Authorize. */
  code: CodeFieldView | null;
  denyHint: string;
  form: FormView;
}

/** Turns a review page into what its template shows. */
export function reviewView(frame: PageFrame, page: ReviewPage): ReviewView {
  const account = accountView(page.account);
  const hasCodeField = page.ceremony !== "read-back";
  const problem = problemView(page.problem, {
    codeField: hasCodeField,
    firstScopeId: page.scopes.length > 0 ? scopeId(0) : null,
  });
  const scopesAreWrong = problem?.field === "scopes";
  return {
    heading: texts.review.heading(frame.serviceName),
    problem,
    advisories: page.advisories.map((advisory) => ({
      kind: advisory.kind,
      body: advisoryText(advisory, account.email, frame.serviceName, page.agent.providerName),
    })),
    agent: agentView(page.agent, frame.serviceName, [
      momentFact(texts.agent.requestedAt, moment(page.agent.requestedAt)),
      ipFact(page.agent.ip),
      softwareFact(page.agent.userAgent),
    ]),
    account,
    scopes: page.scopes.map((choice, index) => ({
      scope: choice.scope,
      name: visibleText(choice.scope, longest.name) ?? "",
      description: visibleText(choice.description, longest.description) ?? "",
      checked: choice.checked,
      id: scopeId(index),
      describedBy: `${scopeId(index)}-name${scopesAreWrong ? " scopes-error" : ""}`,
      focused: scopesAreWrong && index === 0,
    })),
    code: hasCodeField ? codeField(page, problem) : null,
    denyHint: hasCodeField ? texts.review.denyNeedsNoCode : texts.review.denyEndsRequest,
    form: claimFormView(page.form),
  };
}

function codeField(page: ReviewPage, problem: ProblemView | null): CodeFieldView {
  const hint = texts.codeField.hint(moment(page.expiresAt));
  return page.ceremony === "both"
    ? codeFieldView([texts.codeField.leaveEmpty, hint], problem, true)
    : codeFieldView([hint], problem);
}

function ipFact(ip: string | null): Fact {
  const shown = visibleText(ip, longest.name);
  return fact(texts.agent.ip, shown === null ? texts.agent.unknownIp : sentence`${shown}`);
}

function softwareFact(userAgent: string | null): Fact {
  const shown = visibleText(userAgent, longest.software);
  return shown === null
    ? fact(texts.agent.software, texts.agent.unknownSoftware)
    : { label: texts.agent.software, value: sentence`${shown}`, isUnverified: true };
}

function advisoryText(
  advisory: ReviewPage["advisories"][number],
  email: string,
  serviceName: string,
  providerName: string | null,
): Sentence {
  if (advisory.kind === "first_time_provider")
    return texts.advisories.firstTimeProvider(visibleText(providerName, longest.name), serviceName);
  if (advisory.kind === "first_time_account") return texts.advisories.firstTimeAccount(serviceName);
  const maskedHint = visibleText(advisory.maskedHint ?? null, longest.email);
  return maskedHint === null
    ? texts.advisories.hintMismatchWithoutHint(email)
    : texts.advisories.hintMismatch(maskedHint, email);
}
