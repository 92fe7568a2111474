/** Owns what protects pages: response headers, the same-origin check, the way back after signing in, cookies. */
import type { IncomingHttpHeaders } from "node:http";
import { parse, serialize } from "cookie";
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
 * Whether a form was sent from our own origin: one given, or whatever `own` takes for it. Browsers of today say so in
 * `Sec-Fetch-Site`, older ones (and all of them on plain http) in `Origin`; a request with neither is left to the
 * CSRF token.
 */
export function isSameOrigin(
  headers: IncomingHttpHeaders,
  own: string | ((origin: string) => boolean),
): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin } = headers;
  return origin === undefined || (typeof own === "string" ? origin === own : own(origin));
}

// Browsers drop tabs and line breaks from URLs and read a backslash as a slash: neither belongs into a path of ours.
const forbidden = /[\\\p{Cc}]/u;
const longestPath = 2000;

/** Where a person may be sent after signing in: the path on `origin` when it is safe to follow, else `fallback`. */
export function safeReturnTo(value: unknown, origin: string, fallback: string): string {
  if (typeof value !== "string" || value.length > longestPath) return fallback;
  if (!value.startsWith("/") || value.startsWith("//") || forbidden.test(value)) return fallback;
  if (!URL.canParse(value, origin)) return fallback;
  const url = new URL(value, origin);
  if (url.origin !== origin) return fallback;
  const path = url.pathname + url.search + url.hash;
  // `/.//evil` parses to the path `//evil`, which a browser would read as a host.
  return path.startsWith("//") ? fallback : path;
}

/** What a cookie is called, and where it is sent. Scripts never read it. */
export interface CookiePlace {
  name: string;
  path: string;
  isHttps: boolean;
  sameSite: "lax" | "strict";
}

/** The value of a cookie that came along. */
export function cookieValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  return parse(headers.cookie ?? "")[name];
}

/** A `Set-Cookie` line. `maxAge` in seconds; without one the cookie ends with the browser, 0 deletes it. */
export function cookieLine(place: CookiePlace, value: string, maxAge?: number): string {
  return serialize(place.name, value, {
    httpOnly: true,
    sameSite: place.sameSite,
    secure: place.isHttps,
    path: place.path,
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}
