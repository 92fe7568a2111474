/**
 * Owns the interfaces between the core and the world: what the flows need, in the words of the protocol.
 * Read next: `store-port.ts`, the largest of them.
 */
import type { Request } from "express";
import type { Actor, EpochSeconds } from "./protocol/model.js";

export interface Clock {
  /** Integer seconds since the epoch. A flow reads it once. */
  now(): EpochSeconds;
  /** Milliseconds into the running second. Only puts ids in order; a clock without it leaves them to chance. */
  milliseconds?(): number;
}

export interface Random {
  /** Cryptographically strong random bytes. */
  bytes(length: number): Buffer;
}

/** Any logger with these four methods fits, pino's too. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The signed-in person as the host knows them. */
export interface HostUser {
  id: string;
  email: string;
  /** Whether the host has proven that the person reads mail at this address. */
  emailVerified: boolean;
  name?: string | undefined;
}

/** Hooks into the host's users and session. A hook may be synchronous. */
export interface Accounts {
  /** The person signed in to the host with this browser request, or null. */
  currentUser?: ((request: Request) => HostUser | null | Promise<HostUser | null>) | undefined;
  /**
   * Where a person signs in. `returnTo` is a path on this origin that starts with a single slash. Goes with
   * `currentUser`; without both, people prove that they read mail at the address the agent named.
   */
  loginUrl?: ((returnTo: string) => string) | undefined;
  /** The account with this id, or null; what `req.agent.account()` returns. */
  findById(id: string): unknown;
  /** The account whose owner the host has proven to read mail at this address, or null. Lower-cased address. */
  findByEmail?: ((email: string) => AccountRecord | null | Promise<AccountRecord | null>) | undefined;
  /** The account whose owner the host has proven to have this number (E.164), or null. */
  findByPhone?: ((phone: string) => AccountRecord | null | Promise<AccountRecord | null>) | undefined;
  /**
   * Creates an account for somebody a trusted provider vouches for, or who has proven to read mail at the address
   * (`issuer` and `subject` are null then), or returns null to refuse. Must be idempotent:
   * called again with the same `idempotencyKey` it returns the account it created before.
   */
  create?: ((person: NewAccount) => AccountRecord | null | Promise<AccountRecord | null>) | undefined;
}

/** An account as matching needs it. */
export interface AccountRecord {
  id: string;
  email: string;
}

/** What is known about a person who has no account yet. */
export interface NewAccount {
  /** Verified by the provider, or by a link we mailed; not by the host. */
  email: string | null;
  phone: string | null;
  name: string | null;
  issuer: string | null;
  subject: string | null;
  idempotencyKey: string;
}

/** One mail as it leaves. Addresses and subject are single lines. */
export interface OutgoingMail {
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The same at every try, so that a mail sent twice is recognised. */
  messageId: string;
  headers: Record<string, string>;
}

/** What we use of a nodemailer transport. */
export interface MailTransport {
  sendMail(mail: OutgoingMail): Promise<unknown>;
  close?(): void;
}

/** Sends mail. */
export interface Mailer {
  /** Resolves when the next server has accepted the mail; throws `MailFailure` otherwise. */
  send(mail: Omit<OutgoingMail, "from">): Promise<void>;
  close(): void;
}

/** A mail was not accepted. */
export class MailFailure extends Error {
  override readonly name = "MailFailure";
  constructor(
    /** Whether trying again is pointless. */
    readonly isPermanent: boolean,
    /** A word for operators, such as `refused` or `timeout`. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The mail was not accepted: ${reason}.`, options);
  }
}

/** Where and why an operator rotated, for the audit log. */
export interface RotationNote {
  ip?: string | null;
  reason?: string;
}

/** Signs and verifies the identity assertions this service issues. */
export interface AssertionKeys {
  /** Signs claims as a compact ES256 JWS with `typ` `agent-identity-assertion+jwt`. */
  sign(claims: Record<string, unknown>): Promise<string>;
  /** The verified claims, or null when the value is not an assertion one of our keys signed. Does not look at time. */
  verify(assertion: string): Promise<Record<string, unknown> | null>;
  /** RFC 7517 set of the public halves, upcoming and retired-but-valid keys included. */
  publicKeys(): Promise<{ keys: Record<string, string>[] }>;
  /** Creates the next key. It is published at once and signs after one cache period. */
  rotate(actor: Actor, note?: RotationNote): Promise<{ kid: string; signsFrom: EpochSeconds }>;
}

/** Keys or documents of a provider cannot be had at the moment. Answered with 503 and `Retry-After`. */
export class ProviderUnavailable extends Error {
  override readonly name = "ProviderUnavailable";
  constructor(
    readonly retryAfterSeconds: number,
    options?: ErrorOptions,
  ) {
    super("The keys or documents of the provider cannot be fetched.", options);
  }
}

export type { AttemptOutcome, ClaimStore, CollectOutcome, GuessOutcome } from "./claim-store-port.js";
export type { IdentityStore } from "./identity-store-port.js";
export type { MailOutcome, MailStore } from "./mail-store-port.js";
export type { RefreshStore } from "./refresh-store-port.js";
export type { RetentionStore } from "./retention-store-port.js";
export {
  type LimitUse,
  type Store,
  StoreUnavailable,
  type TokenWithHolder,
  type Use,
} from "./store-port.js";
