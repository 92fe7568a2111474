/**
 * Owns the two short cookies of people without a login at the host: this browser has proven the mailbox of an attempt,
 * or has opened the manage link of a mail. Each is an HMAC, so nothing is stored.
 */
import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { parse, serialize } from "cookie";
import type { EpochSeconds } from "../protocol/model.js";
import { equalInConstantTime } from "../protocol/secrets.js";
import type { Services } from "./services.js";

/** How long a proven mailbox lets a browser look at its one attempt: as long as an attempt and its revealed code live. */
const mailboxSeconds = 1200;
/** How long an opened manage link shows the page of connected agents (PROTOCOL section 4.3). */
const manageSeconds = 600;

function sign(key: Buffer, words: readonly (string | number)[]): string {
  return createHmac("sha256", key).update(JSON.stringify(words)).digest("base64url");
}

function named(services: Services, name: string): string {
  return services.isHttps ? `__Secure-${name}` : name;
}

function cookieLine(services: Services, name: string, value: string, url: string, maxAge: number): string {
  return serialize(named(services, name), value, {
    path: new URL(url).pathname,
    maxAge,
    httpOnly: true,
    secure: services.isHttps,
    // Lax: the cookie has to come along when the person opens a link from their mail again.
    sameSite: "lax",
  });
}

function cookieOf(services: Services, headers: IncomingHttpHeaders, name: string): string[] {
  return parse(headers.cookie ?? "")[named(services, name)]?.split(".") ?? [];
}

function isInTime(services: Services, expires: string | undefined): boolean {
  return (
    expires !== undefined && /^\d{1,12}$/.test(expires) && Number(expires) > services.context.clock.now()
  );
}

// One per attempt: proving a second mailbox must not undo the first.
const mailboxCookie = (attemptId: string) => `aa_mailbox_${attemptId.slice(-12)}`;

/** The `Set-Cookie` line that says that this browser has proven the mailbox of the attempt. */
export function mailboxProof(services: Services, attemptId: string, now: EpochSeconds): string {
  const expires = now + mailboxSeconds;
  const mac = sign(services.proofKeys[0], ["mailbox", attemptId, expires]);
  const { claimPage } = services.context.endpoints.url;
  return cookieLine(services, mailboxCookie(attemptId), `${expires}.${mac}`, claimPage, mailboxSeconds);
}

/** Whether this browser has proven the mailbox of the attempt. */
export function hasProvenMailbox(
  services: Services,
  headers: IncomingHttpHeaders,
  attemptId: string,
): boolean {
  const [expires, mac] = cookieOf(services, headers, mailboxCookie(attemptId));
  if (mac === undefined || !isInTime(services, expires)) return false;
  const words = ["mailbox", attemptId, Number(expires)];
  return services.proofKeys.some((key) => equalInConstantTime(sign(key, words), mac));
}

/** The `Set-Cookie` line that opens the page of connected agents for ten minutes. */
export function manageProof(services: Services, userId: string, now: EpochSeconds): string {
  const expires = now + manageSeconds;
  const mac = sign(services.proofKeys[0], ["manage", userId, expires]);
  const value = `${Buffer.from(userId).toString("base64url")}.${expires}.${mac}`;
  return cookieLine(
    services,
    "aa_manage",
    value,
    services.context.endpoints.url.connectedPage,
    manageSeconds,
  );
}

/** Whose page of connected agents this browser has opened by a manage link, or null. */
export function managedUser(services: Services, headers: IncomingHttpHeaders): string | null {
  const [encoded, expires, mac] = cookieOf(services, headers, "aa_manage");
  if (encoded === undefined || mac === undefined || !isInTime(services, expires)) return null;
  const userId = Buffer.from(encoded, "base64url").toString("utf8");
  const words = ["manage", userId, Number(expires)];
  return services.proofKeys.some((key) => equalInConstantTime(sign(key, words), mac)) ? userId : null;
}
