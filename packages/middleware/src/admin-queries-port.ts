/**
 * Owns what an operators' dashboard asks of persistence: listings and counts. Apart from `Store`, so that a store of
 * one's own needs it only with a dashboard. Read next: `admin-jobs-port.ts`, what changes many registrations.
 *
 * Every listing is a page behind a cursor and stays flat as rows grow: each filter is backed by an index, and a page
 * looks at a bounded number of rows, however many filters are combined: as a rule at no more than `longestScan`, where
 * that does not fill the page at up to 20 000 (PostgreSQL), or at 40 000 entries of indexes (SQLite). A row that does not
 * change is on exactly one page of a walk, whatever is written meanwhile; one that moves (`last_used`) may be on none or two.
 */
import type { Delegation } from "./protocol/delegation.js";
import type {
  AccessToken,
  ActorKind,
  AuditEventType,
  ClaimAttempt,
  EpochSeconds,
  Hashed,
  MailTemplate,
  QueuedMail,
  Registration,
  RegistrationKind,
  StoredAuditEvent,
} from "./protocol/model.js";
import type { Status } from "./protocol/state.js";

/** Rows of the table a page of a listing looks at, as a rule. */
export const longestScan = 5000;

/**
 * A cut between two rows of a listing, given as the values it is sorted by, so that it stays where it is whatever is
 * written. Made by the store and opaque to everybody else; a bad one counts as none.
 */
export type Cursor = string;

export interface PageRequest {
  /** The page starts behind this cut. Null: at the start of the listing. */
  after: Cursor | null;
  /** The page ends in front of this cut: the rows nearest to it, in the order of the listing. Counts only without `after`. */
  before?: Cursor | null | undefined;
  /** 1 to 500. */
  limit: number;
}

/**
 * One page. It may hold fewer rows than asked for, even none, though more follow or precede it; one asked for with
 * `before` holds fewer, too, when the listing starts. Walking back over pages that are full gives the pages of the walk
 * forward.
 */
export interface Page<Row> {
  rows: Row[];
  /** Where the next page starts (`after`). Null on the last page. */
  next: Cursor | null;
  /** Where the page before this one ends (`before`). Null on the first page. */
  previous: Cursor | null;
}

/** When a call last needed a scope. */
export interface ScopeUse {
  scope: string;
  lastUsedAt: EpochSeconds;
}

/** All that is given must hold. */
export interface RegistrationFilter {
  id?: string | undefined;
  userId?: string | undefined;
  /** Start of the client name, whatever its ASCII case. */
  clientName?: string | undefined;
  issuer?: string | undefined;
  /** Address the agent registered from, exactly as stored. */
  ip?: string | undefined;
  /**
   * As `statusOf` evaluates it at `now`. A registration that a node with a clock ahead has noted as expired is in no
   * status until `now` has got there.
   */
  status?: Status | undefined;
  kind?: RegistrationKind | undefined;
  /** Granted now. */
  scope?: string | undefined;
  createdFrom?: EpochSeconds | undefined;
  /** Exclusive. */
  createdBefore?: EpochSeconds | undefined;
  lastUsedFrom?: EpochSeconds | undefined;
  /** Exclusive. */
  lastUsedBefore?: EpochSeconds | undefined;
}

export interface RegistrationListing extends PageRequest {
  filter: RegistrationFilter;
  /** `last_used` leaves out registrations that were never used. */
  sort: "created" | "last_used";
  direction: "newest" | "oldest";
  now: EpochSeconds;
}

export interface AuditFilter {
  registrationId?: string | undefined;
  type?: AuditEventType | undefined;
  actorKind?: ActorKind | undefined;
  /** An agent is found by the lines about its own registration. */
  actorId?: string | undefined;
  /** Finds every line of the range as long as the clocks of the nodes agree within five minutes. */
  from?: EpochSeconds | undefined;
  /** Exclusive. */
  before?: EpochSeconds | undefined;
}

export interface MailFilter {
  state?: "waiting" | "sent" | "failed" | undefined;
  template?: MailTemplate | undefined;
}

/** What the overview shows. All of it comes from maintained counters, but what time alone has changed and `activeTokens`. */
export interface Overview {
  /** Registrations by what `statusOf` says at `now`, as far as `statusIsMore` does not say otherwise. */
  byStatus: Partial<Record<Status, number>>;
  byKind: Partial<Record<RegistrationKind, number>>;
  /**
   * Whether more than these may have ended or expired, the rest still being counted as what was last written about them.
   * Looked at are the newest 1000 with an end date, and 1000 that no sweep has noted as expired yet.
   */
  statusIsMore: { ended: boolean; expired: boolean };
  /** Of the last `days` days, oldest first, days without anything included. `day` is `2026-11-22`, UTC. */
  perDay: { day: string; registrations: number; claims: number; revocations: number; mailFailures: number }[];
  /** Refusals and failures of the same days, by what was refused and why, most first, at most 50. */
  failures: { what: "event" | "id_jag" | "mail"; reason: string; count: number }[];
  /**
   * Neither expired nor revoked themselves, whatever became of their registration. Counted up to 10 000 among the 20 000
   * that live longest; `isMore` says that there may be more.
   */
  activeTokens: { count: number; isMore: boolean };
  /** By how many registrations that are not revoked are granted them, most first, at most 20. */
  topScopes: { scope: string; count: number }[];
}

/** What waits for an operator. Rows are counted along an index, up to 1000; days come from counters. */
export interface Attention {
  /** Suspended before `suspendedBefore`, still so, and not revoked. */
  longSuspended: number;
  /** Mails that were given up and that nobody has tried again. */
  failedMails: number;
  /** Claims that ended for good by too many wrong codes, in the days asked for. */
  lockedClaims: number;
  /** Events of trusted providers that were rejected, in the same days. */
  rejectedEvents: number;
  /** Jobs that are not finished. */
  openJobs: number;
  /** Those of them that got no further since `stalledBefore`, without only waiting for another one that does. */
  stalledJobs: number;
}

/** How often ID-JAGs and events of one provider were taken or refused, in the days asked for. */
export interface ProviderCounts {
  idJags: { accepted: number; refused: { reason: string; count: number }[] };
  events: { accepted: number; refused: { reason: string; count: number }[] };
}

/** See `Store` for what holds for every verb. Nothing here changes anything but `countOutcome`. */
export interface AdminQueries {
  /** `days`: 1 to 366, today included. */
  overview(input: { days: number; now: EpochSeconds }): Promise<Overview>;
  /** `days` as above. */
  attention(input: {
    days: number;
    suspendedBefore: EpochSeconds;
    stalledBefore: EpochSeconds;
    now: EpochSeconds;
  }): Promise<Attention>;
  listRegistrations(listing: RegistrationListing): Promise<Page<Registration>>;
  /** Newest first, at most 50. */
  listAttempts(registrationId: string): Promise<ClaimAttempt[]>;
  /** Newest first, at most 100, expired and revoked ones included. */
  listTokens(registrationId: string): Promise<AccessToken[]>;
  findToken(hash: Hashed<"access_token">): Promise<AccessToken | null>;
  /** What `Store.recordUse` kept of the scopes that are granted now, by scope. */
  listScopeUses(registrationId: string): Promise<ScopeUse[]>;
  /** Newest first, in the order of writing. */
  pageAudit(filter: AuditFilter, page: PageRequest): Promise<Page<StoredAuditEvent>>;
  /** Linked rows only, by issuer and subject. */
  pageDelegations(
    filter: { issuer?: string | undefined; userId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<Delegation>>;
  /** Newest first. */
  pageMail(filter: MailFilter, page: PageRequest): Promise<Page<QueuedMail>>;
  /** Registrations that carry the issuer and are not revoked; counted up to `limit`. */
  countByIssuer(issuer: string, limit: number): Promise<number>;
  providerCounts(input: { issuer: string; days: number; now: EpochSeconds }): Promise<ProviderCounts>;
  /**
   * Adds one to the count of an outcome on the day of `now`. For what is too frequent, or too easily forged, to audit:
   * an event that is audited (`event.received`, `event.rejected`) is counted by that.
   */
  countOutcome(input: {
    what: "id_jag" | "event";
    /** Null: nobody we trust, so that strangers cannot fill the table with names. */
    issuer: string | null;
    /** A code of ours, never text of a caller's. Null: it was accepted. */
    refusal: string | null;
    now: EpochSeconds;
  }): Promise<void>;
}
