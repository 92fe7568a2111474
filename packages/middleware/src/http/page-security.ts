/** Owns what a form is for, and the CSRF token that says so: nothing has to be written to the host's session. */
import { isStamp, stamp } from "@agent-auth/web/secrets";
import type { EpochSeconds } from "../protocol/model.js";

/** What a form is for: who may send it, about what. */
export interface CsrfSubject {
  action:
    | "settle_claim"
    | "resend"
    | "prove_mailbox"
    | "deny_by_mail"
    | "open_connected"
    | "revoke_agent"
    | "request_link";
  /** Id of the person, or what stands for them where nobody is signed in. */
  person: string;
  /** Id of the attempt, the mail or the registration. */
  about: string;
}

function wordsOf({ action, about, person }: CsrfSubject): string[] {
  return [action, about, person];
}

/** Builds a CSRF token that dies at `expiresAt`. */
export function csrfToken(key: Buffer, subject: CsrfSubject, expiresAt: EpochSeconds): string {
  return stamp(key, wordsOf(subject), expiresAt);
}

/** Whether the token was built for this subject and is still in time, under any of the keys still accepted. */
export function isCsrfToken(
  keys: readonly Buffer[],
  subject: CsrfSubject,
  token: string,
  now: EpochSeconds,
): boolean {
  return isStamp(keys, wordsOf(subject), token, now);
}
