/** Owns what binds a form to the browser it was shown in: the CSRF token and the session cookie. */
import type { IncomingHttpHeaders } from "node:http";
import { cookieValue } from "@agent-auth/web/page-security";
import { isStamp, stamp } from "@agent-auth/web/secrets";

const csrfSeconds = 3600;

/** Builds a token that is good for forms of the browser that holds this cookie. */
export function csrfToken(key: Buffer, cookieToken: string, now: number): string {
  return stamp(key, [cookieToken], now + csrfSeconds);
}

/** Whether the token was built for this cookie and is in time, under any of the keys still accepted. */
export function isCsrfToken(
  keys: readonly Buffer[],
  cookieToken: string,
  token: string,
  now: number,
): boolean {
  return isStamp(keys, [cookieToken], token, now);
}

/** The session cookie's value, if it looks like one of ours. */
export function cookieTokenOf(headers: IncomingHttpHeaders, { name }: { name: string }): string | null {
  const value = cookieValue(headers, name);
  return value !== undefined && /^[A-Za-z0-9_-]{32}$/.test(value) ? value : null;
}
