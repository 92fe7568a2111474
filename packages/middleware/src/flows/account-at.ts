/** Finds the account of an address, for people whose only proof is that they read mail there. */
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
