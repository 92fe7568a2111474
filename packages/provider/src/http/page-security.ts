/** Owns what protects the pages: response headers, the same-origin check, the CSRF token and the session cookie. */
import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { parse, serialize } from "cookie";
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

const csrfSeconds = 3600;

function sign(key: Buffer, cookieToken: string, expiresAt: number): string {
  return createHmac("sha256", key).update(`${expiresAt}\n${cookieToken}`).digest("base64url");
}

/** Builds a token that is good for forms of the browser that holds this cookie. */
export function csrfToken(key: Buffer, cookieToken: string, now: number): string {
  const expiresAt = now + csrfSeconds;
  return `${expiresAt}.${sign(key, cookieToken, expiresAt)}`;
}

/** Whether the token was built for this cookie and is in time, under any of the keys still accepted. */
export function isCsrfToken(
  keys: readonly Buffer[],
  cookieToken: string,
  token: string,
  now: number,
): boolean {
  const [, expires, signature] = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
  if (expires === undefined || signature === undefined || Number(expires) <= now) return false;
  return keys.some((key) => equalInConstantTime(sign(key, cookieToken, Number(expires)), signature));
}

/** The session cookie: what it is called, where it is sent. */
export interface CookiePlace {
  name: string;
  path: string;
  isHttps: boolean;
}

/** The cookie's value, if it looks like one of ours. */
export function cookieTokenOf(headers: IncomingHttpHeaders, { name }: CookiePlace): string | null {
  const value = parse(headers.cookie ?? "")[name];
  return value !== undefined && /^[A-Za-z0-9_-]{32}$/.test(value) ? value : null;
}

/** A `Set-Cookie` line. `maxAge` in seconds; without one the cookie ends with the browser, 0 deletes it. */
export function cookieLine(place: CookiePlace, token: string, maxAge?: number): string {
  return serialize(place.name, token, {
    httpOnly: true,
    sameSite: "lax",
    secure: place.isHttps,
    path: place.path,
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}
