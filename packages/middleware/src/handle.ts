/** Owns the type of what `agentAuth` returns: the middleware itself, with everything a host does with it. */
import type { ErrorRequestHandler, Request, RequestHandler } from "express";
import type { AdminSurface } from "./admin-handle.js";
import type { Agent } from "./agent.js";
import type { EpochSeconds, Registration } from "./protocol/model.js";
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

/** Events of `on`, with what the handler is given. */
export interface AgentAuthEvents {
  /** A person bound a registration to their account. */
  "claim.confirmed": { registrationId: string; userId: string; scopes: string[]; at: string };
  /** A registration was ended by a person, an operator or this service. */
  "registration.revoked": { registrationId: string; userId: string | null; reason: string; at: string };
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
  /** Mount last in hosts that parse bodies before `auth`: gives errors of their parsers our shape, on our paths only. */
  errorHandler: ErrorRequestHandler;
  /** A token verifier for the MCP SDK. Throws an error with `code` `invalid_token`. */
  verifier(): { verifyAccessToken(token: string): Promise<VerifiedToken> };
  /**
   * Calls `handler` after the event was committed, at least once: again after a crash or when it threw, for up to a
   * day. Returns a function that removes the handler.
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
  /** Creates the next signing key: published at once, in use after one cache period of the JWKS. */
  rotateKeys(): Promise<{ kid: string }>;
  /** For an operators' dashboard. Checks nobody's rights: that is the caller's. */
  admin: AdminSurface;
  /** Settles when the instance can serve. Rejects with the reason it never will. */
  ready(): Promise<void>;
  health(): Promise<Health>;
  /** One bounded round of expiry and cleaning, of jobs, and of mail that is due. Timers do all unless `backgroundWork` is off. */
  sweep(): Promise<void>;
  /** Stops timers, waits some seconds for mail on its way out, writes what is batched, closes the database. */
  close(): Promise<void>;
}
