/**
 * Owns who is looking at a claim page: the person signed in at the host, or, where the host has no login, whoever has
 * proven to read mail at the address the agent named.
 */
import type { HostUser } from "../ports.js";
import { accountAt } from "./account-at.js";
import type { FoundClaim } from "./find-claim.js";
import type { IdentityContext } from "./identity-context.js";

/** A person who may decide. `id` is null for somebody who proved a mailbox and has no account yet. */
export interface Person extends Omit<HostUser, "id"> {
  id: string | null;
}

/** What the browser brings along. */
export interface Visitor {
  /** Asks the host. Null: the host has no browser login. */
  signedIn: (() => Promise<HostUser | null>) | null;
  /** Whether this browser has opened a link of ours from a mail about this attempt. */
  hasProven: (attemptId: string) => boolean;
  /** Told which registration the link they opened is about. */
  onFound?: (registrationId: string) => void;
}

export type Seen =
  | { kind: "person"; user: Person; hasProvenMailbox: boolean }
  | { kind: "sign_in" }
  | { kind: "unproven" }
  /** The mailbox is proven, and there is neither an account nor a way to create one. */
  | { kind: "no_account" };

export async function identifyVisitor(
  context: IdentityContext,
  { attempt }: FoundClaim,
  visitor: Visitor,
): Promise<Seen> {
  if (visitor.signedIn !== null) {
    const user = await visitor.signedIn();
    return user === null ? { kind: "sign_in" } : { kind: "person", user, hasProvenMailbox: false };
  }
  if (!visitor.hasProven(attempt.id)) return { kind: "unproven" };
  const account = await accountAt(context, attempt.loginHint);
  if (account === null && context.accounts.create === undefined) return { kind: "no_account" };
  const user = { id: account?.id ?? null, email: account?.email ?? attempt.loginHint, emailVerified: true };
  return { kind: "person", user, hasProvenMailbox: true };
}
