/**
 * Owns what protects every page: response headers, the same-origin check, and the tokens of forms and messages.
 *
 * A token is an HMAC over the operator, a purpose and a time, keyed with a random cookie of this browser (HttpOnly,
 * SameSite=Strict, on https `__Host-`, so that no other host can plant it). Nothing is kept on the server: every node
 * checks the tokens of every other, a restart invalidates none, and the host's session is never written to. Whoever
 * could plant the cookie on plain http still meets the same-origin check.
 */
import { randomBytes } from "node:crypto";
import {
  cookieLine,
  cookieValue,
  pageHeaders as headersOfPages,
  isSameOrigin as isFromOrigin,
} from "@agent-auth/web/page-security";
import { isStamp, stamp } from "@agent-auth/web/secrets";
import type { Request } from "express";

const formLifetimeSeconds = 2 * 3600;
const messageLifetimeSeconds = 120;

/** Headers of every page, redirect and download. */
export function pageHeaders(isHttps: boolean): Record<string, string> {
  return {
    ...headersOfPages(isHttps),
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Resource-Policy": "same-origin",
  };
}

/** Whether a form was sent from our own origin, which is whatever name the browser used for this host. */
export function isSameOrigin(request: Request): boolean {
  return isFromOrigin(request.headers, (origin) => {
    if (!URL.canParse(origin)) return false;
    const sender = new URL(origin);
    const { host } = request.headers;
    // Behind a proxy the host trusts, Express knows the name the browser used, though not always the port.
    const named = request.hostname;
    const isProxied = named !== undefined && host?.split(":")[0] !== named.split(":")[0];
    return sender.host === host || (isProxied && sender.hostname === named.split(":")[0]);
  });
}

/** The random value this browser carries, and the cookie to set when it carries none. */
export interface BrowserSecret {
  value: string;
  setCookie: string | null;
}

export function browserSecret(request: Request, basePath: string): BrowserSecret {
  const name = request.secure ? "__Host-agent-admin" : "agent-admin";
  const carried = cookieValue(request.headers, name);
  if (carried !== undefined && /^[A-Za-z0-9_-]{43}$/.test(carried))
    return { value: carried, setCookie: null };
  const value = randomBytes(32).toString("base64url");
  const isHttps = request.secure;
  // A prefix that a cookie's path cannot hold, such as a tenant's name with a semicolon, widens it to the host.
  const path = isHttps || basePath === "" || /[;,\s]/.test(basePath) ? "/" : basePath;
  const setCookie = cookieLine({ name, path, isHttps, sameSite: "strict" }, value);
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
    return stamp(this.#secret, [purpose, about, this.#operatorId], expiresAt);
  }

  #isStamp(purpose: string, about: string, token: string): boolean {
    return isStamp([this.#secret], [purpose, about, this.#operatorId], token, this.#now);
  }
}
