/**
 * Owns what protects the pages: response headers, the same-origin check, and the CSRF token, which is an HMAC over
 * person, subject, action and expiry, so that nothing has to be written to the host's session.
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

function sign(key: Buffer, subject: CsrfSubject, expiresAt: EpochSeconds): string {
  const text = JSON.stringify([subject.action, subject.about, subject.person, expiresAt]);
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
