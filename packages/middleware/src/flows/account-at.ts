/** Finds the account of an address and the address of an account, for people whose only proof is that they read mail there. */
import type { AccountRecord } from "../ports.js";
import { isHinted } from "../protocol/login-hint.js";
import type { IdentityContext } from "./identity-context.js";

/**
 * The account, if its own address is the one asked for. A database may fold accents or look-alikes: what the host finds
 * for one address can be somebody else's account.
 */
export async function accountAt(
  { accounts }: Pick<IdentityContext, "accounts">,
  address: string,
): Promise<AccountRecord | null> {
  const account = (await accounts.findByEmail?.(address)) ?? null;
  return account !== null && isHinted(address, account.email) ? account : null;
}

/** Where the user reads mail now, as the host has it; null where that is nowhere, or not proven. */
export async function addressOfUser(
  accounts: IdentityContext["accounts"],
  userId: string | null,
): Promise<string | null> {
  if (userId === null) return null;
  const account = (await accounts.findById(userId)) as
    | { email?: unknown; emailVerified?: unknown }
    | null
    | undefined;
  return typeof account?.email === "string" && account.emailVerified !== false ? account.email : null;
}
