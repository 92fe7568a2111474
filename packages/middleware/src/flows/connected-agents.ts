/** What the owner of an account sees and ends: the agents connected to it. */
import { isHinted, parseLoginHint } from "../protocol/login-hint.js";
import type { Caller, EpochSeconds, Registration } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import { type Status, statusOf } from "../protocol/state.js";
import { accountAt, addressOfUser } from "./account-at.js";
import { endRegistration } from "./end-registration.js";
import { findMailByLink } from "./find-claim.js";
import type { IdentityContext } from "./identity-context.js";
import { findTrustedProvider } from "./trust.js";

/** Registrations looked at first, newest first. Most people have no more, ended ones included. */
const firstLook = 200;
/** Agents shown at most. */
const longestList = 200;

/** How long a manage link can be used. */
const manageLinkSeconds = 30 * 86_400;

export interface ConnectedRegistration {
  registration: Registration;
  status: Extract<Status, "claimed" | "suspended">;
  /** Of the provider that vouches, from the trust list; its issuer if it left the list; null when nobody vouches. */
  providerName: string | null;
  scopes: string[];
}

/** Agents of the person that can act, or could again if an operator resumed them. */
export async function listConnected(
  context: IdentityContext,
  userId: string,
): Promise<{ agents: ConnectedRegistration[]; now: EpochSeconds }> {
  const now = context.clock.now();
  const agents: ConnectedRegistration[] = [];
  for (const { registration, status } of await standing(context, userId, now)) {
    const provider = await findTrustedProvider(context, registration.issuer);
    const scopes = intersect(registration.scopes, context.settings.postClaimScopes);
    agents.push({ registration, status, providerName: provider?.name ?? registration.issuer, scopes });
  }
  return { agents, now };
}

/** Looks further back as long as ended registrations could hide one that can act: nobody revokes what they do not see. */
async function standing({ store }: IdentityContext, userId: string, now: EpochSeconds) {
  for (let limit = firstLook; ; limit *= 8) {
    const registrations = await store.findRegistrationsByUser(userId, limit);
    const shown = registrations.flatMap((registration) => {
      const status = registration.claimedAt === null ? null : statusOf(registration, now);
      return status === "claimed" || status === "suspended" ? [{ registration, status }] : [];
    });
    if (registrations.length < limit || shown.length >= longestList) return shown.slice(0, longestList);
  }
}

/** Ends one of the person's own agents. Null when it is not theirs; otherwise the registration as it was. */
export async function revokeConnected(
  context: IdentityContext,
  input: { userId: string; registrationId: string; caller: Caller },
): Promise<Registration | null> {
  const registration = await context.store.findRegistration(input.registrationId);
  if (registration === null || registration.userId !== input.userId || registration.claimedAt === null)
    return null;
  await endRegistration(context, {
    registrationId: registration.id,
    actor: { kind: "user", id: input.userId },
    reason: "user_request",
    as: "revoked",
    ip: input.caller.ip,
  });
  return registration;
}

/** Whose agents a manage link opens, if it was not used yet; looks only. */
export async function findManageLink(
  context: IdentityContext,
  secret: string,
): Promise<{ mailId: number; userId: string } | null> {
  const mail = await findMailByLink(context, secret, "manage");
  if (mail === null || mail.userId === null || mail.linkUsedAt !== null) return null;
  if (mail.createdAt <= context.clock.now() - manageLinkSeconds) return null;
  // No address: it is only just on its way.
  if (mail.recipient !== null && !(await isStillTheirs(context, mail.recipient, mail.userId))) return null;
  return { mailId: mail.id, userId: mail.userId };
}

/** Whether the mailbox is the user's as far as the host knows: it may have gone to somebody else, the account elsewhere. */
async function isStillTheirs(context: IdentityContext, recipient: string, userId: string): Promise<boolean> {
  const { accounts } = context;
  const address = parseLoginHint(recipient) ?? "";
  const current = await addressOfUser(accounts, userId);
  if (current !== null) return isHinted(address, current);
  return accounts.findByEmail === undefined || (await accountAt(context, address))?.id === userId;
}

/** Uses up a manage link. Null when it is unknown or was used: only one browser gets in. */
export async function openManageLink(
  context: IdentityContext,
  secret: string,
): Promise<{ userId: string } | null> {
  const found = await findManageLink(context, secret);
  if (found === null) return null;
  const isFirst = await context.store.spendMailLink({ id: found.mailId, now: context.clock.now() });
  return isFirst ? { userId: found.userId } : null;
}
