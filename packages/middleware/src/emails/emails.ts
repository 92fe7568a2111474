/**
 * Owns the view models of our mails: what each template shows, every value ready to be printed. One shape for all, so
 * that a host's own template has little to learn. Read next: `texts.ts` for the sentences, `render.ts` for the rest.
 */

import { visibleText } from "@agent-auth/web/visible-text";
import type {
  AgentConnectedValues,
  AgentRevokedValues,
  ClaimLinkValues,
  MailValues,
  ManageLinkValues,
} from "../protocol/mail-values.js";
import type { EpochSeconds } from "../protocol/model.js";
import { type Moment, moment, type Sentence, sentence } from "../views/sentence.js";
import { mailTexts as texts } from "./texts.js";

const longestName = 120;
const longestDescription = 500;

/** One line of the table of facts; a fact may have several values. */
export interface Fact {
  label: string;
  values: Sentence[];
}

/** A link people press. */
export interface MailAction {
  label: string;
  url: string;
}

/** What the template of one mail shows. */
export interface MailView {
  /** A single line. */
  subject: string;
  heading: Sentence;
  lead: Sentence;
  facts: Fact[];
  /** The one thing to do, if there is one. */
  action: MailAction | null;
  /** Said right after it. */
  notes: Sentence[];
  /** The way out. */
  refusal: { words: Sentence; action: MailAction } | null;
}

/** Turns what a mail tells into what its template shows. */
export function mailView(values: MailValues, serviceName: string): MailView {
  const view = viewOf(values, serviceName);
  const text = texts[values.template];
  return { ...view, subject: singleLine(text.subject(serviceName)), heading: text.heading(serviceName) };
}

/** A header is one line, whatever is put into it. */
export function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function viewOf(values: MailValues, serviceName: string): Omit<MailView, "subject" | "heading"> {
  switch (values.template) {
    case "claim_link":
      return claimLinkView(values, serviceName);
    case "agent_connected":
      return connectedView(values, serviceName);
    case "agent_revoked":
      return revokedView(values, serviceName);
    case "manage_link":
      return manageLinkView(values, serviceName);
  }
}

function claimLinkView(values: ClaimLinkValues, serviceName: string) {
  const text = texts.claim_link;
  return {
    lead: text.lead(serviceName),
    facts: [
      vouching(values.providerName, serviceName),
      fact(text.requestedAt, sentence`${momentOf(values.requestedAt)}`),
      fact(text.ip, values.ip === null ? words(text.unknownIp) : sentence`${values.ip}`),
    ],
    action: { label: text.review, url: values.claimUrl },
    notes: [text.expiry(momentOf(values.expiresAt)), words(texts.doNotForward)],
    refusal: { words: words(text.notYou), action: { label: text.thisWasNotMe, url: values.denyUrl } },
  };
}

function connectedView(values: AgentConnectedValues, serviceName: string) {
  const text = texts.agent_connected;
  const scopes = values.scopes.map((scope) => sentence`${visibleText(scope, longestDescription) ?? ""}`);
  return {
    lead: text.lead(serviceName),
    facts: [
      fact(text.connectedAt, sentence`${momentOf(values.connectedAt)}`),
      vouching(values.providerName, serviceName),
      ...(scopes.length === 0 ? [] : [{ label: text.scopes, values: scopes }]),
    ],
    action: { label: text.manage, url: values.manageUrl },
    notes: [words(text.worksOnce), words(texts.doNotForward)],
    refusal: null,
  };
}

function revokedView(values: AgentRevokedValues, serviceName: string) {
  const text = texts.agent_revoked;
  const by = {
    user: words(text.byYou),
    operator: text.byService(serviceName),
    system: text.byService(serviceName),
    provider: words(text.byProvider),
    agent: null,
  };
  const revokedBy = values.revokedBy === null ? null : by[values.revokedBy];
  return {
    lead: text.lead(serviceName),
    facts: [
      fact(text.revokedAt, sentence`${momentOf(values.revokedAt)}`),
      ...(revokedBy === null ? [] : [fact(text.revokedBy, revokedBy)]),
      vouching(values.providerName, serviceName),
    ],
    action: null,
    notes: [words(text.nothingToDo)],
    refusal: null,
  };
}

function manageLinkView(values: ManageLinkValues, serviceName: string) {
  const text = texts.manage_link;
  return {
    lead: text.lead(serviceName),
    facts: [],
    action: { label: text.manage, url: values.manageUrl },
    notes: [words(text.worksOnce), words(texts.doNotForward), words(text.notYou)],
    refusal: null,
  };
}

function fact(label: string, value: Sentence): Fact {
  return { label, values: [value] };
}

function vouching(providerName: string | null, serviceName: string): Fact {
  const name = visibleText(providerName, longestName);
  return fact(
    texts.vouching,
    name === null ? texts.vouchingByNobody : texts.vouchingByProvider(name, serviceName),
  );
}

/** A sentence without values. */
function words(text: string): Sentence {
  return [{ kind: "words", text }];
}

function momentOf(at: EpochSeconds): Moment {
  return moment(new Date(at * 1000).toISOString());
}
