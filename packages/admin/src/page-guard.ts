/**
 * Owns what protects every page: response headers, the same-origin check, and the tokens of forms and messages.
 *
 * A token is an HMAC over the operator, a purpose and a time, keyed with a random cookie of this browser (HttpOnly,
 * SameSite=Strict, on https `__Host-`, so that no other host can plant it). Nothing is kept on the server: every node
 * checks the tokens of every other, a restart invalidates none, and the host's session is never written to. Whoever
 * could plant the cookie on plain http still meets the same-origin check.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import { parse, serialize } from "cookie";
import type { Request } from "express";

const formLifetimeSeconds = 2 * 3600;
const messageLifetimeSeconds = 120;

/** Headers of every page, redirect and download. */
export function pageHeaders(isHttps: boolean): Record<string, string> {
  return {
    "Cache-Control": "no-store",
    Pragma: "no-cache",
    "Content-Security-Policy":
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    // no-referrer would make browsers send Origin: null with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), publickey-credentials-get=()",
    ...(isHttps ? { "Strict-Transport-Security": "max-age=31536000" } : {}),
  };
}

/**
 * Whether a form was sent from our own origin. Browsers of today say so in `Sec-Fetch-Site`, older ones (and all of
 * them on plain http) in `Origin`; a request with neither is left to the token.
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const sender = new URL(origin);
  // Behind a proxy the host trusts, Express knows the name the browser used, though not always the port.
  const named = request.hostname;
  const isProxied = named !== undefined && host?.split(":")[0] !== named.split(":")[0];
  return sender.host === host || (isProxied && sender.hostname === named.split(":")[0]);
}

/** The random value this browser carries, and the cookie to set when it carries none. */
export interface BrowserSecret {
  value: string;
  setCookie: string | null;
}

export function browserSecret(request: Request, basePath: string): BrowserSecret {
  const name = request.secure ? "__Host-agent-admin" : "agent-admin";
  const carried = parse(request.headers.cookie ?? "")[name];
  if (carried !== undefined && /^[A-Za-z0-9_-]{43}$/.test(carried))
    return { value: carried, setCookie: null };
  const value = randomBytes(32).toString("base64url");
  const setCookie = serialize(name, value, {
    httpOnly: true,
    sameSite: "strict",
    secure: request.secure,
    path: request.secure || basePath === "" ? "/" : basePath,
  });
  return { value, setCookie };
}

/** Makes and checks tokens for one operator at one browser. */
export class Tokens {
  readonly #secret: string;
  readonly #operatorId: string;
  readonly #now: number;

  constructor(secret: string, operatorId: string, now: number) {
    this.#secret = secret;
    this.#operatorId = operatorId;
    this.#now = now;
  }

  /** For the forms of a page. */
  form(): string {
    return this.#stamp("form", "", this.#now + formLifetimeSeconds);
  }

  isForm(token: string): boolean {
    return this.#isStamp("form", "", token);
  }

  /** A word for the page a redirect leads to; nobody else can make the page say it. */
  message(word: string): string {
    return `${word}.${this.#stamp("message", word, this.#now + messageLifetimeSeconds)}`;
  }

  /** The word, if it was put there by us a moment ago. */
  readMessage(text: string): string | null {
    const dot = text.indexOf(".");
    const word = text.slice(0, dot);
    return dot > 0 && this.#isStamp("message", word, text.slice(dot + 1)) ? word : null;
  }

  #stamp(purpose: string, about: string, expiresAt: number): string {
    const text = JSON.stringify([purpose, about, this.#operatorId, expiresAt]);
    return `${expiresAt}.${createHmac("sha256", this.#secret).update(text).digest("base64url")}`;
  }

  #isStamp(purpose: string, about: string, token: string): boolean {
    const match = /^(\d{1,12})\.[A-Za-z0-9_-]{43}$/.exec(token);
    const expiresAt = Number(match?.[1]);
    if (match === null || expiresAt <= this.#now) return false;
    const expected = this.#stamp(purpose, about, expiresAt);
    return timingSafeEqual(hash("sha256", expected, "buffer"), hash("sha256", token, "buffer"));
  }
}
