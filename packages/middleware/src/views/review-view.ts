/** Owns the review page's view model: what `review.ejs` shows, every value ready to be printed. */
import type { PageFrame, ReviewPage } from "./page.js";
import { type Moment, moment, type Sentence } from "./sentence.js";
import { texts } from "./texts.js";
import { visibleText } from "./visible-text.js";

const longestName = 120;
const longestEmail = 254;
const longestSoftware = 200;
const longestDescription = 500;

/** Ids that labels, hints and the error summary point to. */
const codeId = "user_code";
const scopeId = (index: number): string => `scope-${index + 1}`;

/** What `review.ejs` shows. */
export interface ReviewView {
  heading: Sentence;
  problem: null | { message: string; field: "code" | "scopes" | "form"; fieldId: string | null };
  advisories: { kind: string; body: Sentence }[];
  agent: {
    name: string | null;
    vouching: Sentence;
    requestedAt: Moment;
    ip: string | null;
    software: string | null;
  };
  account: { name: string | null; email: string };
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
  code: { id: string; hint: Sentence; describedBy: string; invalid: boolean };
  form: ReviewPage["form"];
}

/** Turns a review page into what its template shows. */
export function reviewView(frame: PageFrame, page: ReviewPage): ReviewView {
  const email = visibleText(page.account.email, longestEmail) ?? "";
  const problem = problemView(page);
  const codeIsWrong = problem?.field === "code";
  const scopesAreWrong = problem?.field === "scopes";
  return {
    heading: texts.review.heading(frame.serviceName),
    problem,
    advisories: page.advisories.map((advisory) => ({
      kind: advisory.kind,
      body: advisoryText(advisory, email, frame.serviceName, page.agent.providerName),
    })),
    agent: {
      name: visibleText(page.agent.clientName, longestName),
      vouching: vouchingText(page, frame.serviceName),
      requestedAt: moment(page.agent.requestedAt),
      ip: visibleText(page.agent.ip, longestName),
      software: visibleText(page.agent.userAgent, longestSoftware),
    },
    account: { name: visibleText(page.account.name, longestName), email },
    scopes: page.scopes.map((choice, index) => ({
      scope: choice.scope,
      name: visibleText(choice.scope, longestName) ?? "",
      description: visibleText(choice.description, longestDescription) ?? "",
      checked: choice.checked,
      id: scopeId(index),
      describedBy: `${scopeId(index)}-name${scopesAreWrong ? " scopes-error" : ""}`,
      focused: scopesAreWrong && index === 0,
    })),
    code: {
      id: codeId,
      hint: texts.review.codeHint(moment(page.expiresAt)),
      describedBy: `${codeId}-hint${codeIsWrong ? ` ${codeId}-error` : ""}`,
      invalid: codeIsWrong,
    },
    form: page.form,
  };
}

function vouchingText(page: ReviewPage, serviceName: string): Sentence {
  const providerName = visibleText(page.agent.providerName, longestName);
  return providerName === null
    ? texts.review.vouchingByKind[page.agent.kind](serviceName)
    : texts.review.vouchingByProvider(providerName, serviceName);
}

function problemView(page: ReviewPage): ReviewView["problem"] {
  switch (page.problem?.kind) {
    case undefined:
      return null;
    case "wrong_code": {
      const message = texts.problems.wrongCode(page.problem?.remainingGuesses ?? null);
      return { message, field: "code", fieldId: codeId };
    }
    case "malformed_code":
      return { message: texts.problems.malformedCode, field: "code", fieldId: codeId };
    case "no_scope": {
      const fieldId = page.scopes.length > 0 ? scopeId(0) : null;
      return { message: texts.problems.noScope, field: "scopes", fieldId };
    }
    case "stale_form":
      return { message: texts.problems.staleForm, field: "form", fieldId: codeId };
  }
}

function advisoryText(
  advisory: ReviewPage["advisories"][number],
  email: string,
  serviceName: string,
  providerName: string | null,
): Sentence {
  if (advisory.kind === "first_time_provider")
    return texts.advisories.firstTimeProvider(visibleText(providerName, longestName), serviceName);
  if (advisory.kind === "first_time_account") return texts.advisories.firstTimeAccount(serviceName);
  const maskedHint = visibleText(advisory.maskedHint ?? null, longestEmail);
  return maskedHint === null
    ? texts.advisories.hintMismatchWithoutHint(email)
    : texts.advisories.hintMismatch(maskedHint, email);
}
