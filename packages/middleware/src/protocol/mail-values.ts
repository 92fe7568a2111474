/**
 * Owns what a mail tells, template by template, and where its links lead. Facts this service knows itself: nothing an
 * agent wrote, and never a code. The words are in `emails/`.
 */
import type { ActorKind, EpochSeconds } from "./model.js";

/** Somebody named this address: a link to the review page. */
export interface ClaimLinkValues {
  template: "claim_link";
  claimUrl: string;
  /** "This wasn't me". */
  denyUrl: string;
  /** From our trust list; null when nobody vouches for the agent. */
  providerName: string | null;
  requestedAt: EpochSeconds;
  ip: string | null;
  expiresAt: EpochSeconds;
}

/** An agent can act for this person from now on. */
export interface AgentConnectedValues {
  template: "agent_connected";
  manageUrl: string;
  providerName: string | null;
  connectedAt: EpochSeconds;
  /** What it may do, in words. */
  scopes: string[];
}

/** An agent can no longer act for this person. */
export interface AgentRevokedValues {
  template: "agent_revoked";
  providerName: string | null;
  revokedAt: EpochSeconds;
  /** Null when the registration is in use again by now. */
  revokedBy: ActorKind | null;
}

/** Somebody asked for a link to the page of connected agents. */
export interface ManageLinkValues {
  template: "manage_link";
  manageUrl: string;
}

export type MailValues = ClaimLinkValues | AgentConnectedValues | AgentRevokedValues | ManageLinkValues;

/** A mail in words. The subject is a single line. */
export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** Puts a mail into words. */
export type RenderMail = (values: MailValues) => RenderedMail;
