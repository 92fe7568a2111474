/** Owns what `agentProvider` gives back: middleware, and everything a test or an operator does without a browser. */
import type { RequestHandler } from "express";
import type { SigningAlgorithm } from "./protocol/model.js";

export interface MintInput {
  userId: string;
  /** Issuer URL of the service. Not checked: tests mint for wrong ones too. */
  audience: string;
  scope?: string;
  resource?: string | string[];
  /** When the person signed in. Default: now. */
  authTime?: number;
  /** The client that asks. Default: the first one. */
  clientId?: string;
  agentPlatform?: string;
  agentContextId?: string;
  /** Claims that replace ours; `undefined` removes one. */
  overrides?: Record<string, unknown>;
  /** Header members that replace ours. */
  header?: Record<string, unknown>;
}

export interface SendEventInput {
  userId: string;
  audience: string;
  /** Event type URI. Default: identity assertion revoked. */
  type?: string;
  payload?: Record<string, unknown>;
  /** Claims that replace ours; `undefined` removes one. */
  overrides?: Record<string, unknown>;
}

/** How the delivery of an event stands. Times are integer seconds. */
export interface EventStatus {
  jti: string;
  /** `refused`: the service said no. `failed`: there is no way to it, or there was none for a day. */
  status: "waiting" | "sent" | "refused" | "failed";
  attempts: number;
  /** Why the last try did not succeed: `invalid_audience`, `connection ECONNREFUSED`, … */
  problem: string | null;
  nextTryAt: number;
}

export interface AgentProvider extends RequestHandler {
  readonly issuer: string;
  /** Serves the metadata at the origin's root, for a host that mounts the rest under a prefix. */
  wellKnown: RequestHandler;
  /** Settles when the keys are there. Requests wait for it. */
  ready(): Promise<void>;
  /** Stops the timers, waits for deliveries under way, closes the database. */
  close(): Promise<void>;
  /**
   * Makes a new signing key. It is published at once and signs five minutes later, when every cache knows it;
   * with `immediately` it signs at once.
   */
  rotateKeys(input?: { alg?: SigningAlgorithm; immediately?: boolean }): Promise<{
    kid: string;
    /** Integer seconds. */
    signsFrom: number;
  }>;
  /** The ID token an agent runtime would hold after this person signed in. */
  createSubjectToken(userId: string, input?: { clientId?: string; authTime?: number }): Promise<string>;
  /** An ID-JAG, without asking the person. It is listed on their page like any other. */
  mintIdJag(input: MintInput): Promise<string>;
  /** What *Revoke* on the page does. Settles after the first try to deliver the event; retries go on by themselves. */
  revoke(input: { userId: string; audience: string }): Promise<EventStatus>;
  /** Sends any event, like `revoke` but without touching the delegation. */
  sendEvent(input: SendEventInput): Promise<EventStatus>;
  /** Tries every event that is due; with `ignoreSchedule` every one that waits. Settles when all were tried. */
  flushEvents(input?: { ignoreSchedule?: boolean }): Promise<void>;
}
