/**
 * Owns the two short cookies of people without a login at the host: this browser has proven the mailbox of an attempt,
 * or has opened the manage link of a mail. Each is an HMAC, so nothing is stored.
 */
import type { IncomingHttpHeaders } from "node:http";
import { type CookiePlace, cookieLine, cookieValue } from "@agent-auth/web/page-security";
import { isStamp, stamp } from "@agent-auth/web/secrets";
import type { EpochSeconds } from "../protocol/model.js";
import type { Services } from "./services.js";

/** How long a proven mailbox lets a browser look at its one attempt: as long as an attempt and its revealed code live. */
const mailboxSeconds = 1200;
/** How long an opened manage link shows the page of connected agents (PROTOCOL section 4.3). */
const manageSeconds = 600;

function placeOf({ isHttps }: Services, name: string, url: string): CookiePlace {
  return {
    name: isHttps ? `__Secure-${name}` : name,
    path: new URL(url).pathname,
    isHttps,
    // Lax: the cookie has to come along when the person opens a link from their mail again.
    sameSite: "lax",
  };
}

// One per attempt: proving a second mailbox must not undo the first.
const mailboxPlace = (services: Services, attemptId: string) =>
  placeOf(services, `aa_mailbox_${attemptId.slice(-12)}`, services.context.endpoints.url.claimPage);
const managePlace = (services: Services) =>
  placeOf(services, "aa_manage", services.context.endpoints.url.connectedPage);

/** The `Set-Cookie` line that says that this browser has proven the mailbox of the attempt. */
export function mailboxProof(services: Services, attemptId: string, now: EpochSeconds): string {
  const proof = stamp(services.proofKeys[0], ["mailbox", attemptId], now + mailboxSeconds);
  return cookieLine(mailboxPlace(services, attemptId), proof, mailboxSeconds);
}

/** Whether this browser has proven the mailbox of the attempt. */
export function hasProvenMailbox(
  services: Services,
  headers: IncomingHttpHeaders,
  attemptId: string,
): boolean {
  const proof = cookieValue(headers, mailboxPlace(services, attemptId).name) ?? "";
  return isStamp(services.proofKeys, ["mailbox", attemptId], proof, services.context.clock.now());
}

/** The `Set-Cookie` line that opens the page of connected agents for ten minutes. */
export function manageProof(services: Services, userId: string, now: EpochSeconds): string {
  const proof = stamp(services.proofKeys[0], ["manage", userId], now + manageSeconds);
  const value = `${Buffer.from(userId).toString("base64url")}.${proof}`;
  return cookieLine(managePlace(services), value, manageSeconds);
}

/** Whose page of connected agents this browser has opened by a manage link, or null. */
export function managedUser(services: Services, headers: IncomingHttpHeaders): string | null {
  const [encoded = "", ...proof] = (cookieValue(headers, managePlace(services).name) ?? "").split(".");
  const userId = Buffer.from(encoded, "base64url").toString("utf8");
  const isOpen = isStamp(
    services.proofKeys,
    ["manage", userId],
    proof.join("."),
    services.context.clock.now(),
  );
  return isOpen ? userId : null;
}
