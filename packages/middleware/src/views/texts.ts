/**
 * Owns which sentences our pages need. A translation is one object of the type `Texts`; ours, in English, is
 * `texts-en.ts`.
 */
import type { AgentWords, CheckMailPage, ContinuePage, NoticePage } from "./page.js";
import type { Moment, Sentence } from "./sentence.js";

/** What a notice may mention. */
export interface NoticeValues {
  serviceName: string;
  /** The signed-in person's own address. */
  email: string | null;
  retryAfterSeconds: number | null;
  requestId: string | null;
}

/** One notice: what happened, and what to do next. */
export interface NoticeText {
  heading: string;
  body: Sentence;
}

/** What to do about a mail, and the button that sends another. */
export interface CheckMailText extends NoticeText {
  resend: string;
}

/** What the one button does, and what there is to know before it is pressed. */
export interface ContinueText extends NoticeText {
  button: string;
  hint: string;
}

/** Everything a translation provides. */
export interface Texts {
  language: string;
  direction: "ltr" | "rtl";
  pageTitle(heading: string, serviceName: string): string;
  pageTitleWithProblem(title: string): string;
  agent: {
    title: string;
    withoutName: string;
    unverified: string;
    nameIsUnverified: string;
    vouching: string;
    vouchingByKind: Record<AgentWords["kind"], (serviceName: string) => Sentence>;
    vouchingByProvider(providerName: string, serviceName: string): Sentence;
    requestedAt: string;
    ip: string;
    unknownIp: Sentence;
    software: string;
    unknownSoftware: Sentence;
  };
  account: { title: string };
  /** The code a person types, on the review page and on the code page. */
  codeField: {
    label: string;
    optional: string;
    hint(expiresAt: Moment): Sentence;
    hintWithoutTime: Sentence;
    leaveEmpty: Sentence;
  };
  answers: { authorize: string; deny: string };
  review: {
    heading(serviceName: string): Sentence;
    lead: string;
    scopes: string;
    scopesHint: string;
    withoutScopes: string;
    codeFollows: string;
    denyNeedsNoCode: string;
    denyEndsRequest: string;
  };
  code: {
    heading: string;
    warning: string;
    title: string;
    howTo: string;
    expiry(expiresAt: Moment): Sentence;
    allowed: string;
    withoutScopes: string;
    otherWay: string;
    denyHint: string;
  };
  checkMail: {
    byReason: Record<
      CheckMailPage["reason"],
      (values: { maskedHint: string; serviceName: string }) => CheckMailText
    >;
    patience: string;
    notMe(serviceName: string): Sentence;
  };
  continue: { byPurpose: Record<ContinuePage["purpose"], (serviceName: string) => ContinueText> };
  connected: {
    heading(serviceName: string): Sentence;
    lead: string;
    connectedAt: string;
    lastUsedAt: string;
    neverUsed: Sentence;
    suspended: string;
    suspendedMeans(serviceName: string): Sentence;
    scopes: string;
    withoutScopes: string;
    revoke: string;
    revokeMeans: string;
    revokeConfirm: string;
    revoked: Sentence;
    revokedByName(name: string): Sentence;
    empty: string;
    emptySteps(serviceName: string): Sentence[];
  };
  requestLink: {
    heading: string;
    body(serviceName: string): Sentence;
    email: string;
    button: string;
    malformedEmail: string;
    sentHeading: string;
    sent(serviceName: string): Sentence;
  };
  advisories: {
    hintMismatch(maskedHint: string, email: string): Sentence;
    hintMismatchWithoutHint(email: string): Sentence;
    firstTimeAccount(serviceName: string): Sentence;
    firstTimeProvider(providerName: string | null, serviceName: string): Sentence;
  };
  problems: {
    title: string;
    wrongCode(remainingGuesses: number | null): string;
    malformedCode: string;
    noScope: string;
    staleForm: string;
  };
  notices: Record<NoticePage["notice"], (values: NoticeValues) => NoticeText>;
  switchAccount: string;
  signIn: string;
}
