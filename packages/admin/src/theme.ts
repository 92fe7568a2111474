/** Owns the choice between light and dark: a cookie of this browser, and the way back to the page it was made on. */
import { cookieLine, cookieValue, safeReturnTo } from "@agent-auth/web/page-security";
import type { Request } from "express";

/** `system`: whatever the browser prefers. */
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const cookieName = "agent-admin-theme";
const lifetimeSeconds = 365 * 86_400;

/** What was chosen in this browser. Anybody could set the cookie, so it is one of three words or nothing. */
export function themeOf(request: Request): Theme {
  const chosen = cookieValue(request.headers, cookieName);
  return themes.find((theme) => theme === chosen) ?? "system";
}

/** Remembers the choice for a year, for all below `home`; `system` forgets it. Lax: a link from elsewhere opens the page in its theme. */
export function themeCookie(request: Request, home: string, theme: Theme): string {
  const path = /[;,\s]/.test(home) ? "/" : home;
  const place = { name: cookieName, path, isHttps: request.secure, sameSite: "lax" } as const;
  return cookieLine(place, theme, theme === "system" ? 0 : lifetimeSeconds);
}

// Only its path counts: it is none that anybody can reach.
const nowhere = "http://dashboard.invalid";

/** Where a page is, below the mount and with its query, without what is only said once. */
export function pathOfPage(path: string, url: string): string {
  const kept = new URLSearchParams(/\?(.*)$/s.exec(url)?.[1] ?? "");
  kept.delete("message");
  return kept.size === 0 ? path : `${path}?${kept}`;
}

/**
 * The page to go back to, below the mount, or the overview for anything that is none of ours. Parsed as browsers do, so
 * that what is checked is what they would follow: `/registrations/../../x` is `/x` here, too.
 */
export function returnPath(text: string, isPage: (path: string) => boolean): string {
  const { pathname, search } = new URL(safeReturnTo(text, nowhere, "/"), nowhere);
  return isPage(pathname) ? pathOfPage(pathname, search) : "/";
}
