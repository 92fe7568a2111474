/** Finds or creates the account of a person who has proven a mailbox and has none yet (PROTOCOL section 4.3). */
import { mailboxAccountKey } from "../protocol/ids.js";
import { isHinted } from "../protocol/login-hint.js";
import type { ClaimAttempt } from "../protocol/model.js";
import { accountAt } from "./account-at.js";
import { exclusively } from "./exclusively.js";
import type { IdentityContext } from "./identity-context.js";

/**
 * The id of the account, or null when there is none and the host creates none. Creating one is an effect outside of
 * our database: call it after every check that can refuse. Asked twice, the host is given the same key.
 */
export async function settleAccount(
  context: IdentityContext,
  { loginHint }: Pick<ClaimAttempt, "loginHint">,
): Promise<string | null> {
  const { accounts } = context;
  const idempotencyKey = mailboxAccountKey(loginHint);
  return exclusively(context, `mailbox ${loginHint}`, async () => {
    const found = await accountAt(context, loginHint);
    if (found !== null) return found.id;
    const person = { email: loginHint, phone: null, name: null, issuer: null, subject: null };
    const created = (await accounts.create?.({ ...person, idempotencyKey })) ?? null;
    // The key may stand for an account whose owner has moved to another address since: it is not this person's.
    return created !== null && isHinted(loginHint, created.email) ? created.id : null;
  });
}
