/** Owns the type of what `agentAuth` returns: the middleware itself, with everything a host does with it. */
import type { ErrorRequestHandler, Request, RequestHandler } from "express";
import type { AdminSurface } from "./admin-handle.js";
import type { Agent } from "./agent.js";
import type { Actor, EpochSeconds, Registration, RegistrationKind } from "./protocol/model.js";
import type { Status } from "./protocol/state.js";

/** Who ends, suspends or resumes a registration, for the audit log. */
export interface Intervention {
  actor: { kind: "user" | "operator" | "provider" | "system"; id: string | null };
  /** Short and stable, such as `user_request`; shown to operators. */
  reason: string;
}

/** A registration as hosts see it. Dates are ISO 8601 strings in UTC. */
export interface RegistrationSummary
  extends Pick<Registration, "id" | "kind" | "clientName" | "userId" | "scopes" | "issuer" | "subject"> {
  status: Status;
  createdAt: string;
  claimedAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/**
 * Events of `on`, with what the handler is given. Times are ISO 8601 strings in UTC. A handler can be told of one event
 * twice, and of events in another order than they happened.
 */
export interface AgentAuthEvents {
  /** An agent registered, or registered anew after it was revoked or had expired. Nobody owns it yet. */
  "registration.created": {
    registrationId: string;
    kind: RegistrationKind;
    /** The provider that vouches and what it calls the person, for kind `identity_assertion`; else null. */
    provider: { issuer: string; subject: string } | null;
    at: string;
  };
  /** Nobody claimed a registration in time. */
  "registration.expired": { registrationId: string; at: string };
  /** A registration was stopped until it is resumed. */
  "registration.suspended": { registrationId: string; actor: Actor; reason: string; at: string };
  "registration.resumed": { registrationId: string; actor: Actor; reason: string; at: string };
  /** A person bound a registration to their account. */
  "claim.confirmed": { registrationId: string; userId: string; scopes: string[]; at: string };
  /** A registration was ended by a person, an operator or this service. */
  "registration.revoked": { registrationId: string; userId: string | null; reason: string; at: string };
  /** A person refused an agent. `userId` is null for somebody who only followed the link of a mail. */
  "claim.denied": { registrationId: string; userId: string | null; at: string };
  /** A person at a provider is one of your users from now on. */
  "delegation.created": {
    issuer: string;
    subject: string;
    userId: string;
    registrationId: string;
    at: string;
  };
  /** That is over; the next ID-JAG starts from nothing. */
  "delegation.deleted": {
    issuer: string;
    subject: string;
    /** Whose it was, where that is known. */
    userId: string | null;
    /** The registration whose end cut it, if it was one. */
    registrationId: string | null;
    reason: string;
    at: string;
  };
  /** ID-JAGs of a provider are refused from now on. */
  "provider.disabled": { issuer: string; actor: Actor; reason: string; at: string };
}
export type AgentAuthEventName = keyof AgentAuthEvents;

/** Outcome of `authenticate`. `refusal` is a name from `docs/errors.md`. */
export type Authentication =
  | { agent: Agent }
  | { agent: null; refusal: "authentication_required" | "malformed_credentials" | "invalid_token" };

export interface Health {
  ok: boolean;
  /** Whether the database answered just now. */
  database: boolean;
}

/** What the `requireBearerAuth` of the MCP SDK wants of a verified token. */
export interface VerifiedToken {
  token: string;
  clientId: string;
  scopes: string[];
  expiresAt: EpochSeconds;
  resource: URL;
  extra: { agent: Agent };
}

/**
 * The Express middleware that `agentAuth` returns. Mount it with `app.use(auth)` before your own routes and after
 * your session; handlers of paths that are not ours are passed through, with the challenge on their 401s.
 */
export interface AgentAuth extends RequestHandler {
  /** Agents only: 401 without a good access token, 403 without the scopes; sets `req.agent`. */
  requireAgent(...scopes: string[]): RequestHandler;
  /**
   * People and agents: a token with our prefix is verified (a bad one is 401, missing scopes 403) and sets
   * `req.agent`; a request without such a token passes untouched.
   */
  acceptAgent(...scopes: string[]): RequestHandler;
  /** Never answers the request: returns the agent, or why there is none. */
  authenticate(request: Request): Promise<Authentication>;
  /** The discovery documents alone, for the origin's root when `auth` itself is mounted under a prefix. */
  wellKnown: RequestHandler;
  /**
   * For hosts that parse bodies before `auth`: gives errors of their parsers our shape, on our paths only. Mount it
   * behind the routes and before an error handler of the host's own, which would answer first.
   */
  errorHandler: ErrorRequestHandler;
  /** A token verifier for the MCP SDK. Throws an error with `code` `invalid_token`. */
  verifier(): { verifyAccessToken(token: string): Promise<VerifiedToken> };
  /**
   * Calls `handler` after the event was committed, at least once: again after a crash or when it threw, for up to a
   * day. A handler that is new is told of the last day, as far as no other was. Returns a function that removes it.
   */
  on<Name extends AgentAuthEventName>(
    event: Name,
    handler: (event: AgentAuthEvents[Name]) => void | Promise<void>,
  ): () => void;
  /** Merges our members into the authorization server metadata a host already serves under the same issuer. */
  extendMetadata(document: Record<string, unknown>): Record<string, unknown>;
  /** Registrations a person has claimed, newest first, at most 200. */
  registrationsOf(userId: string): Promise<RegistrationSummary[]>;
  findRegistration(id: string): Promise<RegistrationSummary | null>;
  /** Ends a registration for good: the next request with any of its credentials is refused. False when it was over. */
  revokeRegistration(id: string, intervention: Intervention): Promise<boolean>;
  /** Stops a registration until it is resumed. False when nothing changed. */
  suspendRegistration(id: string, intervention: Intervention): Promise<boolean>;
  resumeRegistration(id: string, intervention: Intervention): Promise<boolean>;
  /**
   * Forgets a person (a right of theirs under privacy laws): ends their agents, then deletes their registrations,
   * links to providers and mail, and takes them out of the audit log. `addresses` are their e-mail addresses; the one
   * `accounts.findById` returns as `email` is added. Agents of theirs can register anew: only the host can forbid that.
   */
  erasePerson(
    userId: string,
    intervention: Intervention & { addresses?: readonly string[] },
  ): Promise<{ ended: number }>;
  /** Creates the next signing key: published at once, in use after one cache period of the JWKS. */
  rotateKeys(): Promise<{ kid: string }>;
  /** For an operators' dashboard. Checks nobody's rights: that is the caller's. */
  admin: AdminSurface;
  /** Settles when the instance can serve; waits for a database server that is away. Rejects with the reason it never will. */
  ready(): Promise<void>;
  health(): Promise<Health>;
  /** One bounded round of expiry and cleaning, of jobs, and of mail that is due. Timers do all unless `backgroundWork` is off. */
  sweep(): Promise<void>;
  /** Stops timers, waits some seconds for mail on its way out, writes what is batched, closes the database. */
  close(): Promise<void>;
}
