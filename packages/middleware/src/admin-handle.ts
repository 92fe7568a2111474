/**
 * Owns the type of `auth.admin`: everything an operators' dashboard needs, and nothing else does. `@agent-auth/admin`
 * is built on it alone, and so can be a dashboard of your own. Who may call what is the caller's to decide.
 */
import type { AdminJob, JobRequest } from "./admin-jobs-port.js";
import type { AdminQueries, AuditFilter, RegistrationFilter } from "./admin-queries-port.js";
import type { EpochSeconds, Registration } from "./protocol/model.js";
import type {
  AssertionAlgorithm,
  IssuerKeySummary,
  PolicyField,
  TrustedProvider,
} from "./protocol/provider.js";
import type { Status } from "./protocol/state.js";

/** Who acts and why, for the audit log. */
export interface OperatorAction {
  /** Id of the operator at the host. */
  operatorId: string;
  /** In the operator's words, at most 200 characters. Empty: they were not asked. */
  reason: string;
  ip: string | null;
}

/** A provider as the dashboard shows it. */
export interface ProviderView {
  provider: TrustedProvider;
  /** From our cache; empty when its keys were never needed. */
  keys: IssuerKeySummary[];
  /** When the cached keys were fetched; null: never by this process. */
  fetchedAt: EpochSeconds | null;
  /** Why the last fetch failed, in a few words; null when it did not. */
  fetchFailure: string | null;
}

/** What an operator gives to trust a provider. */
export interface NewProvider {
  issuer: string;
  name: string;
  jwksUri?: string | null | undefined;
  clientIds?: string[] | undefined;
  algorithms?: AssertionAlgorithm[] | undefined;
  allowedEmailDomains?: string[] | null | undefined;
  requiredAmr?: string[] | undefined;
  jit?: boolean | undefined;
  scopes?: string[] | null | undefined;
  maxAuthAgeSeconds?: number | undefined;
}

/** What became of an operator's entry. */
export type ProviderSaved =
  /** `changed` names the parts of the policy that differ from before; empty when nothing was written, or it is new. */
  | { provider: TrustedProvider; changed: PolicyField[] }
  /** By field. Nothing was written, and so below. */
  | { problems: { field: string; message: string }[] }
  /** The policy is not the one of `seen` any more, or the entry is gone. */
  | { overtaken: true };

/** What can be learned about an issuer before trusting it. */
export interface ProviderInspection {
  jwksUri: string | null;
  keys: IssuerKeySummary[];
  /** What went wrong, in words for an operator; null when the keys were fetched. */
  problem: string | null;
}

/** One check on an ID-JAG, in the order of the protocol. */
export interface WorkbenchCheck {
  /** Short and stable, such as `signature`. */
  name: string;
  outcome: "passed" | "failed" | "not_reached";
  /** With `failed`: the error an agent would be answered with, and why. */
  refusal: { error: string; description: string } | null;
}

/**
 * What would become of an ID-JAG. Nothing is consumed or written, and nothing of it is logged; keys of its provider may
 * be fetched as for any other.
 */
export interface WorkbenchResult {
  checks: WorkbenchCheck[];
  /** Decoded and not to be trusted; null when it is no JWT. */
  header: Record<string, unknown> | null;
  payload: Record<string, unknown> | null;
  /**
   * What registering with it would lead to; null when a check failed. With "refuse_unknown" the checks after the one of
   * the person were not reached.
   */
  would: "sign_in" | "step_up" | "create_user" | "refuse_unknown" | null;
}

/** What an operator takes out of the dashboard as a file. */
export type DataExport =
  | { what: "registrations"; filter: RegistrationFilter }
  | { what: "audit_log"; filter: AuditFilter };

export interface AdminSurface {
  /**
   * Null when the store is one of your own. Jobs, narrowing, end dates, unlinking and retries of mail then throw.
   */
  queries: AdminQueries | null;
  now(): EpochSeconds;
  findRegistration(id: string): Promise<{ registration: Registration; status: Status } | null>;
  /** The host's id of the person with this verified address, or null; always null without `canFindByEmail`. */
  findUserByEmail(email: string): Promise<string | null>;

  /** Each is false when nothing changed; the audit log has the operator. */
  revoke(id: string, action: OperatorAction): Promise<boolean>;
  suspend(id: string, action: OperatorAction): Promise<boolean>;
  resume(id: string, action: OperatorAction): Promise<boolean>;
  /**
   * Holds until a person claims or approves anew: what they then leave ticked is what is granted. Until then it holds
   * for whatever their provider brings in without asking them, too, other agents of theirs included.
   */
  narrowScopes(id: string, scopes: string[], action: OperatorAction): Promise<boolean>;
  /**
   * Agents of the same person at a provider that are let in before it comes take the date over. To clear it, clear
   * theirs as well.
   */
  setEndDate(id: string, endsAt: EpochSeconds | null, action: OperatorAction): Promise<boolean>;
  /** `tokenHash` is what `queries.listTokens` gives. */
  revokeToken(tokenHash: string, action: OperatorAction): Promise<boolean>;
  unlinkDelegation(issuer: string, subject: string, action: OperatorAction): Promise<boolean>;
  /** Makes a mail that was given up due again, at once. */
  retryMail(id: number, action: OperatorAction): Promise<boolean>;
  /** Says in the audit log who takes what. To be called before the first row leaves. */
  recordExport(taken: DataExport, action: OperatorAction): Promise<void>;

  /**
   * Starts a change of everything the filter finds; it goes on in the background and after a restart. To revoke all of
   * one issuer, new ones included, disables the issuer first. To revoke all of an issuer, of a user or of everybody, new
   * ones included, also cuts every link in reach.
   */
  startJob(input: JobRequest): Promise<AdminJob>;
  /** The job that the very same request has started, its `idempotencyKey` included; null when there is none. */
  findStartedJob(input: JobRequest): Promise<AdminJob | null>;
  findJob(id: string): Promise<AdminJob | null>;
  listJobs(): Promise<AdminJob[]>;

  listProviders(): Promise<ProviderView[]>;
  findProvider(issuer: string): Promise<ProviderView | null>;
  /** Fetches metadata and keys of an issuer nobody trusts yet, through the same guarded client as ever. */
  inspectProvider(issuer: string, jwksUri: string | null): Promise<ProviderInspection>;
  /**
   * Adds an entry, or changes one whose policy is still that of `seen`. Entries from the options cannot be changed. It
   * holds from the next request on, on every node.
   */
  saveProvider(
    provider: NewProvider,
    action: OperatorAction,
    /** The entry as the operator saw it; left out or null for a new one. */
    seen?: TrustedProvider | null,
  ): Promise<ProviderSaved>;
  /** Also for entries from the options, which a row then switches off. False when it was so or nobody knows the issuer. */
  setProviderDisabled(issuer: string, disabled: boolean, action: OperatorAction): Promise<boolean>;
  /** Runs an ID-JAG through every check. */
  tryIdJag(assertion: string): Promise<WorkbenchResult>;

  listKeys(): Promise<
    {
      kid: string;
      algorithm: string;
      createdAt: EpochSeconds;
      signsFrom: EpochSeconds;
      retiredAt: EpochSeconds | null;
    }[]
  >;
  rotateKeys(action: OperatorAction): Promise<{ kid: string; signsFrom: EpochSeconds }>;

  /** What may be logged of it: errors in one form, without the rows they quote, and no secret in any text. */
  redacted(fields: object): object;
  /** The settings in force, path by path, secrets left out. */
  settings(): { path: string; value: string }[];
  /** Scopes in words. */
  scopes: Record<string, string>;
  serviceName: string;
  /** URL agents start at, for empty states that teach. */
  authMdUrl: string;
  hasMail: boolean;
  /** Whether the host can find people by address: it gave `accounts.findByEmail`. */
  canFindByEmail: boolean;
}
