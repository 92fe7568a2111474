/**
 * Owns what protects the pages: response headers, the same-origin check, and the CSRF token, which is an HMAC over
 * user, attempt, action and expiry, so that nothing has to be written to the host's session.
 */
import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { EpochSeconds } from "../protocol/model.js";
import { equalInConstantTime } from "../protocol/secrets.js";
import { noStore } from "./reply.js";

/** Headers of every page and of every redirect between them. */
export function pageHeaders(isHttps: boolean): Record<string, string> {
  return {
    ...noStore,
    "Content-Security-Policy":
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    // no-referrer would make browsers send Origin: null with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), publickey-credentials-get=()",
    ...(isHttps ? { "Strict-Transport-Security": "max-age=31536000" } : {}),
  };
}

/**
 * Whether a form was sent from our own origin. Browsers of today say so in `Sec-Fetch-Site`, older ones in `Origin`;
 * a request with neither is left to the CSRF token.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, origin: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  return headers.origin === undefined || headers.origin === origin;
}

interface CsrfSubject {
  userId: string;
  attemptId: string;
  action: "settle_claim";
}

function sign(key: Buffer, subject: CsrfSubject, expiresAt: EpochSeconds): string {
  const text = JSON.stringify([subject.action, subject.attemptId, subject.userId, expiresAt]);
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** Builds a CSRF token that dies at `expiresAt`. */
export function csrfToken(key: Buffer, subject: CsrfSubject, expiresAt: EpochSeconds): string {
  return `${expiresAt}.${sign(key, subject, expiresAt)}`;
}

/** Whether the token was built for this subject and is still in time, under any of the keys still accepted. */
export function isCsrfToken(
  keys: readonly Buffer[],
  subject: CsrfSubject,
  token: string,
  now: EpochSeconds,
): boolean {
  const match = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/.exec(token);
  if (match === null) return false;
  const expiresAt = Number(match[1]);
  if (expiresAt <= now) return false;
  return keys.some((key) => equalInConstantTime(sign(key, subject, expiresAt), match[2] as string));
}
